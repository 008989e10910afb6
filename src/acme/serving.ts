import type { Certificate } from '../certs/certificate.ts';
import type { StoredCertificate } from '../certs/store-records.ts';

/** Names of a certificate as one key. */
export function keyOfNames(names: readonly string[]): string {
  return names.join(',');
}

/**
 * Of all stored certificates the one that serves for each set of names: valid before expired, from a CA in use before
 * one of earlier settings (a staging certificate must not win over a real one), then the newest.
 */
export function chooseServing(
  stored: readonly StoredCertificate[],
  directories: readonly string[],
  now: number,
): ReadonlyMap<string, Certificate> {
  const best = new Map<string, StoredCertificate>();
  for (const candidate of stored) {
    const key = keyOfNames(candidate.spec.names);
    const rival = best.get(key);
    if (rival === undefined || compare(candidate, rival, directories, now) > 0) best.set(key, candidate);
  }
  return new Map([...best].map(([key, { certificate }]) => [key, certificate]));
}

/** Every name that the certificates cover; wildcards as they are written. */
export function coverageOf(certificates: Iterable<Certificate>): ReadonlySet<string> {
  const covered = new Set<string>();
  for (const { names } of certificates) for (const name of names) covered.add(name);
  return covered;
}

/** Names that are not covered, exactly or by a wildcard of one level. */
export function findUncovered(names: readonly string[], coverage: ReadonlySet<string>): readonly string[] {
  return names.filter((name) => {
    const dot = name.indexOf('.');
    const isUnderWildcard = dot > 0 && !name.startsWith('*.') && coverage.has(`*${name.slice(dot)}`);
    return !coverage.has(name) && !isUnderWildcard;
  });
}

function compare(a: StoredCertificate, b: StoredCertificate, directories: readonly string[], now: number): number {
  const rank = ({ spec, certificate }: StoredCertificate): number =>
    (now < certificate.notAfter ? 2 : 0) + (directories.includes(spec.directory) ? 1 : 0);
  return rank(a) - rank(b) || a.certificate.notBefore - b.certificate.notBefore;
}
