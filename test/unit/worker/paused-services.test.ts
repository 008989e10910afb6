import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PausedServices } from '../../../src/worker/paused-services.ts';

let paused: PausedServices;
let changes: number;

const names = () => ['a', 'b'].filter((name) => paused.has(name)).join();

beforeEach(() => {
  vi.useFakeTimers();
  changes = 0;
  paused = new PausedServices(() => void (changes += 1));
});

afterEach(() => {
  vi.useRealTimers();
});

test('each pause ends by itself', () => {
  paused.set([
    ['a', 1000],
    ['b', 2000],
  ]);
  expect([names(), changes]).toEqual(['a,b', 1]);
  vi.advanceTimersByTime(999);
  expect([names(), changes]).toEqual(['a,b', 1]);
  vi.advanceTimersByTime(2);
  expect([names(), changes]).toEqual(['b', 2]);
  vi.advanceTimersByTime(1000);
  expect([names(), changes]).toEqual(['', 3]);
  vi.advanceTimersByTime(100_000);
  expect(changes).toBe(3);
});

test('what is said last holds: longer, or not at all', () => {
  paused.set([['a', 1000]]);
  paused.set([
    ['a', 5000],
    ['b', 500],
  ]);
  vi.advanceTimersByTime(1500);
  expect(names()).toBe('a');
  paused.set([]);
  expect([names(), changes]).toEqual(['', 4]);
});
