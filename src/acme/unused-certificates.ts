import type { StoredCertificate } from '../certs/store-records.ts';
import type { Logger } from '../observe/logger.ts';
import type { WantedCertificate } from '../routing/snapshot.ts';
import type { CertificateBook } from './certificate-book.ts';
import { keyOfNames } from './serving.ts';

const DAY_MS = 86_400_000;
/** A redeploy, or a mistake that is noticed: until then a certificate is renewed as if it were in use. */
const GRACE_MS = DAY_MS;
/** In one review. Each is a synced write: ten thousand at once would keep the disk busy for half a minute. */
const MAX_CHANGES = 400;
/** How long an expired one is kept. */
const KEEP_MS = 30 * DAY_MS;

/** Certificates in the store that no router wants any more (acme.md 7.3). */
export interface UnusedCertificates {
  /** Notes which are unused since when, and removes those that expired long ago; what is left over has its turn in the next call. */
  review(wanted: readonly WantedCertificate[]): Promise<void>;
  /** Those that are renewed all the same, because nobody has wanted them for less than a day. */
  inGrace(wanted: readonly WantedCertificate[]): readonly WantedCertificate[];
}

export function createUnusedCertificates(options: {
  readonly book: CertificateBook;
  readonly directories: readonly string[];
  readonly now: () => number;
  readonly logger: Logger;
}): UnusedCertificates {
  const { book, now, logger } = options;
  const keysOf = (wanted: readonly WantedCertificate[]): ReadonlySet<string> =>
    new Set(wanted.map(({ names }) => keyOfNames(names)));
  /** What is to be written about a certificate; undefined: nothing. */
  const changeOf = ({ spec, certificate }: StoredCertificate, isWanted: boolean): (() => Promise<void>) | undefined => {
    const { unusedSince } = book.renewal(spec);
    if (isWanted)
      return unusedSince === undefined ? undefined : () => book.putRenewal(spec, { unusedSince: undefined });
    // One from the future was noted under a wrong clock.
    if (unusedSince === undefined || unusedSince > now()) return () => book.putRenewal(spec, { unusedSince: now() });
    const isOver = now() - unusedSince > GRACE_MS && now() - certificate.notAfter > KEEP_MS;
    return isOver ? () => remove({ spec, certificate }) : undefined;
  };
  const remove = async ({ spec, certificate }: Pick<StoredCertificate, 'spec' | 'certificate'>): Promise<void> => {
    await book.remove(spec);
    const expired = new Date(certificate.notAfter).toISOString();
    logger.info({ names: spec.names, directory: spec.directory, expired }, 'unused certificate removed');
  };
  return {
    review: async (wanted) => {
      const keys = keysOf(wanted);
      let left = MAX_CHANGES;
      for (const one of book.certificates()) {
        const change = changeOf(one, keys.has(keyOfNames(one.spec.names)));
        if (change === undefined) continue;
        await change();
        if (--left === 0) return;
      }
    },
    inGrace: (wanted) => {
      const keys = keysOf(wanted);
      const unused = book.certificates().filter(({ spec, certificate }) => {
        if (keys.has(keyOfNames(spec.names)) || !options.directories.includes(spec.directory)) return false;
        const { unusedSince } = book.renewal(spec);
        return unusedSince !== undefined && now() - unusedSince < GRACE_MS && certificate.notAfter > now();
      });
      return unused.map(({ spec }) => ({ names: spec.names, issuer: 'acme', routers: [] }));
    },
  };
}
