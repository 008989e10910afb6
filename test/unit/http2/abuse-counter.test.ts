import { expect, test } from 'vitest';
import { AbuseCounter } from '../../../src/http2/abuse-counter.ts';

/** How many of those that come at these times pass before one is too much. */
function passed(times: readonly number[]): number {
  const counter = new AbuseCounter(100, 1000);
  const at = times.findIndex((time) => counter.isTooMuch(time));
  return at < 0 ? times.length : at;
}

const many = (count: number, at: (n: number) => number): readonly number[] =>
  Array.from({ length: count }, (_, n) => at(n));

test.for<[what: string, times: readonly number[], count: number]>([
  ['all at once', many(200, () => 5000), 100],
  ['all at once, at the beginning of its clock', many(200, () => 0), 100],
  ['as often as may be, for long', many(5000, (n) => n * 10.2), 5000],
  ['a little more often than may be', many(5000, (n) => n * 9), 100],
  ['at the end of a span and the beginning of the next', [5000, ...many(99, () => 5990), ...many(99, () => 6001)], 100],
  ['a burst after each long silence', many(500, (n) => Math.floor(n / 100) * 2001), 500],
])('%s', ([, times, count]) => {
  expect(Math.abs(passed(times) - count)).toBeLessThanOrEqual(count === times.length ? 0 : 2);
});
