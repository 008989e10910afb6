import { expect, test } from 'vitest';
import { createSharedCounts, SharedCounts } from '../../../src/lib/shared-counts.ts';

const KEY = [192, 0, 2, 1];
const OTHER = [192, 0, 2, 2];

test('threads see the sum of all', () => {
  const memory = createSharedCounts(3);
  const [a, b, reader] = [new SharedCounts(memory, 0), new SharedCounts(memory, 1), new SharedCounts(memory, 2)];
  a.add();
  a.add();
  b.add();
  a.addKey(KEY);
  b.addKey(KEY);
  b.addKey(KEY);
  expect([a.total, b.total, reader.total]).toEqual([3, 3, 3]);
  expect([a.of(KEY), b.of(KEY), reader.of(KEY), reader.of(OTHER)]).toEqual([3, 3, 3, 0]);
  b.remove();
  b.removeKey(KEY);
  expect([reader.total, reader.of(KEY)]).toEqual([2, 2]);
});

test('a thread that takes over a part begins at zero, the others keep theirs', () => {
  const memory = createSharedCounts(2);
  const [dead, alive] = [new SharedCounts(memory, 0), new SharedCounts(memory, 1)];
  for (const counts of [dead, alive]) {
    counts.add();
    counts.addKey(KEY);
  }
  const next = new SharedCounts(memory, 0);
  expect([next.total, alive.total, alive.of(KEY)]).toEqual([1, 1, 1]);
});

test('a count is never too low, hardly ever too high, and all of them come back to zero', () => {
  const counts = new SharedCounts(createSharedCounts(1), 0);
  const keys = Array.from({ length: 20_000 }, (_, i) => [10, i >> 16, (i >> 8) & 255, i & 255]);
  for (const key of keys) counts.addKey(key);
  const seen = keys.map((key) => counts.of(key));
  expect(Math.min(...seen)).toBe(1);
  // Both slots are shared by chance in a fifth of the cases with so many; a key that is counted thrice too often has bad luck.
  expect(seen.filter((count) => count > 1).length / keys.length).toBeLessThan(0.35);
  expect(Math.max(...seen)).toBeLessThan(10);
  for (const key of keys) counts.removeKey(key);
  expect(keys.every((key) => counts.of(key) === 0)).toBe(true);
});

test('IPv6 networks that differ in their last byte only have counts of their own', () => {
  const counts = new SharedCounts(createSharedCounts(1), 0);
  const network = (last: number): number[] => [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, last];
  for (let i = 0; i < 5; i++) counts.addKey(network(1));
  const others = Array.from({ length: 200 }, (_, i) => counts.of(network(i + 2)));
  expect([counts.of(network(1)), others.filter((count) => count > 0).length]).toEqual([5, 0]);
});
