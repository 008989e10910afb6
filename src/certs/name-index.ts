import { canonicalHost } from '../lib/hostname.ts';
import type { ServedCertificate } from './certificate.ts';

/** Who signed decides between certificates that cover the same name: the user's own come first. */
const RANK: Readonly<Record<ServedCertificate['source'], number>> = { user: 0, acme: 1, local: 2 };

/**
 * Certificates by the names they cover. One certificate may stand under many names; several may cover one name.
 * Changes cost what they change: a renewal among ten thousand certificates must not be felt by handshakes.
 */
export class NameIndex {
  private readonly byName = new Map<string, ServedCertificate[]>();
  private readonly byId = new Map<string, ServedCertificate>();

  constructor(certificates: readonly ServedCertificate[] = []) {
    this.add(certificates);
  }

  /** What is there already is passed over. */
  add(certificates: readonly ServedCertificate[]): void {
    for (const certificate of certificates) {
      if (this.byId.has(certificate.id)) continue;
      this.byId.set(certificate.id, certificate);
      for (const name of certificate.names) this.addName(name, certificate);
    }
  }

  /** By id; what is not there is passed over. */
  remove(ids: Iterable<string>): void {
    for (const id of ids) {
      const certificate = this.byId.get(id);
      if (certificate === undefined) continue;
      this.byId.delete(id);
      for (const name of certificate.names) this.removeName(name, certificate);
    }
  }

  /**
   * The certificate to serve for a name: exact before a wildcard of one level (RFC 9525 6.3), the user's own before others,
   * and of several the newest. One that is not valid at `now` (Unix milliseconds) is taken only when nothing valid covers the
   * name: a visible warning beats no TLS. `undefined` when no certificate names it. Case and one trailing dot do not matter.
   */
  find(name: string, now: number): ServedCertificate | undefined {
    const host = canonicalHost(name);
    const dot = host.indexOf('.');
    const exact = this.byName.get(host);
    const wildcard = dot > 0 ? this.byName.get(`*${host.slice(dot)}`) : undefined;
    return validOf(exact, now) ?? validOf(wildcard, now) ?? exact?.[0] ?? wildcard?.[0];
  }

  private addName(name: string, certificate: ServedCertificate): void {
    const list = this.byName.get(name);
    if (list === undefined) this.byName.set(name, [certificate]);
    else list.splice(placeOf(certificate, list), 0, certificate);
  }

  private removeName(name: string, certificate: ServedCertificate): void {
    const rest = this.byName.get(name)?.filter((other) => other !== certificate) ?? [];
    if (rest.length === 0) this.byName.delete(name);
    else this.byName.set(name, rest);
  }
}

/** Behind everything that comes before it or is its equal. */
function placeOf(certificate: ServedCertificate, list: readonly ServedCertificate[]): number {
  const index = list.findIndex((other) => compare(certificate, other) < 0);
  return index < 0 ? list.length : index;
}

function compare(a: ServedCertificate, b: ServedCertificate): number {
  return RANK[a.source] - RANK[b.source] || b.notBefore - a.notBefore;
}

function validOf(list: readonly ServedCertificate[] | undefined, now: number): ServedCertificate | undefined {
  return list?.find((certificate) => certificate.notBefore <= now && now < certificate.notAfter);
}
