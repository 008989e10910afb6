import { canonicalHost } from '../lib/hostname.ts';
import type { Certificate } from './certificate.ts';

/** Certificates by the names they cover. Immutable: a change builds a new one. */
export type NameIndex = ReadonlyMap<string, readonly Certificate[]>;

/** Indexes certificates by name. One certificate may stand under many names; several may cover one name. */
export function buildNameIndex(certificates: readonly Certificate[]): NameIndex {
  const index = new Map<string, Certificate[]>();
  for (const certificate of certificates) {
    for (const name of certificate.names) {
      const list = index.get(name);
      if (list === undefined) index.set(name, [certificate]);
      else list.push(certificate);
    }
  }
  for (const list of index.values()) list.sort((a, b) => b.notBefore - a.notBefore);
  return index;
}

/**
 * The certificate to serve for a name: exact before a wildcard of one level (RFC 9525 6.3), and of several the newest.
 * One that is not valid at `now` (Unix milliseconds) is taken only when nothing valid covers the name: a visible
 * warning beats no TLS. `undefined` when no certificate names it. Case and one trailing dot do not matter.
 */
export function findCertificate(index: NameIndex, name: string, now: number): Certificate | undefined {
  const host = canonicalHost(name);
  const dot = host.indexOf('.');
  const exact = index.get(host);
  const wildcard = dot > 0 ? index.get(`*${host.slice(dot)}`) : undefined;
  return validOf(exact, now) ?? validOf(wildcard, now) ?? exact?.[0] ?? wildcard?.[0];
}

function validOf(list: readonly Certificate[] | undefined, now: number): Certificate | undefined {
  return list?.find((certificate) => certificate.notBefore <= now && now < certificate.notAfter);
}
