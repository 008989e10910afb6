import { setTimeout as delay } from 'node:timers/promises';
import type { CertificateSpec } from '../certs/certificate-spec.ts';
import type { CertificateStore } from '../certs/store.ts';
import type { ChallengeType } from '../config/static-config.ts';
import type { Logger } from '../observe/logger.ts';
import { OrderError } from './acme-error.ts';
import type { CaSession } from './ca-session.ts';
import type { CertificateBook } from './certificate-book.ts';
import type { ChallengeDesk } from './challenge.ts';
import { classifyFailure, type Failure } from './failure.ts';
import { obtainCertificate } from './order.ts';
import type { RenewalReason } from './plan.ts';
import { predecessorOf } from './predecessor.ts';
import { recordFailure, type Validity } from './schedule.ts';
import { keyOfNames } from './serving.ts';

const ATTEMPT_MS = 600_000;

export interface OrderRunnerOptions {
  readonly book: CertificateBook;
  readonly store: CertificateStore;
  readonly sessionOf: (directory: string) => CaSession;
  readonly desk: ChallengeDesk;
  /** In order of preference. */
  readonly challengeTypes: readonly ChallengeType[];
  readonly now: () => number;
  readonly random: () => number;
  readonly logger: Logger;
  /** An attempt ended, well or not; its outcome is in the book. */
  readonly onDone: () => void;
}

/** Attempts in flight: at most one for each set of names. */
export interface OrderRunner {
  isRunning(names: readonly string[]): boolean;
  count(directory: string): number;
  /** Begins an attempt; returns at once and never fails: a failure becomes a record in the book. */
  start(spec: CertificateSpec, reason: RenewalReason, current: Validity | undefined): void;
  /** Aborts every attempt and waits for its end. Orders stay on disk and are resumed at the next start. */
  stop(): Promise<void>;
}

interface Attempt {
  readonly spec: CertificateSpec;
  readonly reason: RenewalReason;
  readonly current: Validity | undefined;
  readonly abort: AbortController;
}

export function createOrderRunner(options: OrderRunnerOptions): OrderRunner {
  const running = new Map<string, Attempt & { readonly done: Promise<void> }>();
  let isStopping = false;

  const run = async (attempt: Attempt): Promise<void> => {
    const timer = setTimeout(() => {
      attempt.abort.abort(new OrderError('order_slow', 'the attempt took longer than ten minutes'));
    }, ATTEMPT_MS);
    try {
      await obtain(attempt, options);
    } catch (cause) {
      // Not the CA's failure, nor the user's: nothing to remember.
      if (!isStopping) await noteFailure(attempt, cause, options);
    } finally {
      clearTimeout(timer);
      running.delete(keyOfNames(attempt.spec.names));
      if (!isStopping) options.onDone();
    }
  };
  return {
    isRunning: (names) => running.has(keyOfNames(names)),
    count: (directory) => [...running.values()].filter(({ spec }) => spec.directory === directory).length,
    start: (spec, reason, current) => {
      const attempt = { spec, reason, current, abort: new AbortController() };
      // The first step waits for a tick, so that the attempt is in the map before it can end.
      const done = Promise.resolve().then(() => run(attempt));
      running.set(keyOfNames(spec.names), { ...attempt, done });
    },
    stop: async () => {
      isStopping = true;
      for (const { abort } of running.values()) abort.abort(new OrderError('order_slow', 'the router is stopping'));
      await Promise.all([...running.values()].map(({ done }) => done));
    },
  };
}

async function obtain({ spec, reason, abort }: Attempt, options: OrderRunnerOptions): Promise<void> {
  const { book, store, logger, now } = options;
  const fault = await store.probe();
  if (fault !== undefined) throw new OrderError('store', `${fault.message}; ${fault.hint}`);
  logger.info({ names: spec.names, directory: spec.directory, reason }, 'obtaining certificate');
  const startedAt = now();
  const stored = await obtainCertificate(spec, book.get(spec).pending, {
    session: options.sessionOf(spec.directory),
    desk: options.desk,
    choice: { types: options.challengeTypes, turn: book.get(spec).attempt?.validations ?? 0 },
    clock: {
      now,
      random: options.random,
      sleep: (ms) => delay(ms, undefined, { signal: abort.signal }),
      signal: abort.signal,
    },
    logger,
    predecessor: predecessorOf(spec, book, now),
    savePending: (pending) => book.putPending(spec, pending),
  });
  await book.putCertificate(stored);
  const { notAfter, issuer } = stored.certificate;
  logger.info(
    { names: spec.names, issuer, notAfter: new Date(notAfter).toISOString(), tookMs: now() - startedAt },
    'certificate obtained',
  );
}

async function noteFailure(attempt: Attempt, cause: unknown, options: OrderRunnerOptions): Promise<void> {
  const { spec, reason, current } = attempt;
  const { book, now, random, logger } = options;
  const failure = classifyFailure(attempt.abort.signal.aborted ? attempt.abort.signal.reason : cause);
  const record = recordFailure(book.get(spec).attempt, failure, { now: now(), random: random(), current });
  await book.putAttempt(spec, record);
  if (failure.scope === 'ca') {
    await book.park(spec.directory, { until: record.nextAt, detail: failure.detail });
  }
  const fields = {
    names: spec.names,
    directory: spec.directory,
    ...pickFields(failure),
    attempt: record.failures,
    nextAttempt: new Date(record.nextAt).toISOString(),
  };
  if (reason === 'expired' || reason === 'emergency') logger.error(fields, 'certificate not obtained');
  else logger.warn(fields, 'certificate not obtained');
}

function pickFields({ type, detail, hint }: Failure): object {
  return { type, reason: detail, hint };
}
