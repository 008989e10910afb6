import type { MiddlewareOptions } from '../config/dynamic.ts';
import type { RequestStep } from '../http/route.ts';
import { addPrefix } from './add-prefix.ts';
import { redirectScheme } from './redirect-scheme.ts';
import { stripPrefix } from './strip-prefix.ts';

/** Compiles a middleware's options into its work on a request. One line a middleware. */
export function compileMiddleware(options: MiddlewareOptions): RequestStep {
  switch (options.type) {
    case 'stripPrefix':
      return stripPrefix(options.prefixes);
    case 'addPrefix':
      return addPrefix(options.prefix);
    case 'redirectScheme':
      return redirectScheme(options);
    default:
      return options satisfies never;
  }
}
