import { describe, expect, test } from 'vitest';
import { decodeLabels } from '../../../src/config/decode-labels.ts';
import { compile, staticConfig, workload } from '../../support/workloads.ts';

const DEFAULTS = { mode: 'sluice', exposedByDefault: true, defaultHost: undefined } as const;
const SERVICE = 'traefik.http.services.web.loadbalancer.';
const FULL = { 'traefik.http.routers.web.rule': 'Host(`a.com`)' };
const SITE = { 'sluice.host': 'a.com' };

type Labels = Readonly<Record<string, string>>;

function decode(labels: Labels) {
  const { services, problems, routers } = decodeLabels(workload({ labels }), DEFAULTS);
  return { service: services[0]!, problems, routers };
}

describe('how servers are chosen', () => {
  test.for<[Labels, object | undefined]>([
    [{}, undefined],
    [{ 'sluice.balance': 'roundrobin' }, undefined],
    [{ 'sluice.balance': 'RoundRobin', 'sluice.balance.slowstart': '0' }, undefined],
    [{ 'sluice.balance': ' LeastConn ' }, { strategy: 'leastconn', slowStartMs: 0 }],
    [{ 'sluice.balance': 'p2c' }, { strategy: 'p2c', slowStartMs: 0 }],
    [{ 'sluice.balance': 'leasttime' }, { strategy: 'leasttime', slowStartMs: 0 }],
    [{ 'sluice.balance': 'hash' }, { strategy: 'hash', slowStartMs: 0 }],
    [{ 'sluice.balance.slowstart': '1m30s' }, { strategy: 'roundrobin', slowStartMs: 90_000 }],
    [
      { 'sluice.balance': 'p2c', 'sluice.balance.slowstart': '30' },
      { strategy: 'p2c', slowStartMs: 30_000 },
    ],
    [
      { 'sluice.balance': 'hash', 'sluice.balance.key': 'header:X-User' },
      { strategy: 'hash', key: { from: 'header', name: 'x-user' }, slowStartMs: 0 },
    ],
    [
      { 'sluice.balance': 'hash', 'sluice.balance.key': 'Cookie: PHPSESSID' },
      { strategy: 'hash', key: { from: 'cookie', name: 'PHPSESSID' }, slowStartMs: 0 },
    ],
  ])('%j', ([labels, balance]) => {
    const { service, problems } = decode({ ...SITE, ...labels });
    expect([service.balance, problems]).toEqual([balance, []]);
  });

  test.for<[string, object | undefined]>([
    ['wrr', undefined],
    ['p2c', { strategy: 'p2c', slowStartMs: 0 }],
    ['HRW', { strategy: 'hash', slowStartMs: 0 }],
    ['leasttime', { strategy: 'leasttime', slowStartMs: 0 }],
  ])('in the words of Traefik: %s', ([word, balance]) => {
    const { service, problems } = decode({ ...FULL, [`${SERVICE}strategy`]: word });
    expect([service.balance, problems]).toEqual([balance, []]);
  });

  test('each site has its own', () => {
    const labels = { 'sluice.a.host': 'a.com', 'sluice.a.balance': 'p2c', 'sluice.b.host': 'b.com' };
    const { services } = decodeLabels(workload({ labels }), DEFAULTS);
    expect(services.map(({ balance }) => balance?.strategy)).toEqual(['p2c', undefined]);
  });
});

