import { describe, expect, test } from 'vitest';
import type { Failure } from '../../../src/acme/failure.ts';
import { limitUntil, nextAttemptAt, recordFailure, type Validity } from '../../../src/acme/schedule.ts';
import type { AttemptRecord, FailureClass } from '../../../src/certs/store-records.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 5, 1);

function failure(kind: FailureClass, retryAt?: number): Failure {
  return { class: kind, type: 't', detail: 'd', hint: 'h', retryAt, scope: 'spec', names: [] };
}

/** Waits after each of a row of failures; each attempt is made when its time has come. */
function waits(
  list: readonly Failure[],
  options: { random?: number; current?: Validity | undefined } = {},
): readonly number[] {
  let record: AttemptRecord | undefined;
  let now = NOW;
  return list.map((entry) => {
    record = recordFailure(record, entry, { now, random: options.random ?? 0.5, current: options.current });
    const wait = record.nextAt - now;
    now = record.nextAt;
    return wait;
  });
}

const row = (kind: FailureClass, count: number): readonly Failure[] =>
  Array.from({ length: count }, () => failure(kind));

describe('waits without jitter', () => {
  test.for([
    {
      name: 'transient',
      list: row('transient', 10),
      expected: [0.5, 1, 2, 4, 8, 15, 30, 60, 60, 60].map((value) => value * MINUTE),
    },
    {
      name: 'validation',
      list: row('validation', 12),
      expected: [1, 5, 10, 20, 40, 80, 160, 300, 600, 1200, 1440, 1440].map((value) => value * MINUTE),
    },
    { name: 'config', list: row('config', 2), expected: [DAY, DAY] },
    { name: 'store', list: row('store', 3), expected: [MINUTE, MINUTE, MINUTE] },
    { name: 'dns', list: row('dns', 8), expected: [1, 2, 5, 10, 20, 40, 60, 60].map((value) => value * MINUTE) },
    {
      name: 'a limit without a time',
      list: row('rate-limited', 7),
      expected: [1, 2, 4, 8, 16, 24, 24].map((hours) => Math.round(hours * HOUR * 1.05)),
    },
  ])('$name', ({ list, expected }) => {
    expect(waits(list)).toEqual(expected);
  });
});

test.for([
  { name: 'transient', kind: 'transient' as const, low: 15_000, high: 45_000 },
  { name: 'validation', kind: 'validation' as const, low: 48_000, high: 72_000 },
  { name: 'config', kind: 'config' as const, low: 0.8 * DAY, high: 1.2 * DAY },
])('jitter of $name', ({ kind, low, high }) => {
  expect(waits([failure(kind)], { random: 0 })[0]).toBe(low);
  expect(waits([failure(kind)], { random: 0.999_999 })[0]).toBeCloseTo(high, -3);
});

test('at most five validations fail in the first hour, whatever the jitter', () => {
  let at = 0;
  const times = waits(row('validation', 8), { random: 0 }).map((wait) => (at += wait));
  expect(times.filter((time) => time < HOUR).length + 1).toBeLessThanOrEqual(6);
});

describe('the time the CA gave', () => {
  test.for([
    { name: 'is kept', retryAt: NOW + HOUR, random: 0, wait: HOUR },
    { name: 'gets up to a tenth on top', retryAt: NOW + HOUR, random: 1, wait: 66 * MINUTE },
    { name: 'in the past means our own pace', retryAt: NOW - HOUR, random: 0.5, wait: 30_000 },
    { name: 'beyond reason is cut', retryAt: NOW + 4000 * DAY, random: 0, wait: 8 * DAY },
  ])('$name', ({ retryAt, random, wait }) => {
    expect(waits([failure('rate-limited', retryAt)], { random })).toEqual([wait]);
  });

  test('that is always past does not make us come back ever so soon', () => {
    expect(waits(Array.from({ length: 8 }, () => failure('rate-limited', 0)))).toEqual(
      [0.5, 1, 2, 4, 8, 15, 15, 15].map((value) => value * MINUTE),
    );
  });

  test('of a server error is kept when it is longer than our own', () => {
    expect(waits([failure('transient', NOW + HOUR)])).toEqual([HOUR]);
    expect(waits([failure('transient', NOW + 1000)])).toEqual([30_000]);
  });
});

