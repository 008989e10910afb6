import {
  DEFAULT_DNS_SETTLE_MS,
  DEFAULT_DNS_WAIT_MS,
  type DnsConfig,
  isSecret,
  parseDnsWriter,
  parseKeyFile,
  TSIG_ALGORITHMS,
  type TsigKey,
} from './dns-config.ts';
import type { OwnOptions } from './own-static.ts';

type ReadFile = (path: string) => string;

/** Reads `acme-dns` and what belongs to it. `ofTraefik` holds when `acme-dns` is not said. Faults become problems. */
export function readAcmeDns(
  own: OwnOptions,
  readFile: ReadFile,
  ofTraefik: DnsConfig | undefined,
): DnsConfig | undefined {
  const tsig = readTsigKey(own, readFile);
  const waitMs = own.durationMs('acme-dns-wait');
  const value = own.get('acme-dns');
  if (value === undefined)
    return ofTraefik === undefined ? undefined : { ...ofTraefik, waitMs: waitMs ?? ofTraefik.waitMs };
  const writer = parseDnsWriter(value.text.trim());
  if ('message' in writer) {
    // A URL may hold a password: it is not repeated.
    own.fail({ ...value, text: value.text.replace(/\/\/.*@/, '//…@') }, writer.message, writer.hint);
    return undefined;
  }
  const signed = writer.kind === 'rfc2136' ? { ...writer, tsig } : writer;
  if (tsig !== undefined && writer.kind !== 'rfc2136') {
    own.fail({ ...value, text: writer.kind }, 'is not signed by TSIG', 'leave out --acme-dns-tsig-…, or use rfc2136:');
  }
  return { writer: signed, waitMs: waitMs ?? DEFAULT_DNS_WAIT_MS, settleMs: DEFAULT_DNS_SETTLE_MS };
}

function readTsigKey(own: OwnOptions, readFile: ReadFile): TsigKey | undefined {
  const file = own.get('acme-dns-tsig-file');
  const name = own.get('acme-dns-tsig-name');
  const secret = own.get('acme-dns-tsig-secret');
  const algorithm = own.oneOf('acme-dns-tsig-algorithm', TSIG_ALGORITHMS);
  if (file !== undefined) {
    const key = readKeyFile(file.text, readFile);
    if (typeof key === 'string') own.fail(file, key, 'write a file as `tsig-keygen` does');
    return typeof key === 'string' ? undefined : key;
  }
  if (name === undefined && secret === undefined) return undefined;
  if (name === undefined || secret === undefined) {
    const [given, missing] = name === undefined ? [secret!, 'name'] : [name, 'secret'];
    own.fail({ ...given, text: 'a TSIG key' }, `has no ${missing}`, `add --acme-dns-tsig-${missing}`);
    return undefined;
  }
  if (!isSecret(secret.text)) {
    own.fail({ ...secret, text: 'the secret' }, 'is not Base64', 'write it as the name server has it');
    return undefined;
  }
  return { name: name.text.replace(/\.$/, ''), secret: secret.text, algorithm: algorithm ?? 'hmac-sha256' };
}

/** The key, or what is wrong with the file. */
export function readKeyFile(path: string, readFile: ReadFile): TsigKey | string {
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  return parseKeyFile(text) ?? `holds no TSIG key with one of ${TSIG_ALGORITHMS.join(', ')}`;
}
