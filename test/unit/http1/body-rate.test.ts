import { expect, test } from 'vitest';
import { BodyRate } from '../../../src/http1/body-rate.ts';

/** Pieces as `[seconds, bytes]`; the result is the second in which the client was found too slow (T6). */
function tooSlowAt(pieces: readonly (readonly [number, number])[], bytesPerSecond = 500): number | undefined {
  const rate = new BodyRate();
  for (const [seconds, bytes] of pieces) {
    if (!rate.allows(bytes, (seconds + 1) * 1000, bytesPerSecond)) return seconds;
  }
  return undefined;
}

const every = (seconds: number, bytes: number, until: number): [number, number][] =>
  Array.from({ length: Math.floor(until / seconds) + 1 }, (_, i) => [i * seconds, bytes]);

test.for([
  ['a byte a second', every(1, 1, 60), 11],
  ['a byte every ten seconds', every(10, 1, 60), 20],
  ['499 bytes a second', every(1, 454, 60), 11],
  ['500 bytes a second', every(1, 500, 600), undefined],
  [
    'fast, then a byte a second',
    [...every(1, 10_000, 20), ...every(1, 1, 60).map(([s, n]) => [s + 21, n] as const)],
    33,
  ],
  ['slow for ten seconds only', [...every(1, 1, 10)], undefined],
  [
    'all at once, then one byte after a minute',
    [
      [0, 1_000_000],
      [60, 1],
    ] as const,
    undefined,
  ],
] as const)('%s', ([, pieces, expected]) => {
  expect(tooSlowAt(pieces)).toBe(expected);
});

test('no minimum when it is 0', () => {
  expect(tooSlowAt(every(1, 1, 600), 0)).toBeUndefined();
});

test('time in which the client was kept waiting does not count', () => {
  const rate = new BodyRate();
  expect(rate.allows(1, 1000, 500)).toBe(true);
  rate.restart();
  expect(rate.allows(1, 100_000, 500)).toBe(true);
  expect(rate.allows(1, 105_000, 500)).toBe(true);
  expect(rate.allows(1, 112_000, 500)).toBe(false);
});
