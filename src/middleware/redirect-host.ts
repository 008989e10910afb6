import type { CompiledMiddleware } from './compiled-middleware.ts';
import { redirectAnswer } from './redirect-answer.ts';

/** Sends the client to the same address on another host: 308; scheme, port, path and query stay (P9). */
export function redirectHost(host: string): CompiledMiddleware {
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    request: (exchange) => {
      const { authority, request, scheme, path } = exchange;
      if (authority === undefined) return undefined;
      const port = authority.port === '' ? '' : `:${authority.port}`;
      const location = `${scheme}://${name}${port}${path}${request.query}`;
      return redirectAnswer(location, { method: request.method, permanent: true, keepsMethod: true });
    },
  };
}
