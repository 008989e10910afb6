import { expect, test } from 'vitest';
import type { BalanceStrategy } from '../../../src/config/dynamic.ts';
import { UpstreamRegistry } from '../../../src/upstream/registry.ts';
import { BalanceLab } from '../../support/balance-lab.ts';
import { server } from '../../support/server-config.ts';

const BY_WEIGHT: readonly BalanceStrategy[] = ['roundrobin', 'leastconn', 'p2c', 'hash'];

test.for(BY_WEIGHT)('%s: a tenth at first, half of its weight in half of the time, then all of it', (strategy) => {
  const lab = new BalanceLab({ strategy, slowStartMs: 60_000 }, [1, 1]);
  lab.upstreams[1]!.readySince = lab.now;
  for (const [ageMs, weight] of [
    [0, 0.1],
    [3000, 0.1],
    [30_000, 0.5],
    [60_000, 1],
    [600_000, 1],
  ] as const) {
    lab.now = lab.upstreams[1]!.readySince + ageMs;
    const share = lab.serve(6000)[1]! / 6000;
    expect(Math.abs(share - weight / (1 + weight))).toBeLessThan(0.03);
  }
});

test('least time: the slow start makes it seem slower', () => {
  const lab = new BalanceLab({ strategy: 'leasttime', slowStartMs: 60_000 }, [1, 1]);
  lab.upstreams[1]!.readySince = lab.now;
  lab.upstreams[0]!.responseTime.add(10, lab.now, false);
  lab.upstreams[1]!.responseTime.add(9, lab.now, false);
  expect(lab.serve(5)).toEqual([5, 0]);
  lab.upstreams[1]!.readySince = -Infinity;
  expect(lab.serve(5)).toEqual([0, 5]);
});

test('without it a new server has its whole share at once', () => {
  const lab = new BalanceLab({ strategy: 'roundrobin' }, [1, 3]);
  lab.upstreams[1]!.readySince = lab.now;
  expect(lab.serve(40)).toEqual([10, 30]);
});

test('a server is new when it becomes ready, and not when it is said to be ready again', () => {
  let now = 10;
  const registry = new UpstreamRegistry(() => now);
  const config = server(1);
  registry.setState(config.id, 'ready');
  now = 20;
  const upstream = registry.get(config);
  expect(upstream.readySince).toBe(10);
  registry.setState(config.id, 'ready');
  expect(upstream.readySince).toBe(10);
  registry.setState(config.id, 'draining');
  now = 30;
  registry.setState(config.id, 'ready');
  expect(upstream.readySince).toBe(30);
  expect(registry.get(server(1, { scheme: 'https' })).readySince).toBe(30);
});
