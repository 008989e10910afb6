import type { OwnOptions } from './own-static.ts';
import { parseCiphers, parseTlsVersion } from './tls-names.ts';
import type { TlsOptions } from './tls-options.ts';

/** What static options say about TLS where the options of a router or of a file do not; undefined: nothing. */
export function readTlsOptions(own: OwnOptions): TlsOptions | undefined {
  const minVersion = readMinVersion(own);
  const ciphers = readCiphers(own);
  if (minVersion === undefined && ciphers === undefined) return undefined;
  return { ...(minVersion === undefined ? {} : { minVersion }), ...(ciphers === undefined ? {} : { ciphers }) };
}

function readMinVersion(own: OwnOptions): TlsOptions['minVersion'] {
  const value = own.get('tls-min-version');
  if (value === undefined) return undefined;
  const version = parseTlsVersion(value.text);
  if (version !== undefined && version !== 'old') return version;
  own.fail(value, 'is no version of TLS that is spoken here', 'write 1.2 or 1.3');
  return undefined;
}

function readCiphers(own: OwnOptions): TlsOptions['ciphers'] {
  const value = own.get('tls-ciphers');
  if (value === undefined) return undefined;
  const parsed = parseCiphers(own.list('tls-ciphers') ?? []);
  if (!('message' in parsed)) return parsed.length === 0 ? undefined : parsed;
  own.fail(value, parsed.message, parsed.hint);
  return undefined;
}
