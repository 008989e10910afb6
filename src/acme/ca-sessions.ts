import type { CertificateStore } from '../certs/store.ts';
import type { AcmeConfig } from '../config/static-config.ts';
import { VERSION } from '../lib/version.ts';
import type { Logger } from '../observe/logger.ts';
import { createCaSession, type CaSession } from './ca-session.ts';
import type { CertificateBook } from './certificate-book.ts';

/** One session for each CA, opened when it is first used. */
export interface CaSessions {
  of(directory: string): CaSession;
  close(): void;
}

export function createCaSessions(options: {
  readonly store: CertificateStore;
  readonly acme: AcmeConfig;
  readonly book: CertificateBook;
  readonly now: () => number;
  readonly logger: Logger;
}): CaSessions {
  const { book, ...common } = options;
  const sessions = new Map<string, CaSession>();
  return {
    of: (directory) =>
      sessions.getOrInsertComputed(directory, () => {
        const saved = book.account(directory);
        return createCaSession({ ...common, directory, saved, userAgent: `sluice/${VERSION}` });
      }),
    close: () => {
      for (const session of sessions.values()) session.close();
    },
  };
}
