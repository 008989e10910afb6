import { beforeEach, describe, expect, test } from 'vitest';
import { WaitingRooms } from '../../../src/balance/waiting-room.ts';
import { DEFAULT_TRANSPORT } from '../../../src/config/default-transport.ts';
import type { Exchange } from '../../../src/http/exchange.ts';
import { Counters } from '../../../src/http/counters.ts';
import type { UpstreamConnection } from '../../../src/http/upstream-connection.ts';
import { createSharedCounts, SharedCounts } from '../../../src/lib/shared-counts.ts';
import { settleSnapshot } from '../../../src/routing/settle-snapshot.ts';
import type { RouterSnapshot, ServiceSnapshot, Snapshot } from '../../../src/routing/snapshot.ts';
import { UpstreamRegistry } from '../../../src/upstream/registry.ts';
import { Runtime, type RuntimeParts } from '../../../src/worker/runtime.ts';
import { ANYONE } from '../../support/balance-lab.ts';
import { oneService, router, server } from '../../support/data-plane.ts';

const memory = createSharedCounts(2);
const registry = new UpstreamRegistry<UpstreamConnection>();
let broken: string[];

beforeEach(() => {
  broken = [];
});

function parts(): RuntimeParts {
  return {
    registry,
    counters: new Counters(),
    loads: new SharedCounts(memory, 0),
    chance: { now: () => performance.now(), random: () => 0 },
    rooms: new WaitingRooms(),
    stickyKey: new Uint8Array(32),
    broken: (name) => broken.push(name),
  };
}

/** The snapshot of each runtime, so that the next may take over what is equal. */
const settled = new WeakMap<Runtime, Snapshot>();

function runtime(next: Snapshot, previous?: Runtime): Runtime {
  const before = previous === undefined ? undefined : settled.get(previous);
  const snapshot = settleSnapshot(before ?? { routers: [], services: [], transports: {} }, next);
  const steps = Runtime.steps(snapshot, parts(), previous);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  settled.set(step.value, snapshot);
  return step.value;
}

function request(host: string, isTls = false, entrypoint = 'http'): Exchange {
  return { host, down: { peer: { isTls }, entrypoint }, routingPath: () => '/' } as unknown as Exchange;
}

describe('a router that cannot be built', () => {
  const bad: readonly (readonly [string, Partial<RouterSnapshot>])[] = [
    ['by its rule', { matcher: { kind: 'match', name: 'PathRegexp', args: ['('] } }],
    ['by a middleware', { middlewares: [{ name: 'm', options: { type: 'stripPrefix' } as never }] }],
  ];

  test.for(bad)('%s is reported and the others serve', ([, fault]) => {
    const routers = [router('Host(`bad.test`)', { name: 'bad', ...fault }), router('Host(`a.test`)')];
    const built = runtime(oneService([server(1)], routers));
    expect(broken).toEqual(['bad']);
    expect(built.match(request('a.test'))?.name).toBe('r@test');
  });

  test('by a middleware does not serve without it', () => {
    const built = runtime(oneService([server(1)], [router('Host(`a.test`)', bad[1]![1])]));
    expect(built.match(request('a.test'))?.disabled).toBeDefined();
  });
});

test('between any two routers requests may be served', () => {
  const matcher = { kind: 'match', name: 'PathRegexp', args: ['(?:.?){900}z'] } as const;
  const routers = Array.from({ length: 30 }, (_, index) => router('Path(`/`)', { name: `r${index}`, matcher }));
  const steps = [...Runtime.steps(oneService([server(1)], routers), parts(), undefined)];
  expect(steps.length).toBeGreaterThanOrEqual(routers.length);
});

describe('tables', () => {
  const built = runtime(
    oneService(
      [server(1)],
      [
        router('Host(`a.test`)', { name: 'plain' }),
        router('Host(`a.test`)', { name: 'secure', tls: true }),
        router('Host(`a.test`)', { name: 'other', entrypoints: ['other'] }),
      ],
    ),
  );

  test.for([
    [false, 'http', 'plain'],
    [true, 'http', 'secure'],
    [false, 'other', 'other'],
    [true, 'other', undefined],
  ] as const)('TLS %s on %s: %s', ([isTls, entrypoint, name]) => {
    expect(built.match(request('a.test', isTls, entrypoint))?.name).toBe(name);
  });
});

describe('transports', () => {
  const over = (transports: Snapshot['transports'], name = 't'): Snapshot => {
    const snapshot = oneService([server(1)], [router('Host(`a.test`)')]);
    return { ...snapshot, services: snapshot.services.map((one) => ({ ...one, transport: name })), transports };
  };
  const lax = { ...DEFAULT_TRANSPORT, tls: { insecureSkipVerify: true } };
  const serviceOf = (built: Runtime) => built.match(request('a.test'))!.service!;

  test('the upstreams of a service are those of its transport', () => {
    const built = runtime(over({ t: lax }));
    expect([...built.upstreams].map(({ transport }) => transport)).toEqual([lax]);
    expect([...runtime(oneService([server(1)])).upstreams].map(({ transport }) => transport)).toEqual([
      DEFAULT_TRANSPORT,
    ]);
  });

  test('an equal one keeps the service, another makes it anew', () => {
    const first = runtime(over({ t: lax }));
    const second = runtime(over({ t: structuredClone(lax) }), first);
    expect(serviceOf(second)).toBe(serviceOf(first));
    const third = runtime(over({ t: { ...lax, maxIdle: 1 } }), second);
    expect(serviceOf(third)).not.toBe(serviceOf(second));
    expect(serviceOf(third).upstreams[0]!.transport.maxIdle).toBe(1);
  });

  test('one that is missing is never replaced by the defaults', () => {
    expect(() => runtime(over({ t: lax }, 'other'))).toThrow('no transport other');
  });
});

