import type { Logger } from '../observe/logger.ts';
import type { WantedCertificate } from '../routing/snapshot.ts';
import type { CertificateBook } from './certificate-book.ts';
import { keyOfNames } from './serving.ts';

const DAY_MS = 86_400_000;
/** A redeploy, or a mistake that is noticed: until then a certificate is renewed as if it were in use. */
const GRACE_MS = DAY_MS;
/** How long an expired one is kept. */
const KEEP_MS = 30 * DAY_MS;

/** Certificates in the store that no router wants any more (acme.md 7.3). */
export interface UnusedCertificates {
  /** Notes which are unused since when, and removes those that expired long ago. */
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
  return {
    review: async (wanted) => {
      const keys = keysOf(wanted);
      for (const { spec, certificate } of book.certificates()) {
        const { unusedSince } = book.renewal(spec);
        if (keys.has(keyOfNames(spec.names))) {
          if (unusedSince !== undefined) await book.putRenewal(spec, { unusedSince: undefined });
          continue;
        }
        if (unusedSince === undefined) await book.putRenewal(spec, { unusedSince: now() });
        else if (now() - unusedSince > GRACE_MS && now() - certificate.notAfter > KEEP_MS) {
          await book.remove(spec);
          const expired = new Date(certificate.notAfter).toISOString();
          logger.info({ names: spec.names, directory: spec.directory, expired }, 'unused certificate removed');
        }
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
