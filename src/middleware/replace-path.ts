import { replacePathBy } from './change-path.ts';
import type { CompiledMiddleware } from './compiled-middleware.ts';

/** One path for every request. */
export function replacePath(path: string): CompiledMiddleware {
  return { request: (exchange) => replacePathBy(exchange, path) };
}