test('a service whose configuration is unchanged keeps its turn', () => {
  const servers = [server(1), server(2)];
  for (const { id } of servers) registry.setState(id, 'ready');
  const serviceOf = (built: Runtime) => built.match(request('a.test'))!.service!;
  const first = runtime(oneService(servers, [router('Host(`a.test`)')]));
  serviceOf(first).lease(undefined, ANYONE);
  const second = runtime(oneService(servers, [router('Host(`a.test`)', { name: 'renamed' })]), first);
  expect(serviceOf(second).lease(undefined, ANYONE)?.config.port).toBe(2);
  const third = runtime(oneService([server(1)], [router('Host(`a.test`)')]), second);
  expect(serviceOf(third)).not.toBe(serviceOf(second));
});

describe('balancing', () => {
  const servers = [server(11), server(12)];
  const balanced = (snapshot: Partial<ServiceSnapshot>): Snapshot => {
    const one = oneService(servers, [router('Host(`a.test`)')]);
    return { ...one, services: one.services.map((service) => ({ ...service, ...snapshot })) };
  };
  const serviceOf = (built: Runtime) => built.match(request('a.test'))!.service!;
  const ports = (built: Runtime, count: number): readonly (number | undefined)[] =>
    Array.from({ length: count }, () => serviceOf(built).lease(undefined, ANYONE)?.config.port);

  beforeEach(() => {
    for (const { id } of servers) registry.setState(id, 'ready');
  });

  test('has the strategy and the weights of the snapshot', () => {
    const weighted = runtime(balanced({ servers: [server(11, { weight: 3 }), server(12)] }));
    expect(ports(weighted, 8)).toEqual([11, 11, 12, 11, 11, 11, 12, 11]);
    const hashed = runtime(balanced({ balance: { strategy: 'hash', slowStartMs: 0 } }));
    expect(new Set(ports(hashed, 8)).size).toBe(1);
  });

  test('another strategy or another weight makes the service anew, over the same upstreams', () => {
    const first = runtime(balanced({}));
    const second = runtime(balanced({ balance: { strategy: 'leastconn', slowStartMs: 0 } }), first);
    const third = runtime(balanced({ balance: { strategy: 'leastconn', slowStartMs: 5000 } }), second);
    const fourth = runtime(balanced({}), third);
    const fifth = runtime(balanced({ servers: [server(11, { weight: 3 }), server(12)] }), fourth);
    const services = [first, second, third, fourth, fifth].map(serviceOf);
    expect(new Set(services).size).toBe(5);
    for (const { upstreams } of services) expect(upstreams).toEqual(services[0]!.upstreams);
    expect(serviceOf(runtime(balanced({ servers: [server(11, { weight: 3 }), server(12)] }), fifth))).toBe(services[4]);
  });

  test('requests in flight are counted where all workers see them', () => {
    const other = new SharedCounts(memory, 1).counterOf([...Buffer.from(servers[0]!.id)]);
    const built = runtime(balanced({ balance: { strategy: 'leastconn', slowStartMs: 0 } }));
    const { upstreams } = serviceOf(built);
    const before = upstreams[0]!.load;
    other.add(100);
    expect(upstreams[0]!.load).toBe(before + 100);
    expect(new Set(ports(built, 20))).toEqual(new Set([12]));
    other.add(-100);
  });
});

describe('services made of services', () => {
  const members = ['a', 'b'].map((name) => ({ name, weight: 1 }));
  const made = (...leaves: readonly ServiceSnapshot[]): Snapshot => ({
    routers: [router('Host(`a.test`)')],
    services: [
      {
        name: 's@test',
        servers: [],
        passHostHeader: true,
        composed: { kind: 'failover', service: 'w', fallback: 'a' },
      },
      { name: 'w', servers: [], passHostHeader: true, composed: { kind: 'weighted', members } },
      ...leaves,
    ],
    transports: {},
  });
  const leaf = (name: string, port: number): ServiceSnapshot => ({
    name,
    servers: [server(port)],
    passHostHeader: true,
  });
  const composedOf = (built: Runtime) => built.match(request('a.test'))?.composed;

  test('are built whatever the order of their names, and taken over while nothing of them changes', () => {
    const first = runtime(made(leaf('a', 1), leaf('b', 2)));
    expect([composedOf(first)?.name, first.match(request('a.test'))?.service]).toEqual(['s@test', undefined]);
    const same = runtime(made(leaf('a', 1), leaf('b', 2), leaf('c', 3)), first);
    expect(composedOf(same)).toBe(composedOf(first));
    const other = runtime(made(leaf('a', 1), leaf('b', 4)), same);
    expect(composedOf(other)).not.toBe(composedOf(first));
    expect(composedOf(other)?.name).toBe('s@test');
  });

  test('a name that leads to servers later on does so', () => {
    const first = runtime(made(leaf('a', 1), leaf('b', 2)));
    const plain = { ...made(leaf('s@test', 1)), services: [leaf('s@test', 1)] };
    const later = runtime(plain, first).match(request('a.test'));
    expect([later?.composed, later?.service?.name]).toEqual([undefined, 's@test']);
  });
});
