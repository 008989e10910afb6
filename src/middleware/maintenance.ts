import type { CompiledMiddleware } from './compiled-middleware.ts';

/** Answers every request with 503 and the page of a site that is being worked on; nothing of the app is asked or shown. */
export function maintenance(): CompiledMiddleware {
  return { request: (exchange) => exchange.refusal('maintenance') };
}
