import type { RenewalAdvice } from '../certs/renewal-record.ts';
import type { StoredCertificate } from '../certs/store-records.ts';
import type { Logger } from '../observe/logger.ts';
import { AcmeProblem, AcmeTransportError } from './acme-error.ts';
import type { CaSession } from './ca-session.ts';
import type { CertificateBook } from './certificate-book.ts';
import { ariIdOf, heedAnswer, heedFailure, isMoved, isPassing } from './renewal-info.ts';

/** For each CA. Half of the connections there: one that hangs must not stand in the way of orders. */
const AT_ONCE = 2;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const MAX_WAIT_MS = 25 * HOUR_MS;

/** Asks the CAs when they want their certificates renewed (RFC 9773, acme.md 7.2). */
export interface RenewalWatch {
  /**
   * Asks about those whose time to ask has come, in the background, the latest issued first and two at once for each CA. A call
   * replaces what is left of the one before.
   */
  ask(certificates: readonly StoredCertificate[]): void;
  /** Asks no more; resolves when nothing is being asked. */
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
  /** CAs without renewal information, and those that cannot answer now: not asked for each certificate. */
  const silentUntil = new Map<string, number>();
  /** Their leaves do not say who signed them. */
  const nameless = new Set<string>();
  const lines = new Map<string, Line>();
  let isStopping = false;

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
      silentUntil.set(directory, now() + 5 * MINUTE_MS);
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
  const silence = (directory: string, cause: unknown): void => {
    const retryAt = cause instanceof AcmeProblem ? (cause.retryAt ?? 0) : 0;
    silentUntil.set(directory, Math.min(Math.max(now() + MINUTE_MS, retryAt), now() + 24 * HOUR_MS));
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
      if (isPassing(cause)) silence(directory, cause);
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
  const work = async (line: Line): Promise<void> => {
    for (let stored = line.waiting.shift(); stored !== undefined; stored = line.waiting.shift()) {
      const { id } = stored.certificate;
      line.asking.add(id);
      await askOne(stored).catch((cause: unknown) => {
        logger.error({ reason: String(cause) }, 'renewal information not understood');
      });
      line.asking.delete(id);
    }
  };
  const start = (line: Line): void => {
    for (let free = Math.min(AT_ONCE - line.workers.size, line.waiting.length); free > 0; free--) {
      const worker = work(line).finally(() => line.workers.delete(worker));
      line.workers.add(worker);
    }
  };
  return {
    ask: (certificates) => {
      if (isStopping) return;
      for (const line of lines.values()) line.waiting = [];
      for (const stored of certificates.filter(isDue).toSorted((a, b) => b.issuedAt - a.issuedAt)) {
        const line = lines.getOrInsertComputed(stored.spec.directory, newLine);
        if (!line.asking.has(stored.certificate.id)) line.waiting.push(stored);
      }
      for (const line of lines.values()) start(line);
    },
    stop: async () => {
      isStopping = true;
      for (const line of lines.values()) line.waiting = [];
      await Promise.all([...lines.values()].flatMap(({ workers }) => [...workers]));
    },
  };
}

/** The questions to one CA. */
interface Line {
  waiting: StoredCertificate[];
  /** Ids of certificates. */
  readonly asking: Set<string>;
  readonly workers: Set<Promise<void>>;
}

function newLine(): Line {
  return { waiting: [], asking: new Set(), workers: new Set() };
}
