import type { CertificateSpec } from '../certs/certificate-spec.ts';
import { OrderError } from './acme-error.ts';
import type { RenewalReason } from './plan.ts';
import { runAttempt, type Attempt, type AttemptParts } from './run-attempt.ts';
import type { Validity } from './schedule.ts';
import { keyOfNames } from './serving.ts';

const ATTEMPT_MS = 600_000;

export interface OrderRunnerOptions extends AttemptParts {
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

interface Running {
  readonly attempt: Attempt;
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

export function createOrderRunner(options: OrderRunnerOptions): OrderRunner {
  const running = new Map<string, Running>();
  let isStopping = false;

  const run = async (attempt: Attempt, abort: AbortController): Promise<void> => {
    const timer = setTimeout(() => {
      abort.abort(new OrderError('order_slow', 'the attempt took longer than ten minutes'));
    }, ATTEMPT_MS);
    try {
      await runAttempt(attempt, options, () => isStopping);
    } finally {
      clearTimeout(timer);
      running.delete(keyOfNames(attempt.spec.names));
      if (!isStopping) options.onDone();
    }
  };
  return {
    isRunning: (names) => running.has(keyOfNames(names)),
    count: (directory) => [...running.values()].filter(({ attempt }) => attempt.spec.directory === directory).length,
    start: (spec, reason, current) => {
      const abort = new AbortController();
      const attempt = { spec, reason, current, signal: abort.signal };
      // The first step waits for a tick, so that the attempt is in the map before it can end.
      const done = Promise.resolve().then(() => run(attempt, abort));
      running.set(keyOfNames(spec.names), { attempt, abort, done });
    },
    stop: async () => {
      isStopping = true;
      for (const { abort } of running.values()) abort.abort(new OrderError('order_slow', 'the router is stopping'));
      await Promise.all([...running.values()].map(({ done }) => done));
    },
  };
}
