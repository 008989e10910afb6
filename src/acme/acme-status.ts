import type { AcmeCounters, CaCounters } from './acme-counters.ts';
import type { CaSessions } from './ca-sessions.ts';
import type { CertificateBook } from './certificate-book.ts';

/** How it stands with one CA: the account there, limits, what was asked of it. No secrets. Times: Unix milliseconds. */
export interface CaStatus {
  readonly directory: string;
  /** URL of the account: CAA records name it (RFC 8657). */
  readonly account: string | undefined;
  readonly contact: readonly string[];
  readonly limitedUntil: number | undefined;
  readonly limit: string | undefined;
  readonly counters: CaCounters;
}

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
    const limit = parked !== undefined && parked.until > parts.now ? parked : undefined;
    return {
      directory,
      account: account?.url,
      contact: account?.contact ?? [],
      limitedUntil: limit?.until,
      limit: limit?.detail,
      counters: parts.counters.of(directory),
    };
  });
}
