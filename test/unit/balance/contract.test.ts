import { describe, expect, test } from 'vitest';
import type { BalanceStrategy } from '../../../src/config/dynamic.ts';
import type { ServerState } from '../../../src/protocol.ts';
import { ANYONE, BalanceLab, visitorNumber } from '../../support/balance-lab.ts';
import { Xorshift } from '../../support/random.ts';

const STRATEGIES: readonly BalanceStrategy[] = ['roundrobin', 'leastconn', 'p2c', 'hash', 'leasttime'];
const STATES: readonly ServerState[] = ['starting', 'draining', 'down'];

/** Every strategy over equal servers, over unequal ones and with a slow start. */
const CASES = STRATEGIES.flatMap((strategy) => [
  { strategy, weights: [1, 1, 1], slowStartMs: 0 },
  { strategy, weights: [1, 2, 5], slowStartMs: 0 },
  { strategy, weights: [1, 1, 2], slowStartMs: 60_000 },
]);

describe.for(CASES)('$strategy over $weights, slow start of $slowStartMs ms', ({ strategy, weights, slowStartMs }) => {
  const lab = (list: readonly number[] = weights): BalanceLab => new BalanceLab({ strategy, slowStartMs }, list);

  test.for(STATES)('never takes a server that is %s', (state) => {
    const one = lab();
    one.upstreams[1]!.state = state;
    const counts = one.serve(200);
    expect(counts[1]).toBe(0);
    expect(counts[0]! + counts[2]!).toBe(200);
  });

  test('never takes one that was tried, and finds the last that was not', () => {
    const one = lab();
    for (let n = 0; n < 100; n++) {
      const tried = [n % 3, (n + 1) % 3];
      expect(one.lease(visitorNumber(n), tried)).toBe((n + 2) % 3);
    }
  });

  test('has none when none is left', () => {
    const one = lab();
    expect(one.lease(ANYONE, [0, 1, 2])).toBe(-1);
    one.upstreams[0]!.state = 'down';
    expect(one.lease(ANYONE, [1, 2])).toBe(-1);
    for (const upstream of one.upstreams) upstream.state = 'starting';
    expect(one.lease()).toBe(-1);
    expect(lab([]).lease()).toBe(-1);
  });

  test('goes on when servers come back', () => {
    const one = lab();
    for (const upstream of one.upstreams) upstream.state = 'down';
    one.serve(10);
    one.upstreams[2]!.state = 'ready';
    expect(one.serve(10)).toEqual([0, 0, 10]);
    one.upstreams[0]!.state = 'ready';
    one.upstreams[1]!.state = 'ready';
    expect(Math.min(...one.serve(1000))).toBeGreaterThan(0);
  });

  test('counts each lease once, whatever becomes of the servers', () => {
    const one = lab();
    const lot = new Xorshift(3);
    const held: number[] = [];
    const expected = [0, 0, 0];
    for (let n = 0; n < 2000; n++) {
      one.now += lot.below(5);
      if (lot.below(20) === 0) one.upstreams[lot.below(3)]!.state = lot.below(3) === 0 ? 'down' : 'ready';
      if (lot.below(2) === 0 && held.length > 0) {
        const [index] = held.splice(lot.below(held.length), 1);
        one.release(index!);
        expected[index!]! -= 1;
        continue;
      }
      const ready = one.upstreams.map(({ state }) => state === 'ready');
      const index = one.lease(visitorNumber(n));
      expect(index >= 0 ? ready[index] : !ready.includes(true)).toBe(true);
      if (index < 0) continue;
      held.push(index);
      expected[index]! += 1;
    }
    expect(one.upstreams.map(({ inFlight, load }) => [inFlight, load])).toEqual(expected.map((n) => [n, n]));
  });

  test('keeps to the weights one request at a time, in whatever order the servers are named', () => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const order of [
      [0, 1, 2],
      [2, 0, 1],
      [1, 2, 0],
    ]) {
      const counts = new BalanceLab({ strategy, slowStartMs }, weights, order).serve(8000);
      // Least time goes by times, and all of these are unknown.
      const wanted = strategy === 'leasttime' ? weights.map(() => 8000 / 3) : weights.map((w) => (w / total) * 8000);
      for (const [index, count] of counts.entries()) {
        expect(Math.abs(count - wanted[index]!) / wanted[index]!).toBeLessThan(0.1);
      }
    }
  });

  test('asks nothing of a request but what its key is made of', () => {
    const blind = new Proxy(ANYONE, {
      get: (target, name) => {
        if (strategy === 'hash' && name === 'visitorAddress') return target.visitorAddress;
        throw new Error(`asked for ${String(name)}`);
      },
    });
    expect(lab().lease(blind)).toBeGreaterThanOrEqual(0);
  });
});

test.for(CASES)('$strategy over $weights leaves nothing behind', ({ strategy, weights }) => {
  const one = new BalanceLab({ strategy }, weights);
  const grow = (): number => {
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < 10_000; n++) one.release(one.lease());
    return process.memoryUsage().heapUsed - before;
  };
  // The smallest object for each pick would be 120 kB each time, or far below nothing where a collection falls into it; numbers
  // are boxed only until the code is compiled.
  const rounds = Array.from({ length: 100 }, grow).filter((bytes) => bytes >= 0);
  expect(Math.min(...rounds)).toBeLessThan(60_000);
});

test.for(STRATEGIES)('%s of one server is that server', (strategy) => {
  const one = new BalanceLab({ strategy, slowStartMs: 1000 }, [7]);
  expect(one.serve(10)).toEqual([10]);
  expect(one.service.isTimed).toBe(false);
});
