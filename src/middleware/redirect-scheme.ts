import type { RedirectSchemeOptions } from '../config/middleware-options.ts';
import type { CompiledMiddleware } from './compiled-middleware.ts';
import { redirectAnswer } from './redirect-answer.ts';

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };

/**
 * Sends the client to the same address under another scheme, absolute and with the validated authority (P9). A request that is
 * there already, or that names no host, goes on.
 */
export function redirectScheme(options: RedirectSchemeOptions): CompiledMiddleware {
  const { scheme, permanent } = options;
  const port = portText(scheme, options.port ?? '');
  const keepsMethod = options.preservesMethod === true;
  return {
    request: (exchange) => {
      const { authority, request } = exchange;
      if (authority === undefined) return undefined;
      const isThere = options.port === undefined || portText(scheme, authority.port) === port;
      if (exchange.scheme === scheme && isThere) return undefined;
      const host = authority.host.includes(':') ? `[${authority.host}]` : authority.host;
      const location = `${scheme}://${host}${port}${exchange.path}${request.query}`;
      return redirectAnswer(location, { method: request.method, permanent, keepsMethod });
    },
  };
}

/** `:8443`, or nothing for the port that the scheme implies. */
function portText(scheme: string, port: string): string {
  return port === '' || port === DEFAULT_PORTS[scheme] ? '' : `:${port}`;
}
