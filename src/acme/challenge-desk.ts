import type { Logger } from '../observe/logger.ts';
import { OrderError } from './acme-error.ts';
import type { ChallengeDesk, ChallengePublisher } from './challenge.ts';
import type { DnsSolver } from './dns/dns-solver.ts';
import type { SelfCheck } from './self-check.ts';

/** CAs check from several places; the last of them may come a good while after the verdict. */
const KEEP_MS = 60_000;

/**
 * Publishes answers and withdraws each a minute after it was released, but records in DNS at once. `close` drops those waits;
 * `idle` resolves when no record is being removed.
 */
export function createChallengeDesk(options: {
  readonly publisher: ChallengePublisher;
  /** Absent: DNS-01 cannot be answered. */
  readonly dns?: DnsSolver | undefined;
  /** Absent: the CA is the first who asks. */
  readonly selfCheck?: SelfCheck | undefined;
  readonly logger: Logger;
  readonly keepMs?: number;
}): ChallengeDesk & { close(): void; idle(): Promise<void> } {
  const { publisher, dns, selfCheck, logger } = options;
  const timers = new Set<NodeJS.Timeout>();
  const inDns = new Set<string>();
  return {
    publish: async (challenge) => {
      await publisher.publish(challenge);
      const fault = 'serverName' in challenge ? undefined : await selfCheck?.(challenge);
      if (fault !== undefined) throw new OrderError('publish_failed', fault);
      logger.debug({ host: challenge.host, token: challenge.token.slice(0, 8) }, 'challenge answer published');
    },
    publishRecord: async (challenge, signal) => {
      if (dns === undefined) throw new OrderError('challenge_missing', 'nobody writes DNS records here');
      inDns.add(challenge.token);
      await dns.publish(challenge, signal);
    },
    release: (token) => {
      // Who has read the record has kept it: DNS is full of caches.
      if (inDns.delete(token)) return dns?.withdraw(token);
      const timer = setTimeout(() => {
        timers.delete(timer);
        publisher.withdraw(token);
      }, options.keepMs ?? KEEP_MS);
      timer.unref();
      timers.add(timer);
      return undefined;
    },
    close: () => {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
    idle: async () => dns?.idle(),
  };
}
