import { isIPv6 } from 'node:net';
import { canonicalHost, hostWithTrailingDot } from '../lib/hostname.ts';

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

/** Validates `uri-host[:port]` (A2, A4). Undefined when it is not one. */
export function parseAuthority(text: string): Authority | undefined {
  if (text.length === 0 || text.length > 255) return undefined;
  const match = /^(?:([A-Za-z0-9\-._~]+)|\[([0-9A-Fa-f:.]+)\])(?::(\d{0,5}))?$/.exec(text);
  if (match === null) return undefined;
  const port = match[3] ?? '';
  if (port !== '' && Number(port) > 65_535) return undefined;
  if (match[2] !== undefined && !isIPv6(match[2])) return undefined;
  const host = canonicalHost(text);
  return host === '' ? undefined : { text, host, hostAsGiven: hostWithTrailingDot(text), port };
}

/**
 * Remembers validated authorities: nearly every request of a site repeats one. Bounded, because the text is the
 * client's; when full it starts over.
 */
export class AuthorityCache {
  private readonly known = new Map<string, Authority>();
  private readonly maxEntries: number;
  private last: Authority | undefined = undefined;

  constructor(maxEntries = 16_384) {
    this.maxEntries = maxEntries;
  }

  get(text: string): Authority | undefined {
    // Comparing is cheaper than looking up: a text cut from a head has no hash yet.
    if (text === this.last?.text) return this.last;
    const known = this.known.get(text);
    if (known !== undefined) return (this.last = known);
    const parsed = parseAuthority(text);
    if (parsed === undefined) return undefined;
    if (this.known.size >= this.maxEntries) this.known.clear();
    this.known.set(text, parsed);
    return parsed;
  }
}
