import type { RenewalAdvice } from '../certs/renewal-record.ts';
import type { StoredCertificate } from '../certs/store-records.ts';
import type { Logger } from '../observe/logger.ts';
import { AcmeTransportError } from './acme-error.ts';
import type { CaSession } from './ca-session.ts';
import type { CertificateBook } from './certificate-book.ts';
import { ariIdOf, heedAnswer, heedFailure, isMoved } from './renewal-info.ts';

const AT_ONCE = 4;
const HOUR_MS = 3_600_000;
const MAX_WAIT_MS = 25 * HOUR_MS;

/** Asks the CAs when they want their certificates renewed (RFC 9773, acme.md 7.2). */
export interface RenewalWatch {
  /** Asks about those whose time to ask has come, a few at once. Resolves at the end of the round; never rejects. */
  ask(certificates: readonly StoredCertificate[]): Promise<void>;
  /** Ends the round; resolves when nothing is being asked any more. */
  stop(): Promise<void>;
}

export function createRenewalWatch(options: {
  readonly book: CertificateBook;
  readonly sessionOf: (directory: string) => CaSession;
  readonly now: () => number;
  readonly random: () => number;
  readonly logger: Logger;
  /** An answer brought or moved a window. */
  readonly onChange: () => void;
}): RenewalWatch {
  const { book, now, logger } = options;
  const tries = new Map<string, number>();
  /** CAs without renewal information, and those whose directory could not be read: not asked for each certificate. */
  const silentUntil = new Map<string, number>();
  /** Their leaves do not say who signed them. */
  const nameless = new Set<string>();
  let round: Promise<void> | undefined;
  const stopping = new AbortController();

  const isDue = ({ spec, certificate }: StoredCertificate): boolean => {
    if (certificate.notAfter <= now() || nameless.has(certificate.id)) return false;
    if ((silentUntil.get(spec.directory) ?? 0) > now()) return false;
    const { advice } = book.renewal(spec);
    // No wait is longer than a day: such a time was noted under a wrong clock.
    return advice?.certificateId !== certificate.id || advice.askAt <= now() || advice.askAt - now() > MAX_WAIT_MS;
  };
  const offers = async (directory: string): Promise<boolean> => {
    try {
      const { renewalInfo } = await options.sessionOf(directory).directory();
      if (renewalInfo !== undefined) return true;
      silentUntil.set(directory, now() + 24 * HOUR_MS);
    } catch (cause) {
      // The orders say what is wrong with a CA.
      logger.debug({ directory, reason: String(cause) }, 'renewal information not asked for');
      silentUntil.set(directory, now() + HOUR_MS / 12);
    }
    return false;
  };
  const adviceFor = async ({ spec, certificate }: StoredCertificate): Promise<RenewalAdvice | undefined> => {
    const { advice } = book.renewal(spec);
    if (advice?.certificateId === certificate.id) return advice;
    const ariId = await ariIdOf(certificate.chainPem);
    if (ariId === undefined) {
      nameless.add(certificate.id);
      return undefined;
    }
    return { certificateId: certificate.id, ariId, window: undefined, askAt: now(), isReplaced: false };
  };
  const askOne = async (stored: StoredCertificate): Promise<void> => {
    const { spec, certificate } = stored;
    if (!isDue(stored) || !(await offers(spec.directory))) return;
    const advice = await adviceFor(stored);
    if (advice === undefined) return;
    const heeded = await questionOf(spec.directory, advice);
    if (heeded === undefined) return;
    // Meanwhile it may have been replaced, or an order may have used its name.
    const latest = book.renewal(spec).advice;
    if (book.get(spec).current?.certificate.id !== certificate.id) return;
    const isReplaced = latest?.certificateId === certificate.id && latest.isReplaced;
    await book.putRenewal(spec, { advice: { ...heeded, isReplaced } });
    tell(stored, advice, heeded);
  };
  const questionOf = async (directory: string, advice: RenewalAdvice): Promise<RenewalAdvice | undefined> => {
    const count = (tries.get(advice.ariId) ?? 0) + 1;
    try {
      const answer = await options.sessionOf(directory).renewalInfo(advice.ariId);
      tries.delete(advice.ariId);
      return heedAnswer(advice, answer ?? { data: undefined, retryAt: undefined }, {
        now: now(),
        random: options.random(),
      });
    } catch (cause) {
      if (cause instanceof AcmeTransportError && cause.code === 'stopped') return undefined;
      tries.set(advice.ariId, count);
      logger.debug({ directory, reason: String(cause) }, 'no renewal information');
      return heedFailure(advice, cause, count, now());
    }
  };
  const tell = ({ spec }: StoredCertificate, before: RenewalAdvice, after: RenewalAdvice): void => {
    if (before.window?.selected === after.window?.selected) return;
    if (isMoved(before.window, after.window, now())) {
      const { start, selected, explanationUrl } = after.window!;
      const times = { windowStart: new Date(start).toISOString(), renewAt: new Date(selected).toISOString() };
      logger.warn(
        { event: 'ari.changed', names: spec.names, directory: spec.directory, ...times, explanationUrl },
        'the CA moved the renewal of a certificate',
      );
    }
    options.onChange();
  };
  const run = async (certificates: readonly StoredCertificate[]): Promise<void> => {
    const due = certificates.filter(isDue);
    const next = async (): Promise<void> => {
      for (let stored = due.shift(); stored !== undefined && !stopping.signal.aborted; stored = due.shift()) {
        await askOne(stored).catch((cause: unknown) => {
          logger.error({ reason: String(cause) }, 'renewal information not understood');
        });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
  };
  return {
    ask: (certificates) => {
      round ??= run(certificates).finally(() => (round = undefined));
      return round;
    },
    stop: async () => {
      stopping.abort();
      await round;
    },
  };
}
