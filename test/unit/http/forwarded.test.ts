import { describe, expect, test } from 'vitest';
import { parseAuthority } from '../../../src/http/authority.ts';
import { clientAddress, forwardingFields, NO_TLS, Peer } from '../../../src/http/forwarded.ts';
import type { ReceivedField } from '../../../src/http/message.ts';
import { NetworkList, plainAddress } from '../../../src/http/network-list.ts';

const authority = parseAuthority('a.test:8443');
const stranger = new Peer('203.0.113.7', true, false);
const proxy = new Peer('10.0.0.1', false, true);

function fieldsOf(peer: Peer, received?: readonly ReceivedField[], host = authority): Record<string, string> {
  const text = forwardingFields(peer, host, 1, received);
  return Object.fromEntries(
    text
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(': ') as [string, string]),
  );
}

test.for<[version: string, isHttp2: boolean, minor: number]>([
  ['1.0', false, 0],
  ['1.1', false, 1],
  ['2.0', true, 1],
])('Via says that the request came with HTTP/%s (H13)', ([version, isHttp2, minor]) => {
  const peer = new Peer('203.0.113.7', true, false, NO_TLS, isHttp2);
  expect(peer.forwardingFields(authority, minor, undefined)).toContain(`\r\nVia: ${version} sluice\r\n`);
});

test('an untrusted peer gets everything written by us (F1, H13)', () => {
  expect(fieldsOf(stranger)).toEqual({
    'X-Forwarded-For': '203.0.113.7',
    'X-Real-Ip': '203.0.113.7',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Host': 'a.test:8443',
    'X-Forwarded-Port': '8443',
    'X-Forwarded-Server': 'sluice',
    Via: '1.1 sluice',
  });
});

test('the port is that of the scheme when Host has none', () => {
  expect(fieldsOf(stranger, undefined, parseAuthority('a.test'))['X-Forwarded-Port']).toBe('443');
  expect(fieldsOf(proxy, undefined, parseAuthority('a.test'))['X-Forwarded-Port']).toBe('80');
});

describe('a trusted peer (F2)', () => {
  test.for([
    ['x-forwarded-for', '1.2.3.4, 10.0.0.9', 'X-Forwarded-For', '1.2.3.4, 10.0.0.9, 10.0.0.1'],
    ['x-forwarded-for', '<script>', 'X-Forwarded-For', '10.0.0.1'],
    ['x-real-ip', '1.2.3.4', 'X-Real-Ip', '1.2.3.4'],
    ['x-real-ip', 'evil', 'X-Real-Ip', '10.0.0.1'],
    ['x-forwarded-proto', 'HTTPS', 'X-Forwarded-Proto', 'https'],
    ['x-forwarded-proto', 'gopher', 'X-Forwarded-Proto', 'http'],
    ['x-forwarded-host', 'b.test', 'X-Forwarded-Host', 'b.test'],
    ['x-forwarded-host', 'b test', 'X-Forwarded-Host', 'a.test:8443'],
    ['x-forwarded-port', '99', 'X-Forwarded-Port', '99'],
    ['x-forwarded-port', '9x', 'X-Forwarded-Port', '8443'],
    ['x-forwarded-prefix', '/app', 'X-Forwarded-Prefix', '/app'],
    ['x-forwarded-prefix', '//evil', 'X-Forwarded-Prefix', undefined],
    ['forwarded', 'for=1.2.3.4', 'Forwarded', 'for=1.2.3.4'],
    ['x-forwarded-uri', '/admin', 'X-Forwarded-Uri', undefined],
    ['x-forwarded-method', 'GET', 'X-Forwarded-Method', undefined],
  ] as const)('%s: %s', ([name, value, field, expected]) => {
    expect(fieldsOf(proxy, [[name, value]])[field]).toBe(expected);
  });
});

describe('clientAddress (F3)', () => {
  const trusted = new NetworkList(['10.0.0.0/8', '::1']);
  const behind = (chain: string): string => clientAddress(proxy, [['x-forwarded-for', chain]], trusted);

  test.for([
    ['1.2.3.4', '1.2.3.4'],
    ['6.6.6.6, 1.2.3.4, 10.1.1.1', '1.2.3.4'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['10.2.2.2', '10.0.0.1'],
    ['1.2.3.4, garbage', '10.0.0.1'],
    [`6.6.6.6${', 10.0.0.2'.repeat(30)}`, '10.0.0.1'],
  ] as const)('%s: %s', ([chain, expected]) => {
    expect(behind(chain)).toBe(expected);
  });

  test('an untrusted peer speaks only for itself', () => {
    expect(clientAddress(stranger, [['x-forwarded-for', '1.2.3.4']], trusted)).toBe('203.0.113.7');
  });
});

test.for([
  ['::ffff:10.1.2.3', true],
  ['10.255.0.1', true],
  ['11.0.0.1', false],
  ['::1', true],
  ['fe80::1%eth0', false],
  ['not an address', false],
] as const)('networks contain %s: %s', ([address, expected]) => {
  expect(new NetworkList(['10.0.0.0/8', '::1']).has(address)).toBe(expected);
});

test.for([
  ['::ffff:10.0.0.0/104', '10.1.2.3', true],
  ['::ffff:10.0.0.0/104', '11.1.2.3', false],
  ['::ffff:192.0.2.1', '192.0.2.1', true],
  ['::ffff:192.0.2.1', '192.0.2.2', false],
] as const)('a mapped network %s has %s: %s', ([network, address, expected]) => {
  expect(new NetworkList([network]).has(address)).toBe(expected);
});

test('plainAddress strips the mapped prefix and the zone', () => {
  expect(['::ffff:1.2.3.4', 'fe80::1%eth0', '::1'].map(plainAddress)).toEqual(['1.2.3.4', 'fe80::1', '::1']);
});
