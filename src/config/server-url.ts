import type { ServerScheme } from './dynamic.ts';

export interface ServerUrl {
  readonly scheme: ServerScheme;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Reads `http://host:port` (also `https`, `h2c`); a text that is none gives a message and a hint. */
export function parseServerUrl(text: string): ServerUrl | { readonly message: string; readonly hint: string } {
  const match = /^(https?|h2c):\/\/(\[[0-9a-f:.]+\]|[^/:?#@\s]+)(?::(\d{1,5}))?(\/.*)?$/i.exec(text.trim());
  const [, scheme = '', host = '', digits, path = '/'] = match ?? [];
  if (match === null) return { message: 'is not a server URL', hint: 'write http://host:port' };
  if (path !== '/')
    return {
      message: 'has a path, which is not used',
      hint: `write ${scheme}://${host}${digits === undefined ? '' : `:${digits}`}`,
    };
  const lower = scheme.toLowerCase() as ServerScheme;
  const port = digits === undefined ? (lower === 'https' ? 443 : 80) : Number(digits);
  if (port < 1 || port > 65_535) return { message: 'has an impossible port', hint: 'write a port from 1 to 65535' };
  return { scheme: lower, host: host.replace(/^\[(.*)\]$/, '$1').toLowerCase(), port };
}

/** Whether a result of `parseServerUrl` is a URL. */
export function isServerUrl(result: ReturnType<typeof parseServerUrl>): result is ServerUrl {
  return 'scheme' in result;
}
