import { expect, test } from 'vitest';
import type { IpAllowListOptions } from '../../../src/config/middleware-options.ts';
import { type LabOptions, runMiddlewares } from '../../support/middleware-lab.ts';

/** Trusted: 10.0.0.0/8. */
const PROXY = '10.0.0.9';

function decision(
  changes: Partial<IpAllowListOptions>,
  lab: LabOptions,
  forwardedFor?: string,
): readonly unknown[] | 'on' {
  const options: IpAllowListOptions = {
    type: 'ipAllowList',
    networks: ['192.0.2.0/24', '2001:db8::/32'],
    source: { kind: 'peer' },
    ipv6Bits: undefined,
    status: undefined,
    ...changes,
  };
  const lines = forwardedFor === undefined ? '' : `X-Forwarded-For: ${forwardedFor}\r\n`;
  const { sent, answer, exchange } = runMiddlewares([options], `GET / HTTP/1.1\r\n${lines}`, lab);
  if (answer === undefined) return sent === '' ? ['lost'] : 'on';
  return [answer.status, exchange.failure];
}

const REFUSED = [403, 'not_allowed'];

test.for<[string, Partial<IpAllowListOptions>, string, string | undefined, readonly unknown[] | 'on']>([
  ['a peer inside', {}, '192.0.2.7', undefined, 'on'],
  ['a peer outside', {}, '198.51.100.1', undefined, REFUSED],
  ['a mapped peer', {}, '::ffff:192.0.2.7', undefined, 'on'],
  ['a peer with IPv6', {}, '2001:db8:1::1', undefined, 'on'],
  ['another status', { status: 404 }, '198.51.100.1', undefined, [404, 'not_allowed']],
  ['a forged X-Forwarded-For', {}, '198.51.100.1', '192.0.2.7', REFUSED],
  ['the peer behind a proxy is the proxy', {}, PROXY, '192.0.2.7', REFUSED],

  ['the visitor behind a proxy', { source: { kind: 'visitor' } }, PROXY, '192.0.2.7', 'on'],
  ['a visitor who forged one entry more', { source: { kind: 'visitor' } }, PROXY, '192.0.2.7, 198.51.100.1', REFUSED],
  ['a visitor without a proxy who forged', { source: { kind: 'visitor' } }, '198.51.100.1', '192.0.2.7', REFUSED],

  ['the first from the right', { source: { kind: 'depth', depth: 1 } }, PROXY, '198.51.100.1, 192.0.2.7', 'on'],
  ['the second from the right', { source: { kind: 'depth', depth: 2 } }, PROXY, '192.0.2.7,10.0.0.1', 'on'],
  ['deeper than there is', { source: { kind: 'depth', depth: 3 } }, PROXY, '192.0.2.7, 192.0.2.8', REFUSED],
  ['none at all', { source: { kind: 'depth', depth: 1 } }, PROXY, undefined, REFUSED],
  ['no address', { source: { kind: 'depth', depth: 1 } }, PROXY, '192.0.2.7, unknown', REFUSED],
  ['depth from a stranger', { source: { kind: 'depth', depth: 1 } }, '192.0.2.7', '192.0.2.7', REFUSED],

  [
    'the first that is not excluded',
    { source: { kind: 'excluding', networks: ['10.0.0.0/8'] } },
    PROXY,
    '198.51.100.1, 192.0.2.7, 10.1.1.1',
    'on',
  ],
  ['only excluded ones', { source: { kind: 'excluding', networks: ['0.0.0.0/0'] } }, PROXY, '192.0.2.7', REFUSED],
  [
    'what is no address is not skipped',
    { source: { kind: 'excluding', networks: ['10.0.0.0/8'] } },
    PROXY,
    '192.0.2.7, x, 10.1.1.1',
    REFUSED,
  ],

  ['leading bits of IPv6', { networks: ['2001:db8::'], ipv6Bits: 64 }, '2001:db8::5:6:7:8', undefined, 'on'],
  ['of another network', { networks: ['2001:db8::'], ipv6Bits: 64 }, '2001:db8:0:1::5', undefined, REFUSED],
  ['IPv4 keeps all of its', { networks: ['192.0.2.7'], ipv6Bits: 8 }, '192.0.2.7', undefined, 'on'],
])('%s', ([, changes, peer, forwardedFor, expected]) => {
  expect(decision(changes, { peer }, forwardedFor)).toEqual(expected);
});

test('a list that has no network allows nobody, and one that is none cannot be built', () => {
  expect(decision({ networks: [] }, { peer: '192.0.2.1' })).toEqual(REFUSED);
  expect(() => decision({ networks: ['x'] }, {})).toThrow('x is no network');
});
