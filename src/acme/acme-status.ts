import type { CaStatus } from '../certs/ca-status.ts';
import type { AcmeCounters } from './acme-counters.ts';
import type { CaSessions } from './ca-sessions.ts';
import type { CertificateBook } from './certificate-book.ts';
import { limitUntil } from './schedule.ts';

/** The CAs in use. */
export function describeCas(
  directories: readonly string[],
  parts: {
    readonly book: CertificateBook;
    readonly sessions: CaSessions;
    readonly counters: AcmeCounters;
    readonly now: number;
  },
): readonly CaStatus[] {
  return directories.map((directory) => {
    const account = parts.sessions.known(directory) ?? parts.book.account(directory);
    const parked = parts.book.parked(directory);
    const limitedUntil = limitUntil(parked, parts.now);
    return {
      directory,
      account: account?.url,
      contact: account?.contact ?? [],
      limitedUntil,
      limit: limitedUntil === undefined ? undefined : parked?.detail,
      counters: parts.counters.of(directory),
    };
  });
}
