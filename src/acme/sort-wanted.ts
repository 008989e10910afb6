import { signsAddresses } from '../config/acme-directories.ts';
import type { AcmeConfig } from '../config/static-config.ts';
import { isCertificateName, isIpAddress, isLocalhost, isPublicName } from '../lib/hostname.ts';
import type { WantedCertificate } from '../routing/snapshot.ts';
import { keyOfNames } from './serving.ts';

/** Who will sign a wanted certificate, and if not the CA, why. */
export interface SortedWanted {
  readonly wanted: WantedCertificate;
  readonly kind: 'acme' | 'internal' | 'needs-dns';
  /** Names of a wildcard certificate that the CA is asked for anyway: this one is ordered only if that fails (acme.md 8). */
  readonly coveredBy?: readonly string[];
  readonly note: { readonly type: string; readonly detail: string; readonly hint: string } | undefined;
}

/**
 * Decides for each wanted certificate whether the CA may be asked at all. Names were judged once when configuration was
 * read; here again, because a forbidden name in an order costs all names of it. Doubles are dropped.
 */
export function sortWanted(wanted: readonly WantedCertificate[], acme: AcmeConfig): readonly SortedWanted[] {
  const seen = new Map(wanted.toReversed().map((entry) => [keyOfNames(entry.names), entry]));
  const sorted = wanted
    .filter((entry) => seen.get(keyOfNames(entry.names)) === entry)
    .map((entry) => sortOne(entry, acme));
  return noteCovered(sorted);
}

/** A certificate of several names is somebody's wish and is kept apart; so is whatever names a wildcard itself. */
function noteCovered(sorted: readonly SortedWanted[]): readonly SortedWanted[] {
  const wildcards = new Map<string, readonly string[]>();
  for (const { wanted, kind } of sorted) {
    if (kind !== 'acme') continue;
    for (const name of wanted.names) if (name.startsWith('*.')) wildcards.set(name, wanted.names);
  }
  if (wildcards.size === 0) return sorted;
  return sorted.map((entry) => {
    const [name, ...others] = entry.wanted.names;
    if (entry.kind !== 'acme' || name === undefined || others.length > 0) return entry;
    const coveredBy = wildcards.get(`*${name.slice(name.indexOf('.'))}`);
    return coveredBy === undefined || name.startsWith('*.') ? entry : { ...entry, coveredBy };
  });
}

function sortOne(wanted: WantedCertificate, acme: AcmeConfig): SortedWanted {
  if (wanted.issuer === 'internal' || acme.directories.length === 0) {
    return { wanted, kind: 'internal', note: undefined };
  }
  for (const name of wanted.names) {
    const reason = refuseName(name, acme);
    if (reason === undefined) continue;
    const hint = 'to avoid warnings, trust the root that `sluice certs root` prints';
    return { wanted, kind: 'internal', note: { type: 'name_private', detail: `${name}: ${reason}`, hint } };
  }
  const wildcard = wanted.names.find((name) => name.startsWith('*.'));
  if (wildcard === undefined || acme.challenges.includes('dns-01')) return { wanted, kind: 'acme', note: undefined };
  const detail = `${wildcard}: CAs sign wildcards only after a DNS challenge, and nobody writes DNS records here`;
  const hint = 'set --acme-dns, name each host, or use sluice.tls=internal';
  return { wanted, kind: 'needs-dns', note: { type: 'needs_dns', detail, hint } };
}

/** Why an order for this name must not be made. With a directory of the user's own only this machine is refused. */
function refuseName(name: string, { customDirectory, profile, directories }: AcmeConfig): string | undefined {
  if (!isCertificateName(name)) return 'not a name that a certificate can carry';
  if (isLocalhost(name)) return 'localhost is this machine: no CA can check it';
  if (customDirectory) return undefined;
  if (!isPublicName(name)) return 'a name of private networks: no public CA signs it';
  const isRefused = isIpAddress(name) && profile === undefined && !directories.some(signsAddresses);
  return isRefused ? 'an address: CAs sign those only in a profile for it' : undefined;
}
