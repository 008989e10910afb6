import { describe, expect, test } from 'vitest';
import { StickyCookie } from '../../../src/balance/sticky.ts';
import type { BalanceStrategy, StickyConfig } from '../../../src/config/dynamic.ts';
import type { ServerState } from '../../../src/protocol.ts';
import { ANYONE, BalanceLab, visitor, visitorNumber } from '../../support/balance-lab.ts';

const KEY = Buffer.alloc(32, 7);
const PLAIN: StickyConfig = { path: '/', httpOnly: true, sameSite: 'lax' };
const IDS = ['c1/10.0.0.1:80', 'c2/10.0.0.2:80'];

const cookie = (config: Partial<StickyConfig> = {}, ids = IDS, key: Uint8Array = KEY): StickyCookie =>
  new StickyCookie({ ...PLAIN, ...config }, 'web@docker', ids, key);
const tokenOf = (sticky: StickyCookie, index: number): string =>
  /=([^;]*);/.exec(sticky.bind(index, ANYONE, false))![1]!;

describe('the field line', () => {
  test.for<[Partial<StickyConfig>, boolean, string]>([
    [{ name: 's' }, false, 's=TOKEN; Path=/; HttpOnly; SameSite=Lax'],
    [{ name: 's' }, true, 's=TOKEN; Path=/; HttpOnly; Secure; SameSite=Lax'],
    [{ name: 's', secure: true }, false, 's=TOKEN; Path=/; HttpOnly; Secure; SameSite=Lax'],
    [{ name: 's', secure: false }, true, 's=TOKEN; Path=/; HttpOnly; SameSite=Lax'],
    [{ name: 's', httpOnly: false, sameSite: 'none' }, false, 's=TOKEN; Path=/; SameSite=None'],
    [
      { name: 's', path: '/a', domain: 'a.test', maxAge: 0, sameSite: 'strict' },
      false,
      's=TOKEN; Path=/a; Domain=a.test; Max-Age=0; HttpOnly; SameSite=Strict',
    ],
    // The first five digits of the SHA-1 of web@docker.
    [{}, false, '_7e934=TOKEN; Path=/; HttpOnly; SameSite=Lax'],
  ])('%j, secure: %s', ([config, isSecure, line]) => {
    const sticky = cookie(config);
    const token = tokenOf(sticky, 1);
    expect(sticky.bind(1, ANYONE, isSecure)).toBe(`Set-Cookie: ${line.replace('TOKEN', token)}\r\n`);
  });

  test('the value is 16 hexadecimal digits, of each server its own, and says nothing of it', () => {
    const tokens = [0, 1].map((index) => tokenOf(cookie(), index));
    expect(tokens.every((token) => /^[0-9a-f]{16}$/.test(token))).toBe(true);
    expect(new Set(tokens).size).toBe(2);
  });

  test('the value is the same over the same key, and another over another', () => {
    expect(tokenOf(cookie(), 0)).toBe(tokenOf(cookie({}, [...IDS].reverse()), 1));
    expect(tokenOf(cookie(), 0)).not.toBe(tokenOf(cookie({}, IDS, Buffer.alloc(32, 8)), 0));
  });

  test('whoever has it already gets none', () => {
    const sticky = cookie({ name: 's' });
    const request = visitor('192.0.2.1', { cookie: `s=${tokenOf(sticky, 1)}` });
    expect(sticky.bind(1, request, false)).toBe('');
    expect(sticky.bind(0, request, false)).toContain(tokenOf(sticky, 0));
  });
});

describe('the member that a visitor is bound to', () => {
  const sticky = cookie({ name: 's' });
  const [first, second] = [tokenOf(sticky, 0), tokenOf(sticky, 1)];
  const foreign = tokenOf(cookie({}, IDS, Buffer.alloc(32, 8)), 0);

  test.for<[string, number]>([
    ['', -1],
    [`s=${first}`, 0],
    [`a=b; s=${second}; c=d`, 1],
    [`s=${second}; s=${first}`, 1],
    [`s=nonsense; s=${foreign}; s=${second}; s=${first}`, 1],
    [`s=${foreign}`, -1],
    [`t=${first}`, -1],
    [`s=${first}x`, -1],
    [`s=${first.slice(1)}`, -1],
    [`s=${first.toUpperCase()}`, /[a-f]/.test(first) ? -1 : 0],
    ['s=__proto__; s=constructor; s=', -1],
    [`s=${'x'.repeat(100_000)}`, -1],
  ])('%s', ([value, index]) => expect(sticky.memberOf(visitor('192.0.2.1', { cookie: value }))).toBe(index));
});

const STRATEGIES: readonly BalanceStrategy[] = ['roundrobin', 'leastconn', 'p2c', 'hash', 'leasttime'];
const STATES: readonly ServerState[] = ['starting', 'draining', 'down'];

describe.for(STRATEGIES)('%s with a cookie', (strategy) => {
  const lab = (weights: readonly number[] = [1, 2, 5]): BalanceLab =>
    new BalanceLab({ strategy, slowStartMs: 0 }, weights, undefined, true);
  const boundTo = (one: BalanceLab, index: number, n = 0) => {
    const token = tokenOf(one.service.sticky!, index);
    return visitor(visitorNumber(n).visitorAddress, { cookie: `s=${token}` });
  };

  test('a visitor stays with a server, whatever the weights and loads are', () => {
    const one = lab();
    for (let n = 0; n < 30; n++) expect(one.lease(boundTo(one, n % 3, n))).toBe(n % 3);
  });

  test.for(STATES)('one whose server is %s gets another', (state) => {
    const one = lab();
    one.upstreams[1]!.state = state;
    for (let n = 0; n < 20; n++) expect([0, 2]).toContain(one.lease(boundTo(one, 1, n)));
  });

  test('one whose server was tried gets another, and none when none is left', () => {
    const one = lab();
    expect(one.lease(boundTo(one, 0), [0, 1])).toBe(2);
    expect(one.lease(boundTo(one, 0), [0, 1, 2])).toBe(-1);
  });

  test('visitors without a cookie are spread as without it', () => {
    const plain = new BalanceLab({ strategy, slowStartMs: 0 }, [1, 2, 5]).serve(100);
    expect(lab().serve(100)).toEqual(plain);
  });

  test('each lease is counted', () => {
    const one = lab();
    one.lease(boundTo(one, 1));
    one.lease(boundTo(one, 1));
    expect(one.upstreams.map(({ inFlight }) => inFlight)).toEqual([0, 2, 0]);
  });
});

test('slow start does not turn a bound visitor away', () => {
  const one = new BalanceLab({ strategy: 'roundrobin', slowStartMs: 60_000 }, [1, 1], undefined, true);
  one.upstreams[1]!.readySince = one.now;
  const token = tokenOf(one.service.sticky!, 1);
  for (let n = 0; n < 20; n++) expect(one.lease(visitor('192.0.2.1', { cookie: `s=${token}` }))).toBe(1);
});
