import { compileRegexp } from '../lib/compile-regexp.ts';
import { cutPrefix } from './change-path.ts';
import type { CompiledMiddleware } from './compiled-middleware.ts';

/** Cuts what the first of the regular expressions finds, if that is the start of the path up to a segment boundary (P8). */
export function stripPrefixRegex(regexes: readonly string[]): CompiledMiddleware {
  const patterns = regexes.map((regex) => compileRegexp(regex));
  return {
    request: (exchange) => {
      const { path } = exchange;
      for (const pattern of patterns) {
        const matcher = pattern.matcher(path);
        if (!matcher.find() || matcher.start() !== 0) continue;
        const end = matcher.end();
        const isBoundary = end === path.length || path[end] === '/' || path[end - 1] === '/';
        if (end > 0 && isBoundary) return cutPrefix(exchange, path.slice(0, end));
      }
      return undefined;
    },
  };
}