describe('a wrong value is an error with a fix and costs nobody the site', () => {
  test.for<[string, string, string]>([
    ['sluice.balance', 'random', 'roundrobin, leastconn, p2c, hash or leasttime'],
    ['sluice.balance', 'leastcon', 'did you mean leastconn?'],
    ['sluice.balance', 'hrw', 'roundrobin, leastconn, p2c, hash or leasttime'],
    ['sluice.balance.slowstart', '30 sec', 'write 30s'],
    ['sluice.balance.slowstart', '-1s', '10s'],
    ['sluice.balance.key', 'X-User', 'header:X-User or cookie:session'],
    ['sluice.balance.key', 'header:', 'header:X-User or cookie:session'],
    ['sluice.balance.key', 'header:a b', 'header:X-User or cookie:session'],
    ['sluice.weight', '0.5', 'a whole number'],
    [`${SERVICE}strategy`, 'roundrobin', 'wrr, p2c, hrw or leasttime'],
    [`${SERVICE}server.weight`, 'heavy', 'a whole number'],
  ])('%s=%s', ([label, value, hint]) => {
    const { service, problems, routers } = decode({ ...(label.startsWith('sluice.') ? SITE : FULL), [label]: value });
    expect(problems).toMatchObject([{ severity: 'error', code: 'label_value', label }]);
    expect(problems[0]!.message).toContain(`"${value}"`);
    expect(problems[0]!.hint).toContain(hint);
    expect(service).toMatchObject({ balance: undefined, weight: 1, fault: undefined });
    expect(routers).toMatchObject([{ fault: undefined }]);
  });

  test.for<[Labels, string]>([
    [{ 'sluice.balance': 'p2c' }, 'write sluice.balance=hash'],
    [{}, 'write sluice.balance=hash'],
  ])('a key without a hash: %j', ([labels, hint]) => {
    const { problems } = decode({ ...SITE, ...labels, 'sluice.balance.key': 'header:X-User' });
    expect(problems).toMatchObject([{ severity: 'error', code: 'label_conflict', label: 'sluice.balance.key' }]);
    expect(problems[0]!.hint).toContain(hint);
  });
});

/** Weights of the servers of the one service, by container. */
function weights(workloads: Parameters<typeof compile>[0]): Readonly<Record<string, number | undefined>> {
  const { snapshot, problems } = compile(workloads, staticConfig());
  expect(problems).toEqual([]);
  expect(snapshot.services).toHaveLength(1);
  return Object.fromEntries(snapshot.services[0]!.servers.map(({ container, weight }) => [container, weight]));
}

describe('weights', () => {
  const replica = (n: number, labels: Labels) =>
    workload({ id: `id-${n}`, name: `web-${n}`, networks: [{ network: 'edge', address: `172.18.0.${n}` }], labels });

  test.for([
    ['sluice.weight', SITE],
    [`${SERVICE}server.weight`, FULL],
  ] as const)('%s is of its container; the usual one is not written down', ([label, labels]) => {
    const found = weights([
      replica(2, { ...labels, [label]: '3' }),
      replica(3, { ...labels, [label]: '1' }),
      replica(4, labels),
    ]);
    expect(found).toEqual({ 'web-2': 3, 'web-3': undefined, 'web-4': undefined });
  });

  test.for(['0', '-1'])('%s takes the server out', (weight) => {
    expect(weights([replica(2, SITE), replica(3, { ...SITE, 'sluice.weight': weight })])).toEqual({
      'web-2': undefined,
    });
    expect(weights([replica(2, { ...SITE, 'sluice.weight': weight })])).toEqual({});
  });

  test('of the servers of a file hold before what its label says', () => {
    const urls = ['http://10.0.0.7', 'http://10.0.0.8', 'http://10.0.0.9', 'http://10.0.0.10'];
    const labels = { ...SITE, 'sluice.weight': '4' };
    const file = workload({ provider: 'file', id: 'app', name: 'app', labels, urls, weights: [2, undefined, 0, 1] });
    const { snapshot } = compile([file], staticConfig());
    expect(snapshot.services[0]!.servers.map(({ host, weight }) => [host, weight])).toEqual([
      ['10.0.0.7', 2],
      ['10.0.0.8', 4],
      ['10.0.0.10', undefined],
    ]);
  });
});

test('containers of one service that are chosen among in different ways do not share it', () => {
  const of = (n: number, balance: string) =>
    workload({
      id: `id-${n}`,
      name: `web-${n}`,
      createdAt: n,
      networks: [{ network: 'edge', address: `172.18.0.${n}` }],
      labels: { ...SITE, 'sluice.balance': balance, 'sluice.weight': `${n}` },
    });
  const { snapshot, problems } = compile([of(2, 'p2c'), of(3, 'p2c'), of(4, 'hash')], staticConfig());
  expect(problems).toMatchObject([{ code: 'service_conflict', container: 'web-4' }]);
  expect(snapshot.services).toMatchObject([{ balance: { strategy: 'p2c' }, servers: [{ weight: 2 }, { weight: 3 }] }]);
});
