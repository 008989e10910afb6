import { expect, test } from 'vitest';
import { ResponseTime } from '../../../src/upstream/response-time.ts';

function after(...samples: readonly (readonly [ms: number, now: number, hasFailed?: boolean])[]): ResponseTime {
  const time = new ResponseTime();
  for (const [ms, now, hasFailed = false] of samples) time.add(ms, now, hasFailed);
  return time;
}

test('nothing is known at first', () => {
  expect([after().isKnown, after().at(5)]).toEqual([false, 0]);
});

test('the first answer counts wholly', () => {
  expect(after([40, 1000]).at(1000)).toBe(40);
});

test('many answers at once replace the first, which was a slow one', () => {
  const many = Array.from({ length: 200 }, () => [10, 1001] as const);
  expect(after([2000, 1000], ...many).at(1001)).toBeLessThan(20);
});

test('after a pause an answer counts nearly wholly', () => {
  expect(after([2000, 0], [10, 100_000]).at(100_000)).toBeCloseTo(10, 0);
});

test('it fades while nobody asks', () => {
  const time = after([100, 0]);
  const seen = [0, 5000, 10_000, 60_000].map((now) => time.at(now));
  expect(seen[2]).toBeCloseTo(100 / Math.E, 5);
  expect(seen).toEqual(seen.toSorted((left, right) => right - left));
  expect(seen[3]).toBeLessThan(1);
});

test('a failure counts as a second at least', () => {
  expect([after([0.1, 0, true]).at(0), after([5000, 0, true]).at(0)]).toEqual([1000, 5000]);
});
