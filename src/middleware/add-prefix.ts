import { changePath } from './change-path.ts';
import type { CompiledMiddleware } from './compiled-middleware.ts';

/** Puts a prefix before the path. */
export function addPrefix(prefix: string): CompiledMiddleware {
  const start = prefix.startsWith('/') ? prefix : `/${prefix}`;
  return {
    request: (exchange) =>
      changePath(exchange, start.endsWith('/') ? start + exchange.path.slice(1) : start + exchange.path),
  };
}
