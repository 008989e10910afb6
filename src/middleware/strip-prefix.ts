import { withoutFinalSlashes } from '../lib/final-slashes.ts';
import { cutPrefix } from './change-path.ts';
import type { CompiledMiddleware } from './compiled-middleware.ts';

/** Cuts the first prefix that the path starts with, at a segment boundary (P8). */
export function stripPrefix(prefixes: readonly string[]): CompiledMiddleware {
  const wanted = prefixes.map(withoutFinalSlashes).filter((prefix) => prefix.startsWith('/'));
  return {
    request: (exchange) => {
      const { path } = exchange;
      const prefix = wanted.find((p) => path.startsWith(p) && (path.length === p.length || path[p.length] === '/'));
      return prefix === undefined ? undefined : cutPrefix(exchange, prefix);
    },
  };
}
