import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  createRefresher,
  LONGEST_PAUSE_MS,
  SHORTEST_PAUSE_MS,
  type Refresher,
} from '../../../../src/provider/docker/refresher.ts';

let costMs: number;
let runs: { readonly begun: number; readonly at: number }[];
let refresher: Refresher;
const now = () => performance.now() - origin;
let origin: number;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  origin = performance.now();
  costMs = 1;
  runs = [];
  refresher = createRefresher({
    now,
    refresh: (at) => {
      runs.push({ begun: now(), at });
      const done = Promise.withResolvers<void>();
      setTimeout(done.resolve, costMs);
      return done.promise;
    },
  });
});

afterEach(() => {
  refresher.stop();
  vi.useRealTimers();
});

const requestAt = async (times: readonly number[]) => {
  for (const time of times) {
    await vi.advanceTimersByTimeAsync(time - now());
    refresher.request(now());
  }
};

describe('refreshing', () => {
  test('the first change after quiet acts in the same moment', async () => {
    await requestAt([0, 1000, 5000]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(runs).toEqual([
      { begun: 0, at: 0 },
      { begun: 1000, at: 1000 },
      { begun: 5000, at: 5000 },
    ]);
  });

  test('a burst is one refresh at once and one for the rest', async () => {
    await requestAt([0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(runs).toEqual([
      { begun: 0, at: 0 },
      { begun: 1 + SHORTEST_PAUSE_MS, at: 0 },
    ]);
  });

  test('a change during a refresh leads to another one, as it may have come too late for the first', async () => {
    costMs = 40;
    await requestAt([0, 39]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(runs).toEqual([
      { begun: 0, at: 0 },
      { begun: 120, at: 39 },
    ]);
  });

  test('a steady stream of changes keeps being served', async () => {
    await requestAt(Array.from({ length: 100 }, (_, index) => index * 5));
    const gaps = runs.slice(1).map((run, index) => run.begun - runs[index]!.begun);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(20);
    expect(runs.length).toBeGreaterThan(25);
  });

  test.for([
    { cost: 0, pause: SHORTEST_PAUSE_MS },
    { cost: 1, pause: SHORTEST_PAUSE_MS },
    { cost: 50, pause: 100 },
    { cost: 200, pause: 400 },
    { cost: 3000, pause: LONGEST_PAUSE_MS },
  ])('after one that cost $cost ms the pause is $pause ms', async ({ cost, pause }) => {
    costMs = cost;
    await requestAt([0, 0]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(runs.map((run) => run.begun)).toEqual([0, cost + pause]);
  });

  test('never two at a time', async () => {
    costMs = 100;
    let running = 0;
    let most = 0;
    const counted = createRefresher({
      now,
      refresh: async () => {
        most = Math.max(most, ++running);
        const done = Promise.withResolvers<void>();
        setTimeout(done.resolve, costMs);
        await done.promise;
        running -= 1;
      },
    });
    for (let time = 0; time < 2000; time += 10) {
      counted.request(now());
      await vi.advanceTimersByTimeAsync(10);
    }
    counted.stop();
    expect(most).toBe(1);
  });
});

describe('after stop', () => {
  test('a waiting change is dropped', async () => {
    await requestAt([0, 1]);
    refresher.stop();
    await vi.advanceTimersByTimeAsync(1000);
    expect(runs).toHaveLength(1);
  });

  test('a change during the last refresh is dropped', async () => {
    costMs = 50;
    await requestAt([0, 10]);
    refresher.stop();
    await vi.advanceTimersByTimeAsync(1000);
    expect(runs).toHaveLength(1);
  });

  test('a new change is dropped', async () => {
    refresher.stop();
    refresher.request(0);
    await vi.advanceTimersByTimeAsync(1000);
    expect(runs).toEqual([]);
  });
});
