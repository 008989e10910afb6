import { describe, expect, test } from 'vitest';
import { MemoryWatch, residentBytes } from '../../../src/worker/memory-watch.ts';

/** Looks once for each pair of used memory and idleness, with a bound of 1000. */
function look(...steps: readonly (readonly [used: number, isIdle: boolean])[]): boolean[] {
  let used = 0;
  const watch = new MemoryWatch(1000, () => used);
  return steps.map(([now, isIdle]) => {
    used = now;
    return watch.look(isIdle);
  });
}

describe('under load', () => {
  test.for<{ used: number[]; over: boolean[] }>([
    { used: [500, 800, 900], over: [false, false, false] },
    { used: [901, 2000], over: [true, true] },
    { used: [901, 899, 800, 799, 900], over: [true, true, true, false, false] },
    { used: [950, 799, 901], over: [true, false, true] },
  ])('memory of $used of 1000', ({ used, over }) => {
    expect(look(...used.map((now) => [now, false] as const))).toEqual(over);
  });
});

describe('memory that stays when nothing runs any more', () => {
  test('does not end the service: work is taken again until half of what is left is used too', () => {
    expect(look([920, false], [920, true], [920, false], [960, false], [961, false])).toEqual([
      true,
      false,
      false,
      false,
      true,
    ]);
  });

  test('above the bound, too', () => {
    expect(look([1100, false], [1100, true], [1100, false], [1101, false])).toEqual([true, false, true, true]);
    expect(look([3000, false], [3000, true], [1001, false])).toEqual([true, false, true]);
  });

  test('nor does one request without end, while memory does not fall', () => {
    const steps = Array.from({ length: 12 }, () => [920, false] as const);
    expect(look(...steps).indexOf(false)).toBe(10);
  });

  test('while it falls, shedding goes on', () => {
    const steps = Array.from({ length: 9 }, (_, i) => [990 - 20 * i, false] as const);
    expect(look(...steps.flatMap((step) => [step, step, step])).every(Boolean)).toBe(true);
  });

  test('the first limit holds again once memory was given back', () => {
    expect(look([920, false], [920, true], [700, false], [901, false])).toEqual([true, false, false, true]);
  });

  test('an idle process that is over its limit sheds for one look at least', () => {
    expect(look([950, true], [950, true])).toEqual([true, false]);
  });
});

test('what cannot be read changes nothing', () => {
  let used: number | undefined = 950;
  const watch = new MemoryWatch(1000, () => used);
  expect(watch.look(false)).toBe(true);
  used = undefined;
  expect([watch.look(false), watch.look(true), watch.used]).toEqual([true, true, 950]);
});

test('the memory of this process can be read', () => {
  expect(residentBytes()).toBeGreaterThan(1_000_000);
});

test('without a bound nothing is shed', () => {
  const watch = new MemoryWatch(Infinity, () => 1e15);
  expect(watch.look(false)).toBe(false);
});
