import { expect, test } from 'vitest';
import { createTokenBucket } from '../../../src/lib/token-bucket.ts';

function bucketAt(start: number): { at: (ms: number) => void; bucket: ReturnType<typeof createTokenBucket> } {
  let time = start;
  const bucket = createTokenBucket({ burst: 3, perSecond: 0.5, now: () => time });
  return { at: (ms) => (time = ms), bucket };
}

test('a burst goes at once, then one token every two seconds', () => {
  const { at, bucket } = bucketAt(0);
  expect([1, 2, 3, 4].map(() => bucket.tryTake())).toEqual([true, true, true, false]);
  at(1999);
  expect(bucket.tryTake()).toBe(false);
  at(2000);
  expect([bucket.tryTake(), bucket.tryTake()]).toEqual([true, false]);
});

test('a long quiet time fills no more than the burst', () => {
  const { at, bucket } = bucketAt(0);
  at(3_600_000);
  expect([1, 2, 3, 4].map(() => bucket.tryTake())).toEqual([true, true, true, false]);
});

test('borrowed tokens line up behind one another', () => {
  const { at, bucket } = bucketAt(0);
  expect([1, 2, 3, 4, 5].map(() => bucket.take())).toEqual([0, 0, 0, 2000, 4000]);
  at(4000);
  expect(bucket.take()).toBe(2000);
});

test('a clock that steps back gives nothing away and does not stall for good', () => {
  const { at, bucket } = bucketAt(100_000);
  expect([1, 2, 3].map(() => bucket.tryTake())).toEqual([true, true, true]);
  at(0);
  expect(bucket.tryTake()).toBe(false);
  at(2000);
  expect(bucket.tryTake()).toBe(true);
});

test('a reserve is left to others', () => {
  let now = 0;
  const bucket = createTokenBucket({ burst: 4, perSecond: 1, now: () => now });
  expect([bucket.tryTake(2), bucket.tryTake(2), bucket.tryTake(2), bucket.tryTake()]).toEqual([
    true,
    true,
    false,
    true,
  ]);
  now = 2000;
  expect([bucket.tryTake(2), bucket.tryTake(2)]).toEqual([true, false]);
});
