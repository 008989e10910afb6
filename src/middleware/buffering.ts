import { LENGTH } from '../http/message.ts';
import type { CompiledMiddleware } from './compiled-middleware.ts';

/** Refuses payloads of requests beyond a size: at once when it is announced, else as soon as it is passed. 0: no limit. */
export function buffering(maxBytes: number): CompiledMiddleware {
  if (maxBytes === 0) return {};
  return {
    request: (exchange) => {
      const { request } = exchange;
      if (request.body === LENGTH && request.contentLength > maxBytes) return exchange.refusal('body_too_large');
      exchange.limitBody(maxBytes);
      return undefined;
    },
  };
}
