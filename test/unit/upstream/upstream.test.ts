import { describe, expect, test } from 'vitest';
import { RoundRobin } from '../../../src/balance/round-robin.ts';
import { release, Service } from '../../../src/balance/service.ts';
import { DEFAULT_TRANSPORT } from '../../../src/config/default-transport.ts';
import type { TransportConfig } from '../../../src/config/dynamic.ts';
import { BufferPool } from '../../../src/upstream/buffer-pool.ts';
import { UpstreamRegistry } from '../../../src/upstream/registry.ts';
import { Upstream } from '../../../src/upstream/upstream.ts';
import { ANYONE } from '../../support/balance-lab.ts';
import { server } from '../../support/server-config.ts';

class FakeConnection {
  isClosed = false;
  close(): void {
    this.isClosed = true;
  }
}

function ready(port = 1): Upstream<FakeConnection> {
  const upstream = new Upstream<FakeConnection>(server(port));
  upstream.state = 'ready';
  return upstream;
}

describe('pool', () => {
  test('gives the most recently used connection first', () => {
    const upstream = ready();
    const [a, b] = [new FakeConnection(), new FakeConnection()];
    upstream.put(a);
    upstream.put(b);
    expect([upstream.take(), upstream.take(), upstream.take()]).toEqual([b, a, undefined]);
  });

  test('is bounded (T16)', () => {
    const upstream = ready();
    const kept = Array.from({ length: 210 }, () => upstream.put(new FakeConnection())).filter(Boolean);
    expect([kept.length, upstream.idleCount]).toEqual([200, 200]);
  });

  test('has the bound of its transport', () => {
    const upstream = new Upstream<FakeConnection>(server(1), { ...DEFAULT_TRANSPORT, maxIdle: 0 });
    upstream.state = 'ready';
    expect(upstream.put(new FakeConnection())).toBe(false);
  });

  test.for(['starting', 'draining', 'down'] as const)('takes nothing back while %s', (state) => {
    const upstream = ready();
    upstream.state = state;
    expect(upstream.put(new FakeConnection())).toBe(false);
  });

  test('forgets a connection that died', () => {
    const upstream = ready();
    const [a, b] = [new FakeConnection(), new FakeConnection()];
    upstream.put(a);
    upstream.put(b);
    upstream.remove(b);
    upstream.remove(b);
    expect([upstream.take(), upstream.take()]).toEqual([a, undefined]);
  });

  test('writes IPv6 addresses in brackets', () => {
    expect(new Upstream(server(80, { host: 'fd00::1' })).authority).toBe('[fd00::1]:80');
  });
});

describe('registry', () => {
  test('keeps an upstream over snapshots and closes idle connections when it drains', () => {
    const registry = new UpstreamRegistry<FakeConnection>();
    registry.setState('c/127.0.0.1:1', 'ready');
    const upstream = registry.get(server(1));
    const idle = new FakeConnection();
    upstream.put(idle);
    expect(registry.get(server(1))).toBe(upstream);
    registry.setState('c/127.0.0.1:1', 'draining');
    expect([upstream.state, idle.isClosed]).toEqual(['draining', true]);
  });

  test('drops what no snapshot names; a lease still ends well', () => {
    const registry = new UpstreamRegistry<FakeConnection>();
    registry.setState('c/127.0.0.1:1', 'ready');
    const upstream = registry.get(server(1));
    const service = new Service('s', [upstream], new RoundRobin(), { passHostHeader: true });
    const lease = service.lease(undefined, ANYONE)!;
    registry.retain(new Set());
    expect(service.lease(undefined, ANYONE)).toBeUndefined();
    release(lease);
    expect(upstream.inFlight).toBe(0);
    expect(registry.get(server(1))).not.toBe(upstream);
  });

  test('what is told of a server is kept until it is forgotten, whichever snapshots name it meanwhile', () => {
    const registry = new UpstreamRegistry<FakeConnection>();
    registry.setState('c/127.0.0.1:1', 'ready');
    registry.retain(new Set());
    expect(registry.get(server(1)).state).toBe('ready');
    registry.retain(new Set());
    registry.forgetState('c/127.0.0.1:1');
    expect(registry.get(server(1)).state).toBe('starting');
  });

  test('another scheme is another upstream (B13); both follow the state of their server', () => {
    const registry = new UpstreamRegistry<FakeConnection>();
    const [plain, secure] = [registry.get(server(1)), registry.get(server(1, { scheme: 'https' }))];
    expect(secure).not.toBe(plain);
    expect(registry.get(server(1))).toBe(plain);
    for (const state of ['ready', 'draining'] as const) {
      registry.setState('c/127.0.0.1:1', state);
      expect([plain.state, secure.state]).toEqual([state, state]);
    }
  });

  test('a scheme that is no longer named goes, its server stays', () => {
    const registry = new UpstreamRegistry<FakeConnection>();
    registry.setState('c/127.0.0.1:1', 'ready');
    const [plain, secure] = [registry.get(server(1)), registry.get(server(1, { scheme: 'https' }))];
    registry.retain(new Set([plain]));
    expect([plain.state, secure.state]).toEqual(['ready', 'down']);
    expect(registry.get(server(1, { scheme: 'https' })).state).toBe('ready');
  });

  const transports: readonly (readonly [string, TransportConfig])[] = [
    ['another server name', { ...DEFAULT_TRANSPORT, tls: { insecureSkipVerify: false, serverName: 'a.test' } }],
    ['other roots', { ...DEFAULT_TRANSPORT, tls: { insecureSkipVerify: false, rootCAs: 'PEM' } }],
    ['no verification', { ...DEFAULT_TRANSPORT, tls: { insecureSkipVerify: true } }],
    ['another time-out', { ...DEFAULT_TRANSPORT, timeouts: { ...DEFAULT_TRANSPORT.timeouts, responseIdleMs: 1 } }],
    ['another bound', { ...DEFAULT_TRANSPORT, maxIdle: 1 }],
  ];

  test.for(transports)('%s is another upstream (B13); both follow the state of their server', ([, transport]) => {
    const registry = new UpstreamRegistry<FakeConnection>();
    const secure = server(1, { scheme: 'https' });
    const [usual, other] = [registry.get(secure), registry.get(secure, transport)];
    expect(other).not.toBe(usual);
    expect(other.transport).toBe(transport);
    expect(registry.get(secure, structuredClone(transport))).toBe(other);
    for (const state of ['ready', 'draining'] as const) {
      registry.setState(secure.id, state);
      expect([usual.state, other.state]).toEqual([state, state]);
    }
    registry.retain(new Set([other]));
    registry.setState(secure.id, 'ready');
    expect([usual.state, other.state]).toEqual(['down', 'ready']);
  });

  test('a state that comes before its server is kept', () => {
    const registry = new UpstreamRegistry<FakeConnection>();
    registry.setState('c/127.0.0.1:1', 'ready');
    expect(registry.get(server(1)).state).toBe('ready');
  });
});

