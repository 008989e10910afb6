import { expect, test } from 'vitest';
import { BalanceLab } from '../../support/balance-lab.ts';

function lab(weights: readonly number[] = [1, 1, 1]): BalanceLab {
  return new BalanceLab({ strategy: 'leasttime' }, weights);
}

/** The server has taken so long the last hundred times. */
function took(one: BalanceLab, index: number, ms: number, hasFailed = false): void {
  for (let n = 0; n < 100; n++) one.upstreams[index]!.responseTime.add(ms, one.now, hasFailed);
}

test('whoever answers soonest', () => {
  const one = lab();
  for (const [index, ms] of [80, 20, 40].entries()) took(one, index, ms);
  expect(one.serve(10)).toEqual([0, 10, 0]);
});

test('what is in flight counts: a fast server is not buried', () => {
  const one = lab([1, 1]);
  took(one, 0, 10);
  took(one, 1, 40);
  for (let n = 0; n < 50; n++) one.lease();
  expect(one.upstreams.map(({ inFlight }) => inFlight)).toEqual([40, 10]);
});

test('so does the weight', () => {
  const one = lab([1, 3]);
  took(one, 0, 10);
  took(one, 1, 10);
  for (let n = 0; n < 40; n++) one.lease();
  expect(one.upstreams.map(({ inFlight }) => inFlight)).toEqual([10, 30]);
});

test('an unknown one first, but one request at a time until it has answered', () => {
  const one = lab();
  took(one, 0, 10);
  took(one, 1, 30);
  expect([one.lease(), one.lease(), one.lease()]).toEqual([2, 0, 0]);
  one.release(2);
  expect(one.lease()).toBe(2);
});

test('unknown ones take turns, and the idler of them while all are busy', () => {
  const one = lab();
  expect([one.lease(), one.lease(), one.lease()]).toEqual([0, 1, 2]);
  one.lease();
  one.lease();
  one.lease();
  expect(one.upstreams.map(({ inFlight }) => inFlight)).toEqual([2, 2, 2]);
});

test('a slow one is tried again after a time', () => {
  const one = lab([1, 1]);
  took(one, 1, 500);
  const answer = (): number => {
    took(one, 0, 10);
    const index = one.lease();
    one.release(index);
    one.now += 1000;
    return index;
  };
  const first = Array.from({ length: 20 }, answer);
  expect(new Set(first)).toEqual(new Set([0]));
  expect(Array.from({ length: 40 }, answer)).toContain(1);
});

test('a server that refuses at once is not a fast one', () => {
  const one = lab([1, 1]);
  took(one, 0, 0.2, true);
  took(one, 1, 300);
  expect(one.serve(10)).toEqual([0, 10]);
});
