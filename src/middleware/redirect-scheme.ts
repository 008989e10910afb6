import type { MiddlewareOptions } from '../config/dynamic.ts';
import type { Answer } from '../http/answer.ts';
import type { Exchange } from '../http/exchange.ts';
import type { RequestStep } from '../http/route.ts';

type Options = Extract<MiddlewareOptions, { readonly type: 'redirectScheme' }>;

/**
 * Sends the client to the same address under another scheme, absolute and with the validated authority (P9). A request that is
 * there already, or that names no host, goes on.
 */
export function redirectScheme(options: Options): RequestStep {
  const isDefaultPort =
    options.port === undefined ||
    (options.scheme === 'https' && options.port === '443') ||
    (options.scheme === 'http' && options.port === '80');
  const port = isDefaultPort ? '' : `:${options.port}`;
  return (exchange: Exchange): Answer | undefined => {
    const { authority, request } = exchange;
    if (authority === undefined) return undefined;
    const scheme = exchange.down.peer.isTls ? 'https' : 'http';
    const here = authority.port === '' ? '' : `:${authority.port}`;
    if (scheme === options.scheme && (options.port === undefined || here === port)) return undefined;
    const host = authority.host.includes(':') ? `[${authority.host}]` : authority.host;
    const keepsMethod = options.preservesMethod === true || request.method !== 'GET';
    const status = options.permanent ? (keepsMethod ? 308 : 301) : keepsMethod ? 307 : 302;
    const location = `${options.scheme}://${host}${port}${exchange.path}${request.query}`;
    return { status, fields: `Location: ${location}\r\n`, body: '', close: false };
  };
}
