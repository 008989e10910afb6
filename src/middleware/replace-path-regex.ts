import type { RegexReplacement } from '../config/middleware-options.ts';
import { percentEncode } from '../lib/percent-encode.ts';
import { replacePathBy } from './change-path.ts';
import type { CompiledMiddleware } from './compiled-middleware.ts';
import { compileReplacement } from '../lib/go-replacement.ts';

/** Replaces what a regular expression finds in the path as it is sent; a path without a match stays. */
export function replacePathRegex({ regex, replacement }: RegexReplacement): CompiledMiddleware {
  const replace = compileReplacement(regex, replacement);
  return {
    request: (exchange) => {
      const replaced = replace(exchange.path);
      if (replaced === undefined) return undefined;
      // The replacement is a path: what delimits a query or a fragment is data of it.
      const path = percentEncode(replaced).replaceAll('?', '%3F').replaceAll('#', '%23');
      return replacePathBy(exchange, path);
    },
  };
}
