import type { Certificate } from '../certs/certificate.ts';
import type { LocalAuthority } from '../certs/local-authority.ts';
import type { AcmeConfig } from '../config/static-config.ts';
import type { Logger } from '../observe/logger.ts';
import type { CertificateBook } from './certificate-book.ts';
import { createLocalLeaves, type LeafRequest } from './local-leaves.ts';
import { chooseServing, coverageOf, findUncovered, keyOfNames } from './serving.ts';
import type { SortedWanted } from './sort-wanted.ts';
import { userCertificateFor } from './user-coverage.ts';

/** The certificates workers serve, always complete: for every wanted name the user's own, the CA's, or else the local authority's. */
export interface ServingList {
  /** Works out the list anew for these wishes; tells of changes, also later when local certificates were made. */
  refresh(sorted: readonly SortedWanted[]): void;
  certificates(): readonly Certificate[];
  /** The user's own certificate for these names, or the CA's for exactly these. */
  find(names: readonly string[]): Certificate | undefined;
  /** What the local authority made for these names. */
  findLocal(names: readonly string[]): Certificate | undefined;
  /** Resolves when no local certificate is being made. */
  idle(): Promise<void>;
}

const NONE: readonly Certificate[] = [];

export function createServingList(options: {
  readonly book: CertificateBook;
  readonly localAuthority: LocalAuthority;
  readonly acme: AcmeConfig;
  /** Absent: none. */
  readonly userCertificates?: () => readonly Certificate[];
  readonly now: () => number;
  readonly logger: Logger;
  readonly onCertificates: (certificates: readonly Certificate[]) => void;
}): ServingList {
  const { book, acme, now } = options;
  const ofUser = (): readonly Certificate[] => options.userCertificates?.() ?? NONE;
  let sorted: readonly SortedWanted[] = [];
  let fromCa: ReadonlyMap<string, Certificate> = new Map();
  let publishedKey = '';

  /** One that nobody wants stays while it is valid: its container may come back. */
  const chooseFromCa = (): ReadonlyMap<string, Certificate> => {
    const wantedKeys = new Set(sorted.map(({ wanted }) => keyOfNames(wanted.names)));
    const chosen = chooseServing(book.certificates(), acme.directories, now());
    return new Map([...chosen].filter(([key, { notAfter }]) => notAfter > now() || wantedKeys.has(key)));
  };
  const leafRequests = (coverage: ReadonlySet<string>): readonly LeafRequest[] =>
    sorted.flatMap(({ wanted, kind }): readonly LeafRequest[] => {
      if (userCertificateFor(wanted.names, ofUser(), now()) !== undefined) return [];
      if (kind === 'internal') return [{ names: wanted.names, keep: true }];
      const uncovered = findUncovered(wanted.names, coverage);
      return uncovered.length === 0 ? [] : [{ names: uncovered, keep: false }];
    });
  const compute = (): readonly Certificate[] => {
    const certificates = [...ofUser(), ...fromCa.values()];
    const local = leafRequests(coverageOf(certificates)).flatMap(({ names }) => leaves.get(names) ?? []);
    return [...certificates, ...local];
  };
  const publish = (): void => {
    const certificates = compute();
    const key = certificates.map(({ id }) => id).join(',');
    if (key === publishedKey) return;
    publishedKey = key;
    options.onCertificates(certificates);
  };
  const leaves = createLocalLeaves({ ...options, onChange: publish });
  return {
    refresh: (wishes) => {
      sorted = wishes;
      fromCa = chooseFromCa();
      // The user's own count also when they have expired: that may be the clock, and nobody else trusts the local authority.
      leaves.want(leafRequests(coverageOf([...ofUser(), ...fromCa.values()])));
      publish();
    },
    certificates: compute,
    find: (names) => userCertificateFor(names, ofUser(), now()) ?? fromCa.get(keyOfNames(names)),
    findLocal: (names) => leaves.get(names),
    idle: leaves.idle,
  };
}
