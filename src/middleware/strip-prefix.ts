import { type Answer, failureAnswer } from '../http/answer.ts';
import type { Exchange } from '../http/exchange.ts';
import { normalisePath } from '../http/path.ts';
import type { RequestStep } from '../http/route.ts';
import { withoutFinalSlashes } from '../lib/final-slashes.ts';

/**
 * Cuts the first prefix that the path starts with, at a segment boundary (P8), and says so in `X-Forwarded-Prefix`. A rest
 * that is not a clean path is refused.
 */
export function stripPrefix(prefixes: readonly string[]): RequestStep {
  const wanted = prefixes.map(withoutFinalSlashes).filter((prefix) => prefix.startsWith('/'));
  return (exchange: Exchange): Answer | undefined => {
    const { path } = exchange;
    const prefix = wanted.find((p) => path.startsWith(p) && (path.length === p.length || path[p.length] === '/'));
    if (prefix === undefined) return undefined;
    const rest = path.length === prefix.length ? '/' : path.slice(prefix.length);
    if (normalisePath(rest) !== rest) return failureAnswer('bad_path', exchange.plane.requestId(), false);
    exchange.path = rest;
    exchange.addedFields += `X-Forwarded-Prefix: ${prefix}\r\n`;
    return undefined;
  };
}