describe('a certificate that still serves', () => {
  const fresh = { notBefore: NOW - 10 * DAY, notAfter: NOW + 80 * DAY };
  const late = { notBefore: NOW - 80 * DAY, notAfter: NOW + 10 * DAY };
  const last = { notBefore: NOW - 90 * DAY, notAfter: NOW + 2 * HOUR };
  test.for([
    { name: 'lets transient waits grow to three hours', kind: 'transient', current: fresh, count: 9, wait: 3 * HOUR },
    { name: 'does not in its last sixth', kind: 'transient', current: late, count: 9, wait: HOUR },
    { name: 'caps validation at a tenth of what is left', kind: 'validation', current: late, count: 12, wait: DAY },
    { name: 'but not below an hour', kind: 'validation', current: last, count: 12, wait: HOUR },
    { name: 'nor above a day', kind: 'validation', current: fresh, count: 12, wait: DAY },
  ] as const)('$name', ({ kind, current, count, wait }) => {
    let record: AttemptRecord | undefined;
    for (let index = 0; index < count; index += 1) {
      record = recordFailure(record, failure(kind), { now: NOW, random: 0.5, current });
    }
    expect(record!.nextAt - NOW).toBe(wait);
  });
});

test('another class starts its own row, but validations keep counting', () => {
  const list = [
    failure('validation'),
    failure('transient'),
    failure('validation'),
    failure('transient'),
    failure('validation'),
  ];
  expect(waits(list)).toEqual([MINUTE, 30_000, 5 * MINUTE, 30_000, 10 * MINUTE]);
});

test('the record holds the row', () => {
  const first = recordFailure(undefined, failure('transient'), { now: NOW, random: 0.5, current: undefined });
  const second = recordFailure(first, failure('transient'), { now: NOW + 5, random: 0.5, current: undefined });
  expect(second).toEqual({
    failures: 2,
    validations: 0,
    class: 'transient',
    since: NOW,
    lastAt: NOW + 5,
    nextAt: NOW + 5 + MINUTE,
    error: { type: 't', detail: 'd', hint: 'h' },
  });
  const other = recordFailure(second, failure('config'), { now: NOW + 9, random: 0.5, current: undefined });
  expect(other).toMatchObject({ failures: 1, class: 'config', since: NOW + 9 });
});

describe('the next attempt', () => {
  const record = (kind: FailureClass): AttemptRecord => ({
    failures: 9,
    validations: 9,
    class: kind,
    since: NOW - DAY,
    lastAt: NOW,
    nextAt: NOW + DAY,
    error: { type: '', detail: '', hint: '' },
  });
  test.for([
    { name: 'is at its time', kind: 'validation', now: NOW, isEmergency: false, at: NOW + DAY },
    { name: 'is within the hour when time is short', kind: 'validation', now: NOW, isEmergency: true, at: NOW + HOUR },
    { name: 'is never before the time of a limit', kind: 'rate-limited', now: NOW, isEmergency: true, at: NOW + DAY },
    {
      name: 'is now, if the record is from the future',
      kind: 'config',
      now: NOW - DAY,
      isEmergency: false,
      at: NOW - DAY,
    },
    {
      name: 'is not moved by a clock a little behind',
      kind: 'config',
      now: NOW - 1000,
      isEmergency: false,
      at: NOW + DAY,
    },
  ] as const)('$name', ({ kind, now, isEmergency, at }) => {
    expect(nextAttemptAt(record(kind), { now, isEmergency })).toBe(at);
  });
});

test.for([
  { name: 'that is not over holds', until: NOW + HOUR, limit: NOW + HOUR },
  { name: 'that is over is none', until: NOW - 1, limit: undefined },
  { name: 'of a week holds', until: NOW + 8 * DAY, limit: NOW + 8 * DAY },
  { name: 'that was noted under a clock far ahead is none', until: NOW + 300 * DAY, limit: undefined },
])('a limit of a CA $name', ({ until, limit }) => {
  expect(limitUntil({ until, detail: '' }, NOW)).toBe(limit);
});

test('without a limit there is none', () => {
  expect(limitUntil(undefined, NOW)).toBeUndefined();
});
