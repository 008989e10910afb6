import type { AttemptRecord, FailureClass, ParkedRecord } from '../certs/store-records.ts';
import { backoffDelay, type BackoffSchedule } from '../lib/backoff.ts';
import type { Failure } from './failure.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** No limit of a CA is longer than a week; a time beyond that is a mistake and would silence a name for good. */
const MAX_CA_WAIT_MS = 8 * DAY_MS;
/** More than clocks differ by themselves. */
const CLOCK_ERROR_MS = 5 * MINUTE_MS;

const minutes = (list: readonly number[]): readonly number[] => list.map((value) => value * MINUTE_MS);

const TRANSIENT: BackoffSchedule = {
  stepsMs: minutes([0.5, 1, 2, 4, 8, 15, 30, 60]),
  capMs: HOUR_MS,
  jitter: [0.5, 1.5],
};
/** At most five failures in the first hour, the limit of Let's Encrypt; a day at last, which never pauses a name. */
const VALIDATION: BackoffSchedule = {
  stepsMs: minutes([1, 5, 10, 20, 40, 80, 160, 300, 600, 1200]),
  capMs: DAY_MS,
  jitter: [0.8, 1.2],
};
const CONFIG: BackoffSchedule = { stepsMs: [], capMs: DAY_MS, jitter: [0.8, 1.2] };
const LIMIT_WITHOUT_TIME: BackoffSchedule = {
  stepsMs: [1, 2, 4, 8, 16].map((hours) => hours * HOUR_MS),
  capMs: DAY_MS,
  jitter: [1, 1.1],
};
/** What the CA's own time must not be under: one that is always past would let us come back without end. */
const LIMIT_FLOOR: BackoffSchedule = {
  stepsMs: minutes([0.5, 1, 2, 4, 8]),
  capMs: 15 * MINUTE_MS,
  jitter: [1, 1],
};
const STORE: BackoffSchedule = { stepsMs: [], capMs: MINUTE_MS, jitter: [1, 1] };

/** Costs the CA nothing (acme.md 13.1). */
const WITHOUT_ADDRESS: BackoffSchedule = {
  stepsMs: minutes([1, 2, 5, 10, 20, 40]),
  capMs: HOUR_MS,
  jitter: [0.8, 1.2],
};

/** Dates of the certificate in use, Unix milliseconds. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/**
 * The record after one more failure. `current` is the certificate that still serves, if any: it gives a renewal time, and
 * shortens its waits toward the end (acme.md 6). `random` is in [0, 1).
 */
export function recordFailure(
  previous: AttemptRecord | undefined,
  failure: Failure,
  context: { readonly now: number; readonly random: number; readonly current: Validity | undefined },
): AttemptRecord {
  const { now } = context;
  const isSameClass = previous?.class === failure.class;
  const failures = isSameClass ? previous.failures + 1 : 1;
  // Failures of another class in between must not make validation start over: five in an hour are too many.
  const validations = (previous?.validations ?? 0) + (failure.class === 'validation' ? 1 : 0);
  const count = failure.class === 'validation' ? validations : failures;
  return {
    failures,
    validations,
    class: failure.class,
    since: isSameClass ? previous.since : now,
    lastAt: now,
    nextAt: now + waitMs(failure, count, context),
    error: { type: failure.type, detail: failure.detail, hint: failure.hint },
  };
}

/**
 * When the next attempt may be made. Close to expiry a wait for the user is cut to an hour; the CA's own time is never
 * cut. A record from the future was written under a wrong clock and holds nothing back.
 */
export function nextAttemptAt(
  record: AttemptRecord,
  context: { readonly now: number; readonly isEmergency: boolean },
): number {
  if (record.lastAt > context.now + CLOCK_ERROR_MS) return context.now;
  const isCut = context.isEmergency && record.class === 'validation';
  return isCut ? Math.min(record.nextAt, record.lastAt + HOUR_MS) : record.nextAt;
}

/** Until when a CA takes no orders; undefined: it takes some. One that is too far off was noted under a wrong clock. */
export function limitUntil(parked: ParkedRecord | undefined, now: number): number | undefined {
  if (parked === undefined || parked.until <= now) return undefined;
  return parked.until - now > 1.1 * MAX_CA_WAIT_MS + CLOCK_ERROR_MS ? undefined : parked.until;
}

function waitMs(
  failure: Failure,
  count: number,
  { now, random, current }: { readonly now: number; readonly random: number; readonly current: Validity | undefined },
): number {
  const asked = failure.retryAt === undefined ? undefined : Math.min(failure.retryAt - now, MAX_CA_WAIT_MS);
  if (failure.class === 'rate-limited' && asked !== undefined)
    return Math.max(Math.round(asked * (1 + random / 10)), backoffDelay(LIMIT_FLOOR, count, random));
  const schedules: Readonly<Record<FailureClass, BackoffSchedule>> = {
    transient: capTransient(current, now),
    validation: capValidation(current, now),
    'rate-limited': LIMIT_WITHOUT_TIME,
    config: CONFIG,
    store: STORE,
    dns: WITHOUT_ADDRESS,
  };
  return Math.max(backoffDelay(schedules[failure.class], count, random), asked ?? 0);
}

function capTransient(current: Validity | undefined, now: number): BackoffSchedule {
  if (current === undefined) return TRANSIENT;
  const isEarly = current.notAfter - now > (current.notAfter - current.notBefore) / 6;
  return isEarly ? { ...TRANSIENT, capMs: 3 * HOUR_MS } : TRANSIENT;
}

function capValidation(current: Validity | undefined, now: number): BackoffSchedule {
  if (current === undefined) return VALIDATION;
  const capMs = Math.min(Math.max((current.notAfter - now) / 10, HOUR_MS), DAY_MS);
  return { ...VALIDATION, capMs };
}
