import { expect, test } from 'vitest';
import { LeastConnections } from '../../../src/balance/least-connections.ts';
import { release, Service } from '../../../src/balance/service.ts';
import { Weights } from '../../../src/balance/weights.ts';
import { createSharedCounts, SharedCounts } from '../../../src/lib/shared-counts.ts';
import { Upstream } from '../../../src/upstream/upstream.ts';
import { ANYONE, BalanceLab } from '../../support/balance-lab.ts';
import { server } from '../../support/server-config.ts';

test('the one with the fewest in flight', () => {
  const lab = new BalanceLab({ strategy: 'leastconn' }, [1, 1, 1]);
  for (let n = 0; n < 9; n++) lab.lease();
  expect(lab.upstreams.map(({ inFlight }) => inFlight)).toEqual([3, 3, 3]);
  lab.release(1);
  expect(lab.lease()).toBe(1);
  lab.release(2);
  lab.release(2);
  expect([lab.lease(), lab.lease()]).toEqual([2, 2]);
});

test('what is held at once is in proportion to the weights', () => {
  const lab = new BalanceLab({ strategy: 'leastconn' }, [4, 2, 1]);
  for (let n = 0; n < 70; n++) lab.lease();
  expect(lab.upstreams.map(({ inFlight }) => inFlight)).toEqual([40, 20, 10]);
});

test('a slow server gets little', () => {
  const lab = new BalanceLab({ strategy: 'leastconn' }, [1, 1]);
  const slow: number[] = [];
  let fast = 0;
  for (let n = 0; n < 100; n++) {
    const index = lab.lease();
    if (index === 0) slow.push(index);
    else {
      fast += 1;
      lab.release(1);
    }
  }
  expect([slow.length, fast]).toEqual([1, 99]);
});

/** What one worker has: its own upstreams, strategy and part of the counts. */
class TestWorker {
  readonly upstreams: readonly Upstream[];
  private readonly service: Service;

  constructor(memory: SharedArrayBuffer, thread: number, servers: number) {
    const counts = new SharedCounts(memory, thread);
    this.upstreams = Array.from({ length: servers }, (_, index) => new Upstream(server(index + 1)));
    for (const upstream of this.upstreams) {
      upstream.state = 'ready';
      upstream.shareLoad(counts.counterOf([...Buffer.from(upstream.id)]));
    }
    const weights = new Weights(
      this.upstreams.map(() => 1),
      0,
      () => 0,
    );
    this.service = new Service('s', this.upstreams, new LeastConnections(weights), { passHostHeader: true });
  }

  lease(): number {
    return this.upstreams.indexOf(this.service.lease(undefined, ANYONE)!);
  }

  get loads(): readonly number[] {
    return this.upstreams.map(({ load }) => load);
  }
}

test('workers see what the others have in flight', () => {
  const memory = createSharedCounts(2);
  const [a, b] = [new TestWorker(memory, 0, 3), new TestWorker(memory, 1, 3)];
  expect(new Set([a.lease(), b.lease(), a.lease()])).toEqual(new Set([0, 1, 2]));
  expect(b.loads).toEqual([1, 1, 1]);
  release(a.upstreams[0]!);
  expect(b.lease()).toBe(0);
});

test('a worker that dies gives back what it had in flight', () => {
  const memory = createSharedCounts(2);
  const [a, dead] = [new TestWorker(memory, 0, 2), new TestWorker(memory, 1, 2)];
  a.lease();
  for (let n = 0; n < 5; n++) dead.lease();
  expect(a.loads).toEqual([3, 3]);
  const next = new TestWorker(memory, 1, 2);
  expect(a.loads).toEqual([1, 0]);
  expect(next.lease()).toBe(1);
});

test('leases from before the count was shared end in it', () => {
  const counts = new SharedCounts(createSharedCounts(1), 0);
  const upstream = new Upstream(server(1));
  upstream.countLease(1);
  upstream.shareLoad(counts.counterOf([1]));
  upstream.shareLoad(counts.counterOf([2]));
  expect(upstream.load).toBe(1);
  upstream.countLease(1);
  upstream.countLease(-1);
  upstream.countLease(-1);
  expect([upstream.load, upstream.inFlight]).toEqual([0, 0]);
});
