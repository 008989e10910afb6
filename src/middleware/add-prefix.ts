import { type Answer, failureAnswer } from '../http/answer.ts';
import type { Exchange } from '../http/exchange.ts';
import { normalisePath } from '../http/path.ts';
import type { RequestStep } from '../http/route.ts';

/** Puts a prefix before the path; the result must be a clean path (P8). */
export function addPrefix(prefix: string): RequestStep {
  const start = prefix.startsWith('/') ? prefix : `/${prefix}`;
  return (exchange: Exchange): Answer | undefined => {
    const path = start.endsWith('/') ? start + exchange.path.slice(1) : start + exchange.path;
    if (normalisePath(path) !== path) return failureAnswer('bad_path', exchange.plane.requestId(), false);
    exchange.path = path;
    return undefined;
  };
}
