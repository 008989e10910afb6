import { describe, expect, test } from 'vitest';
import { createStrategy } from '../../../src/balance/create-strategy.ts';
import { checkedServerId } from '../../../src/config/server-id.ts';
import { Upstream } from '../../../src/upstream/upstream.ts';
import { BalanceLab, visitor, visitorNumber } from '../../support/balance-lab.ts';
import { healthCheck, server } from '../../support/server-config.ts';

const hash = { strategy: 'hash' } as const;

/** The server of each of so many visitors. */
function homes(lab: BalanceLab, count = 5000): readonly number[] {
  return Array.from({ length: count }, (_, n) => lab.lease(visitorNumber(n)));
}

test('a visitor stays with his server, in every worker and in whatever order the servers are named', () => {
  const first = homes(new BalanceLab(hash, [1, 1, 1, 1]));
  expect(homes(new BalanceLab(hash, [1, 1, 1, 1], [3, 1, 0, 2]))).toEqual(first);
  const busy = new BalanceLab(hash, [1, 1, 1, 1]);
  expect([...homes(busy), ...homes(busy)]).toEqual([...first, ...first]);
});

test('only the visitors of a server that leaves move, to all of the others', () => {
  const lab = new BalanceLab(hash, [1, 1, 1, 1]);
  const before = homes(lab);
  lab.upstreams[2]!.state = 'draining';
  const after = homes(lab);
  const targets = new Set<number>();
  for (const [n, home] of before.entries()) {
    if (home !== 2) expect(after[n]).toBe(home);
    else targets.add(after[n]!);
  }
  expect(targets).toEqual(new Set([0, 1, 3]));
  lab.upstreams[2]!.state = 'ready';
  expect(homes(lab)).toEqual(before);
});

test('a health check, or another one, moves nobody', () => {
  const plain = [1, 2, 3, 4].map((port) => server(port));
  const places = (configs: typeof plain) => {
    const upstreams = configs.map((config) => Object.assign(new Upstream(config), { state: 'ready' as const }));
    const strategy = createStrategy({ ...hash, slowStartMs: 0 }, configs, { now: () => 0, random: () => 0 });
    return Array.from({ length: 500 }, (_, n) => strategy.pick(upstreams, undefined, visitorNumber(n))?.config.port);
  };
  const checkedBy = (path: string) =>
    plain.map((one) => ({ ...one, id: checkedServerId(one.id, healthCheck({ path })) }));
  expect(places(checkedBy('/one'))).toEqual(places(plain));
  expect(places(checkedBy('/two'))).toEqual(places(plain));
});

test('more weight for one moves visitors to it and nowhere else', () => {
  const before = homes(new BalanceLab(hash, [1, 1, 1]));
  const after = homes(new BalanceLab(hash, [1, 1, 2]));
  for (const [n, home] of after.entries()) if (home !== 2) expect(home).toBe(before[n]);
  expect(after.filter((home) => home === 2).length / after.length).toBeCloseTo(0.5, 1);
});

describe('the key', () => {
  const header = { ...hash, key: { from: 'header', name: 'x-user' } } as const;
  const cookie = { ...hash, key: { from: 'cookie', name: 'sid' } } as const;

  /** Whether a hundred pairs of requests, made from their number, have one server each. */
  function isSame(
    lab: BalanceLab,
    pair: (n: number) => readonly [string, Readonly<Record<string, string>>][],
  ): boolean {
    return Array.from({ length: 100 }, (_, n) => pair(n)).every((requests) => {
      const found = requests.map(([address, fields]) => lab.lease(visitor(address, fields)));
      return new Set(found).size === 1;
    });
  }

  test('a header, wherever the request comes from', () => {
    const lab = new BalanceLab(header, [1, 1, 1]);
    expect(
      isSame(lab, (n) => [
        ['10.0.0.1', { 'x-user': `u${n}` }],
        [`10.0.0.${n + 2}`, { 'x-user': `u${n}` }],
      ]),
    ).toBe(true);
    expect(
      isSame(lab, (n) => [
        ['10.0.0.1', { 'x-user': `u${n}` }],
        ['10.0.0.1', { 'x-user': `v${n}` }],
      ]),
    ).toBe(false);
  });

  test('the host', () => {
    const lab = new BalanceLab({ ...hash, key: { from: 'header', name: 'host' } }, [1, 1, 1]);
    expect(
      isSame(lab, (n) => [
        [`10.0.0.${n}`, {}],
        [`10.0.1.${n}`, {}],
      ]),
    ).toBe(true);
  });

  test('one cookie among several, whose name is compared as it is', () => {
    const lab = new BalanceLab(cookie, [1, 1, 1]);
    const fields = (n: number, rest: string) => ({ cookie: `xsid=${rest}; SID=${rest};  sid=v${n}; sid=${rest}` });
    expect(
      isSame(lab, (n) => [
        ['10.0.0.1', fields(n, 'a')],
        ['10.0.0.2', fields(n, `b${n}`)],
      ]),
    ).toBe(true);
    expect(
      isSame(lab, (n) => [
        ['10.0.0.1', { cookie: `sid=${n}` }],
        ['10.0.0.1', { cookie: `sid=${n}x` }],
      ]),
    ).toBe(false);
  });

  test.for([
    ['no header', header, {}],
    ['an empty header', header, { 'x-user': '' }],
    ['no cookie', cookie, { cookie: 'other=1; sid' }],
    ['an empty cookie', cookie, { cookie: 'sid=' }],
  ] as const)('with %s it is the address', ([, balance, fields]) => {
    const lab = new BalanceLab(balance, [1, 1, 1]);
    const plain = new BalanceLab(hash, [1, 1, 1]);
    for (let n = 0; n < 50; n++) {
      expect(lab.lease(visitor(`10.0.0.${n}`, fields))).toBe(plain.lease(visitor(`10.0.0.${n}`)));
    }
  });
});
