import type { Logger } from '../observe/logger.ts';
import type { ChallengeDesk, ChallengePublisher } from './challenge.ts';

/** CAs check from several places; the last of them may come a good while after the verdict. */
const KEEP_MS = 60_000;

/** Publishes answers and withdraws each a minute after it was released. `close` drops those waits. */
export function createChallengeDesk(options: {
  readonly publisher: ChallengePublisher;
  readonly logger: Logger;
  readonly keepMs?: number;
}): ChallengeDesk & { close(): void } {
  const { publisher, logger } = options;
  const timers = new Set<NodeJS.Timeout>();
  return {
    publish: async (challenge) => {
      await publisher.publish(challenge);
      logger.debug({ host: challenge.host, token: challenge.token.slice(0, 8) }, 'challenge answer published');
    },
    release: (token) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        publisher.withdraw(token);
      }, options.keepMs ?? KEEP_MS);
      timer.unref();
      timers.add(timer);
    },
    close: () => {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
