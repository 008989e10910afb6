import type { MiddlewareOptions } from '../config/middleware-options.ts';
import { addPrefix } from './add-prefix.ts';
import { basicAuth } from './basic-auth.ts';
import { buffering } from './buffering.ts';
import type { CompiledMiddleware } from './compiled-middleware.ts';
import { headers } from './headers.ts';
import { ipAllowList } from './ip-allow-list.ts';
import { maintenance } from './maintenance.ts';
import { passClientCertificate } from './pass-client-certificate.ts';
import { redirectHost } from './redirect-host.ts';
import { redirectRegex } from './redirect-regex.ts';
import { redirectScheme } from './redirect-scheme.ts';
import { replacePath } from './replace-path.ts';
import { replacePathRegex } from './replace-path-regex.ts';
import { stripPrefix } from './strip-prefix.ts';
import { stripPrefixRegex } from './strip-prefix-regex.ts';

/** Compiles a middleware's options into its work. Throws when they cannot work. One line a middleware. */
export function compileMiddleware(options: MiddlewareOptions): CompiledMiddleware {
  switch (options.type) {
    case 'stripPrefix':
      return stripPrefix(options.prefixes);
    case 'stripPrefixRegex':
      return stripPrefixRegex(options.regexes);
    case 'addPrefix':
      return addPrefix(options.prefix);
    case 'replacePath':
      return replacePath(options.path);
    case 'replacePathRegex':
      return replacePathRegex(options);
    case 'redirectScheme':
      return redirectScheme(options);
    case 'redirectRegex':
      return redirectRegex(options);
    case 'redirectHost':
      return redirectHost(options.host);
    case 'headers':
      return headers(options);
    case 'basicAuth':
      return basicAuth(options);
    case 'ipAllowList':
      return ipAllowList(options);
    case 'buffering':
      return buffering(options.maxRequestBodyBytes);
    case 'maintenance':
      return maintenance();
    case 'passClientCertificate':
      return passClientCertificate(options);
    case 'contentType':
      // No type is guessed, and none was before.
      return {};
    default:
      return options satisfies never;
  }
}
