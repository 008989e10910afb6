import type { Exchange } from './exchange.ts';

/** `Host` that a server gets: the client's, or what a middleware put in its place, or the server's own authority. */
export function requestHost(exchange: Exchange, serverAuthority: string, passHostHeader: boolean): string {
  if (!passHostHeader) return serverAuthority;
  return exchange.sentHost !== '' ? exchange.sentHost : (exchange.authority?.text ?? serverAuthority);
}
