import type { CertificateSpec } from '../certs/certificate-spec.ts';
import { suggestedTime } from '../certs/renewal-record.ts';
import type { AttemptRecord, StoredCertificate } from '../certs/store-records.ts';
import type { AcmeConfig } from '../config/static-config.ts';
import { signsAddresses } from '../config/acme-directories.ts';
import { isIpAddress } from '../lib/hostname.ts';
import type { CertificateBook } from './certificate-book.ts';
import type { HeldCertificate } from './plan.ts';
import { coverageOf, findUncovered, keyOfNames } from './serving.ts';

/** What is ordered for a set of names at each CA, and what is known of it. */
export interface Specs {
  /** The same object for the same spec: its place in the store is worked out once. */
  at(names: readonly string[], directory: string): CertificateSpec;
  /** The CAs that may be asked for these names, in order of preference. */
  directories(names: readonly string[]): readonly string[];
  /** The certificate of a CA in use for these names: the newest valid one. */
  stored(names: readonly string[]): StoredCertificate | undefined;
  /**
   * What serves for these names: the one that was ordered for them, or while there is none another one that covers them all (acme.md 8).
   * Its dates say when one of their own is to be ordered.
   */
  serving(names: readonly string[]): StoredCertificate | undefined;
  held(names: readonly string[]): HeldCertificate | undefined;
  /** The latest failure for these names at any CA in use, since the last success there. */
  latestAttempt(names: readonly string[]): AttemptRecord | undefined;
}

/** Let's Encrypt signs addresses in its short-lived profile only (acme.md 2.4); names beside them are as they were. */
function profileFor(names: readonly string[], directory: string, profile: string | undefined): string | undefined {
  return signsAddresses(directory) && names.some(isIpAddress) ? 'shortlived' : profile;
}

export function createSpecs(options: {
  readonly book: CertificateBook;
  readonly acme: AcmeConfig;
  readonly now: () => number;
}): Specs {
  const { book, acme, now } = options;
  const specs = new Map<string, CertificateSpec>();
  const at = (names: readonly string[], directory: string): CertificateSpec =>
    specs.getOrInsertComputed(`${directory} ${keyOfNames(names)}`, () => ({
      names,
      directory,
      profile: profileFor(names, directory, acme.profile),
      keyType: acme.keyType ?? 'ec256',
    }));
  const stored = (names: readonly string[]): StoredCertificate | undefined => {
    const found = acme.directories.flatMap((directory) => book.get(at(names, directory)).current ?? []);
    const valid = found.filter(({ certificate }) => certificate.notAfter > now());
    const candidates = valid.length > 0 ? valid : found;
    return candidates.toSorted((a, b) => b.certificate.notBefore - a.certificate.notBefore)[0];
  };
  const covering = (names: readonly string[]): StoredCertificate | undefined => {
    const [first = ''] = names;
    const wildcard = first.startsWith('*.') ? [] : book.withName(`*${first.slice(first.indexOf('.'))}`);
    return [...book.withName(first), ...wildcard]
      .filter(({ spec, certificate }) => acme.directories.includes(spec.directory) && certificate.notAfter > now())
      .filter(({ certificate }) => findUncovered(names, coverageOf([certificate])).length === 0)
      .sort((a, b) => b.certificate.notAfter - a.certificate.notAfter)[0];
  };
  const serving = (names: readonly string[]): StoredCertificate | undefined => {
    const own = stored(names);
    return own !== undefined && own.certificate.notAfter > now() ? own : (covering(names) ?? own);
  };
  return {
    at,
    serving,
    directories: (names) => {
      const isForAll = acme.customDirectory || acme.profile !== undefined || !names.some(isIpAddress);
      return isForAll ? acme.directories : acme.directories.filter(signsAddresses);
    },
    stored,
    held: (names) => {
      const found = serving(names);
      if (found === undefined) return undefined;
      const { spec, certificate, issuedAt } = found;
      return { ...certificate, issuedAt, suggestedAt: suggestedTime(book.renewal(spec), certificate) };
    },
    latestAttempt: (names) =>
      acme.directories
        .flatMap((directory) => book.get(at(names, directory)).attempt ?? [])
        .toSorted((a, b) => b.lastAt - a.lastAt)[0],
  };
}
