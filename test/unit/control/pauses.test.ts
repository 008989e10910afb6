import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Pauses } from '../../../src/control/pauses.ts';
import type { RouterSnapshot, ServiceSnapshot } from '../../../src/routing/snapshot.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { router } from '../../support/data-plane.ts';

const services: readonly ServiceSnapshot[] = [
  {
    name: 'shared@test',
    servers: [],
    passHostHeader: true,
    composed: { kind: 'failover', service: 'main@test', fallback: 'spare@test' },
  },
  {
    name: 'tried@test',
    servers: [],
    passHostHeader: true,
    composed: {
      kind: 'mirroring',
      service: 'main@test',
      mirrors: [{ name: 'next@test', percent: 10, credentials: false }],
      maxBodyBytes: 0,
      mirrorBody: true,
    },
  },
];

const ALL: readonly RouterSnapshot[] = [
  router('Host(`a.test`)', { service: 'one@test' }),
  router('Host(`a.test`) && PathPrefix(`/x`)', { service: 'two@test' }),
  router('Host(`a.test`)', { service: 'noop@internal' }),
  router('Host(`b.test`) || Host(`a.test`)', { service: 'one@test' }),
  router('Host(`*.w.test`)', { service: 'wild@test' }),
  router('Host(`made.test`)', { service: 'shared@test' }),
  router('Host(`tried.test`)', { service: 'tried@test' }),
  router('HostRegexp(`^.+$`)', { service: 'all@test' }),
  router('PathPrefix(`/`)', { service: 'any@test' }),
  router('!Host(`a.test`)', { service: 'not@test' }),
  router('Host(`plain.test`)', { service: 'noop@internal' }),
];

let routers: readonly RouterSnapshot[];
let told: string[];
let log: ReturnType<typeof collectLogger>;
let pauses: Pauses;

beforeEach(() => {
  vi.useFakeTimers();
  routers = ALL;
  told = [];
  log = collectLogger();
  const began = performance.now();
  pauses = new Pauses({
    snapshot: () => ({ routers, services }),
    changed: (paused) => told.push(paused.map(([name, until]) => `${name} ${until - began}`).join(', ')),
    now: () => performance.now(),
    logger: log.logger,
  });
});

afterEach(() => {
  pauses.stop();
  vi.useRealTimers();
});

describe('a pause concerns the services of routers that name the host', () => {
  test.for([
    ['a.test', ['one@test', 'two@test']],
    ['b.test', ['one@test']],
    ['*.w.test', ['wild@test']],
    ['made.test', ['shared@test', 'main@test', 'spare@test']],
    // What gets copies only may have visitors of its own.
    ['tried.test', ['tried@test', 'main@test']],
  ] as const)('%s', ([host, services]) => {
    expect(pauses.pause(host, 1000)).toEqual({ services });
    expect(told).toEqual([services.map((name) => `${name} 1000`).join(', ')]);
    expect(log.lines).toMatchObject([{ level: 'info', fields: { host, forMs: 1000 } }]);
  });

  test.for([
    ['x.w.test', 'no router with a service names x.w.test; did you mean *.w.test?'],
    ['plain.test', 'no router with a service names plain.test'],
    ['aa.test', 'no router with a service names aa.test; did you mean a.test?'],
    ['q', 'no router with a service names q'],
  ] as const)('%s: none', ([host, fault]) => {
    expect(pauses.pause(host, 1000)).toEqual({ fault });
    expect([told, log.lines]).toEqual([[], []]);
  });
});

test('it ends by itself, with one line', () => {
  pauses.pause('b.test', 1000);
  vi.advanceTimersByTime(400);
  expect(pauses.leftOf('one@test')).toBe(600);
  vi.advanceTimersByTime(601);
  expect([told, pauses.leftOf('one@test')]).toEqual([['one@test 1000', ''], undefined]);
  expect(log.lines).toHaveLength(2);
});

test('it ends when somebody says so', () => {
  pauses.pause('b.test', 1000);
  expect(pauses.resume('b.test')).toEqual({ services: ['one@test'] });
  expect(told).toEqual(['one@test 1000', '']);
  expect(pauses.resume('b.test')).toEqual({ fault: 'b.test is not paused' });
  pauses.pause('a.test', 1000);
  expect(pauses.resume('b.test')).toEqual({ fault: 'b.test is not paused; paused are a.test' });
});

test('again: from then on; of two hosts of one service the longer holds', () => {
  pauses.pause('b.test', 1000);
  vi.advanceTimersByTime(500);
  pauses.pause('b.test', 1000);
  pauses.pause('a.test', 300);
  expect(told).toEqual(['one@test 1000', 'one@test 1500', 'one@test 1500, two@test 800']);
  vi.advanceTimersByTime(301);
  expect(told.at(-1)).toBe('one@test 1500');
});

test('it follows the routes, and a change that concerns none of it is not told', () => {
  pauses.pause('b.test', 1000);
  pauses.follow();
  routers = [router('Host(`b.test`)', { service: 'new@test' })];
  pauses.follow();
  routers = [];
  pauses.follow();
  pauses.follow();
  routers = ALL;
  pauses.follow();
  expect(told).toEqual(['one@test 1000', 'new@test 1000', '', 'one@test 1000']);
});