describe('round robin', () => {
  const upstreams = [ready(1), ready(2), ready(3)];
  const ports = (service: Service<FakeConnection>, count: number): (number | undefined)[] =>
    Array.from({ length: count }, () => service.lease(undefined, ANYONE)?.config.port);

  test('takes each ready server in turn', () => {
    expect(ports(new Service('s', upstreams, new RoundRobin(), { passHostHeader: true }), 6)).toEqual([
      1, 2, 3, 1, 2, 3,
    ]);
  });

  test('passes over servers that are not ready or were tried', () => {
    const [a, b, c] = [ready(1), ready(2), ready(3)];
    b.state = 'draining';
    const service = new Service('s', [a, b, c], new RoundRobin(), { passHostHeader: true });
    expect(ports(service, 4)).toEqual([1, 3, 1, 3]);
    expect(service.lease([a, c], ANYONE)).toBeUndefined();
    expect(service.lease([a], ANYONE)?.config.port).toBe(3);
  });

  test('a lease is counted the moment it is taken', () => {
    const upstream = ready();
    const service = new Service('s', [upstream], new RoundRobin(), { passHostHeader: true });
    service.lease(undefined, ANYONE);
    service.lease(undefined, ANYONE);
    expect(upstream.inFlight).toBe(2);
  });
});

describe('buffer pool', () => {
  test('hands out what came back', () => {
    const pool = new BufferPool();
    const [a, b] = [pool.take()!, pool.take()!];
    expect(a).not.toBe(b);
    pool.release(a);
    pool.release(b);
    expect(new Set([pool.take(), pool.take()])).toEqual(new Set([a, b]));
  });

  test('keeps what is needed, and leaves the rest to the collector bit by bit', () => {
    const pool = new BufferPool();
    const all = Array.from({ length: 16 }, () => pool.take()!);
    const kept = (): number => {
      const taken = Array.from({ length: 16 }, () => pool.take()!);
      for (const one of taken) pool.release(one);
      return taken.filter((one) => all.includes(one)).length;
    };
    for (const one of all) pool.release(one);
    // All of them were needed just now, and are again.
    pool.trim();
    expect(kept()).toBe(16);
    pool.trim();
    expect(kept()).toBe(16);
    pool.trim();
    // A second in which one was.
    pool.release(pool.take()!);
    pool.trim();
    expect(kept()).toBe(8);
    for (let second = 0; second < 6; second++) pool.trim();
    expect(kept()).toBe(0);
  });

  test('lends no more than asked', () => {
    const pool = new BufferPool(2);
    const [a, , c] = [pool.take()!, pool.take(), pool.take()];
    expect(c).toBeUndefined();
    pool.release(a);
    expect(pool.take()).toBe(a);
  });
});

test('requests on servers that are not ready, or not configured any more, are leaving', () => {
  const registry = new UpstreamRegistry();
  const [staying, stopping, removed] = [1, 2, 3].map((port) => registry.get(server(port)));
  for (const upstream of [staying!, stopping!, removed!]) {
    registry.setState(upstream.id, 'ready');
    upstream.countLease(1);
  }
  stopping!.countLease(1);
  expect(registry.leaving).toEqual({});
  registry.setState(stopping!.id, 'draining');
  registry.retain(new Set([staying!, stopping!]));
  expect(registry.leaving).toEqual({ [stopping!.id]: 2, [removed!.id]: 1 });
  // The same server again, while the old requests run.
  registry.get(server(3));
  expect(registry.leaving[removed!.id]).toBe(1);
  removed!.countLease(-1);
  stopping!.countLease(-1);
  stopping!.countLease(-1);
  expect(registry.leaving).toEqual({});
});
