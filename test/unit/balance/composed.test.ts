import { describe, expect, test } from 'vitest';
import {
  type Composed,
  Course,
  FailoverService,
  MirroringService,
  type Target,
  WeightedService,
} from '../../../src/balance/composed.ts';
import { RoundRobin } from '../../../src/balance/round-robin.ts';
import { Service } from '../../../src/balance/service.ts';
import { StickyCookie } from '../../../src/balance/sticky.ts';

import { Upstream } from '../../../src/upstream/upstream.ts';
import { ANYONE, visitor } from '../../support/balance-lab.ts';
import { server } from '../../support/server-config.ts';

/** Services of one ready server each, by name. */
function lab(names: string): { readonly [name: string]: Service } {
  return Object.fromEntries(
    names.split('').map((name, index) => {
      const upstream = new Upstream(server(index + 1));
      upstream.state = 'ready';
      return [name, new Service(name, [upstream], new RoundRobin(), { passHostHeader: true })];
    }),
  );
}

const serverOf = (target: Target): Upstream => (target as Service).upstreams[0]!;
const nameFor = (one: Composed, request = ANYONE, tried?: readonly Upstream[]): string =>
  one.choose(request, tried, new Course(true))?.name ?? '-';
const names = (one: Composed, count: number): string => Array.from({ length: count }, () => nameFor(one)).join('');
const weighted = (members: readonly (readonly [Target, number])[], sticky?: StickyCookie): WeightedService =>
  new WeightedService(
    'w',
    members.map(([target, weight]) => ({ target, weight })),
    sticky,
  );

describe('weighted', () => {
  test('shares are exact over a round, and evenly spread', () => {
    const { a, b, c } = lab('abc');
    expect(
      names(
        weighted([
          [a, 3],
          [b, 1],
          [c, 0],
        ]),
        8,
      ),
    ).toBe('aabaaaba');
  });

  test('a member without a ready server is passed over while another has one', () => {
    const { a, b } = lab('ab');
    const one = weighted([
      [a, 3],
      [b, 1],
    ]);
    serverOf(a).state = 'draining';
    expect(names(one, 4)).toBe('bbbb');
    serverOf(a).state = 'ready';
    expect(names(one, 4)).toBe('aaba');
  });

  test('if none has, the member whose turn it is', () => {
    const { a, b } = lab('ab');
    for (const member of [a, b]) serverOf(member).state = 'down';
    expect(
      names(
        weighted([
          [a, 1],
          [b, 1],
        ]),
        4,
      ),
    ).toBe('abab');
  });

  test('a member whose only server was tried is passed over', () => {
    const { a, b } = lab('ab');
    const one = weighted([
      [a, 1],
      [b, 1],
    ]);
    for (let n = 0; n < 3; n++) expect(nameFor(one, ANYONE, [serverOf(a)])).toBe('b');
  });

  test('a weight of 0 is never chosen, not even when it alone is ready', () => {
    const { a, b } = lab('ab');
    serverOf(a).state = 'down';
    const one = weighted([
      [a, 1],
      [b, 0],
    ]);
    expect([names(one, 3), one.hasReady(undefined)]).toEqual(['aaa', false]);
    expect(nameFor(weighted([[a, 0]]))).toBe('-');
  });

  test('a cookie names the member; one that cannot serve is replaced', () => {
    const { a, b } = lab('ab');
    const sticky = new StickyCookie(
      { name: 'm', path: '/', httpOnly: true, sameSite: 'lax' },
      'w',
      ['a', 'b'],
      Buffer.alloc(32),
    );
    const one = weighted(
      [
        [a, 1],
        [b, 1],
      ],
      sticky,
    );
    const token = /m=([^;]*)/.exec(sticky.bind(1, ANYONE, false))![1]!;
    const bound = visitor('192.0.2.1', { cookie: `m=${token}` });
    for (let n = 0; n < 4; n++) expect(nameFor(one, bound)).toBe('b');
    const course = new Course(true);
    one.choose(bound, undefined, course);
    expect(course.bindings).toEqual([{ sticky, index: 1 }]);
    serverOf(b).state = 'down';
    expect(nameFor(one, bound)).toBe('a');
  });

  test('turns go on where an earlier version was', () => {
    const { a, b } = lab('ab');
    const members = [
      { target: a, weight: 1 },
      { target: b, weight: 1 },
    ];
    const one = new WeightedService('w', members, undefined);
    expect(nameFor(one)).toBe('a');
    expect(nameFor(new WeightedService('w', members, undefined, one.turns))).toBe('b');
  });
});

