import { isIpAddress } from '../lib/hostname.ts';
import type { ListenAddress } from './static-config.ts';

/**
 * `:80`, `80`, `127.0.0.1:8090`, `[::1]:80`; a missing host or `*` means every IPv4 and IPv6 address. Undefined when the
 * text is none of these. Host names are not resolved and therefore refused, but for `localhost`.
 */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:(\[[^\]]*\]|[^:[\]]*):)?(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[2]);
  if (match === null || port < 1 || port > 65_535) return undefined;
  const host = (match[1] ?? '').replace(/^\[(.*)\]$/, '$1');
  if (host === '' || host === '*') return { host: undefined, port };
  if (host === 'localhost') return { host: '127.0.0.1', port };
  return isIpAddress(host) ? { host, port } : undefined;
}

/** The notation that `parseListenAddress` reads. */
export function formatListenAddress({ host, port }: ListenAddress): string {
  if (host === undefined) return `:${port}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
