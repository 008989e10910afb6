/** Signs updates (RFC 8945). */
export interface TsigKey {
  readonly name: string;
  /** Base64. */
  readonly secret: string;
  readonly algorithm: TsigAlgorithm;
}

export const TSIG_ALGORITHMS = ['hmac-sha1', 'hmac-sha224', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'] as const;
export type TsigAlgorithm = (typeof TSIG_ALGORITHMS)[number];

/** Who writes the TXT records of DNS-01. */
export type DnsWriter =
  /** A program, called with `present` or `cleanup`, the name and the value. */
  | { readonly kind: 'exec'; readonly path: string }
  /** Where `/present` and `/cleanup` take `{"fqdn","value"}`. */
  | {
      readonly kind: 'webhook';
      readonly url: string;
      readonly login: { readonly username: string; readonly password: string } | undefined;
    }
  /** A name server that takes updates (RFC 2136). */
  | {
      readonly kind: 'rfc2136';
      readonly host: string;
      readonly port: number;
      /** Absent: asked for. */
      readonly zone: string | undefined;
      readonly tsig: TsigKey | undefined;
      /** Seconds. */
      readonly ttl: number;
    };

/** How DNS-01 is answered (RFC 8555 8.4). */
export interface DnsConfig {
  readonly writer: DnsWriter;
  /** How long all authoritative servers may take to show a record; 0: nobody looks. */
  readonly waitMs: number;
  /** From then until the CA is told, for servers behind the ones that can be seen. */
  readonly settleMs: number;
}

export const DEFAULT_DNS_WAIT_MS = 120_000;
export const DEFAULT_DNS_SETTLE_MS = 3000;
/** Seconds. Short, because the record is gone in a minute or two. */
export const DEFAULT_DNS_TTL = 60;

/** A fault in what a person wrote, without the place. */
export interface DnsFault {
  readonly message: string;
  readonly hint: string;
}

const FORMS = 'write exec:/path, webhook:https://host/path or rfc2136://server:53?zone=example.com';

/** Reads `exec:…`, `webhook:…` or `rfc2136://…`. The TSIG key of an RFC 2136 server comes from elsewhere. */
export function parseDnsWriter(text: string): DnsWriter | DnsFault {
  if (text.startsWith('exec:')) return parseExec(text.slice('exec:'.length));
  if (text.startsWith('webhook:')) return parseWebhook(text.slice('webhook:'.length));
  if (text.startsWith('rfc2136:')) return parseNameServer(text);
  return { message: 'is not a way to write DNS records', hint: FORMS };
}

/** The path must be absolute: where we were started from is nobody's business. */
export function parseExec(path: string): DnsWriter | DnsFault {
  if (!path.startsWith('/')) return { message: 'names no program', hint: 'write exec:/path/to/program' };
  return { kind: 'exec', path };
}

/** A URL with or without `user:password@`; they must not stay in what is logged. */
export function parseWebhook(
  text: string,
  credentials?: { readonly username: string; readonly password: string },
): DnsWriter | DnsFault {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    return { message: 'is not the URL of a webhook', hint: 'write webhook:https://user:password@host/path' };
  }
  const ofUrl = url.username === '' ? undefined : { username: decode(url.username), password: decode(url.password) };
  url.username = '';
  url.password = '';
  return { kind: 'webhook', url: url.href.replace(/\/+$/, ''), login: credentials ?? ofUrl };
}

function parseNameServer(text: string): DnsWriter | DnsFault {
  const hint = 'write rfc2136://server:53?zone=example.com';
  const fault = { message: 'is not the address of a name server', hint };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '' || !/^\/?$/.test(url.pathname) || url.username !== '') return fault;
  for (const key of url.searchParams.keys()) {
    if (key !== 'zone' && key !== 'ttl') return { message: `has an unknown part ${key}`, hint };
  }
  const ttl = Number(url.searchParams.get('ttl') ?? DEFAULT_DNS_TTL);
  if (!Number.isInteger(ttl) || ttl < 0 || ttl > 86_400) {
    return { message: 'has a ttl that is none', hint: 'write ttl=60, in seconds' };
  }
  const zone = url.searchParams.get('zone') ?? undefined;
  const server = parseServer(url.host);
  return server === undefined
    ? fault
    : { kind: 'rfc2136', ...server, zone: zone?.replace(/\.$/, '').toLowerCase(), tsig: undefined, ttl };
}

/** `server`, `server:53`, `[2001:db8::1]:53`. */
export function parseServer(text: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? 53);
  return host === undefined || port === 0 || port > 65_535 ? undefined : { host, port };
}

/** The first key of a file as `tsig-keygen` writes it: `key "name" { algorithm hmac-sha256; secret "…"; };`. */
export function parseKeyFile(text: string): TsigKey | undefined {
  const [, name, body] = /\bkey\s+"?([^\s"{]+)"?\s*\{([^}]*)\}/.exec(text) ?? [];
  const algorithm = /\balgorithm\s+"?([\w.-]+?)\.?"?\s*;/.exec(body ?? '')?.[1]?.toLowerCase();
  const secret = /\bsecret\s+"?([A-Za-z0-9+/=]+)"?\s*;/.exec(body ?? '')?.[1];
  const known = TSIG_ALGORITHMS.find((one) => one === algorithm);
  return name === undefined || secret === undefined || known === undefined
    ? undefined
    : { name: name.replace(/\.$/, ''), secret, algorithm: known };
}

/** Whether the text is Base64 of at least one byte. */
export function isSecret(text: string): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
