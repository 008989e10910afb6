import type { AccountRecord } from '../certs/store-records.ts';
import type { CertificateStore } from '../certs/store.ts';
import type { AcmeConfig } from '../config/static-config.ts';
import { VERSION } from '../lib/version.ts';
import type { Logger } from '../observe/logger.ts';
import type { AcmeCounters } from './acme-counters.ts';
import { createCaSession, type CaSession } from './ca-session.ts';
import type { CertificateBook } from './certificate-book.ts';

/** One session for each CA, opened when it is first used. */
export interface CaSessions {
  of(directory: string): CaSession;
  /** The account as a session knows it; undefined when none was opened. */
  known(directory: string): AccountRecord | undefined;
  close(): void;
}

export function createCaSessions(options: {
  readonly store: CertificateStore;
  readonly acme: AcmeConfig;
  readonly book: CertificateBook;
  readonly now: () => number;
  readonly counters: AcmeCounters;
  readonly logger: Logger;
}): CaSessions {
  const { book, counters, ...common } = options;
  const sessions = new Map<string, CaSession>();
  return {
    of: (directory) =>
      sessions.getOrInsertComputed(directory, () => {
        const saved = book.account(directory);
        return createCaSession({
          ...common,
          directory,
          saved,
          userAgent: `sluice/${VERSION}`,
          onAnswer: (code, caTime) => counters.answered(directory, code, caTime),
        });
      }),
    known: (directory) => sessions.get(directory)?.known(),
    close: () => {
      for (const session of sessions.values()) session.close();
    },
  };
}