describe('failover', () => {
  test.for([
    ['ready', 'ready', 'a'],
    ['draining', 'ready', 'b'],
    ['down', 'ready', 'b'],
    ['ready', 'down', 'a'],
    ['down', 'down', 'a'],
    ['starting', 'draining', 'a'],
  ] as const)('the first is %s, the fallback %s: %s', ([first, second, name]) => {
    const { a, b } = lab('ab');
    serverOf(a).state = first;
    serverOf(b).state = second;
    expect(nameFor(new FailoverService('f', a, b))).toBe(name);
  });

  test('back as soon as the first one is ready again', () => {
    const { a, b } = lab('ab');
    const one = new FailoverService('f', a, b);
    serverOf(a).state = 'down';
    expect(nameFor(one)).toBe('b');
    serverOf(a).state = 'ready';
    expect(nameFor(one)).toBe('a');
  });

  test('also within a request whose servers were all tried', () => {
    const { a, b } = lab('ab');
    expect(nameFor(new FailoverService('f', a, b), ANYONE, [serverOf(a)])).toBe('b');
  });
});

describe('mirroring', () => {
  const mirror = (target: Target, percent: number) => ({
    ...{ name: 'x', target, percent, credentials: false, maxBodyBytes: 1, hasBody: true },
  });

  test.for([0, 1, 10, 33, 50, 99, 100])('%s percent are exactly so many of a hundred, evenly spread', (percent) => {
    const { a, b } = lab('ab');
    const one = new MirroringService('m', a, [mirror(b, percent)]);
    const copies = Array.from({ length: 300 }, () => {
      const course = new Course(true);
      expect(one.choose(ANYONE, undefined, course)?.name).toBe('a');
      return course.mirrors.length;
    });
    for (const from of [0, 37, 200]) {
      expect(copies.slice(from, from + 100).reduce((sum, count) => sum + count, 0)).toBe(percent);
    }
  });

  test('a request counts once, and a copy is not copied', () => {
    const { a, b } = lab('ab');
    const course = new Course(false);
    new MirroringService('m', a, [mirror(b, 100)]).choose(ANYONE, undefined, course);
    expect(course.mirrors).toEqual([]);
  });

  test('whether it is ready does not hang on mirrors', () => {
    const { a, b } = lab('ab');
    const one = new MirroringService('m', a, [mirror(b, 100)]);
    serverOf(b).state = 'down';
    expect(one.hasReady(undefined)).toBe(true);
    serverOf(a).state = 'down';
    serverOf(b).state = 'ready';
    expect(one.hasReady(undefined)).toBe(false);
  });
});

test('services of services of services', () => {
  const { a, b, c } = lab('abc');
  const inner = weighted([
    [a, 1],
    [b, 1],
  ]);
  const one = new MirroringService('m', new FailoverService('f', inner, c), []);
  expect(names(one, 4)).toBe('abab');
  for (const member of [a, b]) serverOf(member).state = 'down';
  expect(names(one, 2)).toBe('cc');
  // What is not there is as one without servers.
  expect(nameFor(new FailoverService('f', undefined, c))).toBe('c');
  expect(nameFor(new FailoverService('f', undefined, undefined))).toBe('-');
});
