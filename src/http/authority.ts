import { isIPv6 } from 'node:net';

/** A validated authority. */
export interface Authority {
  /** As received: what `Host` and `X-Forwarded-Host` carry. */
  readonly text: string;
  /** Canonical for matching (A3): lower-case ASCII, no port, no brackets, no trailing dot. */
  readonly host: string;
  /** Canonical but with the trailing dot it came with; `HostRegexp` sees it (rules.md section 4). */
  readonly hostAsGiven: string;
  /** Digits, or empty. */
  readonly port: string;
}

/** Lower-cases a host and drops one trailing dot: the one form for SNI, Host, labels and certificates (A3). */
export function canonicalHost(host: string): string {
  const lower = lowerAscii(host);
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/** Validates `uri-host[:port]` (A2, A4). Undefined when it is not one. */
export function parseAuthority(text: string): Authority | undefined {
  if (text.length === 0 || text.length > 255) return undefined;
  const match = /^(?:([A-Za-z0-9\-._~]+)|\[([0-9A-Fa-f:.]+)\])(?::(\d{0,5}))?$/.exec(text);
  if (match === null) return undefined;
  const port = match[3] ?? '';
  if (port !== '' && Number(port) > 65_535) return undefined;
  const address = match[2];
  if (address !== undefined) {
    if (!isIPv6(address)) return undefined;
    const lower = lowerAscii(address);
    return { text, host: lower, hostAsGiven: lower, port };
  }
  const name = lowerAscii(match[1]!);
  const host = name.endsWith('.') ? name.slice(0, -1) : name;
  return host === '' ? undefined : { text, host, hostAsGiven: name, port };
}

/**
 * Remembers validated authorities: nearly every request of a site repeats one. Bounded, because the text is the
 * client's; when full it starts over.
 */
export class AuthorityCache {
  private readonly known = new Map<string, Authority>();
  private readonly maxEntries: number;

  constructor(maxEntries = 4096) {
    this.maxEntries = maxEntries;
  }

  get(text: string): Authority | undefined {
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const parsed = parseAuthority(text);
    if (parsed === undefined) return undefined;
    if (this.known.size >= this.maxEntries) this.known.clear();
    this.known.set(text, parsed);
    return parsed;
  }
}

/** ASCII only: `toLowerCase` alone would also fold other letters (L1). */
function lowerAscii(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text;
}
