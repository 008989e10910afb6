import { isIP } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { networkContains, parseIpAddress, parseIpNetwork } from '../../../src/lib/ip-address.ts';

describe('parseIpAddress', () => {
  test.for([
    { text: '192.0.2.1', bytes: [192, 0, 2, 1] },
    { text: '::ffff:192.0.2.1', bytes: [192, 0, 2, 1] },
    { text: '::FFFF:c000:201', bytes: [192, 0, 2, 1] },
    { text: '::', bytes: Array<number>(16).fill(0) },
    { text: '::1', bytes: [...Array<number>(15).fill(0), 1] },
    { text: 'fe80::1%eth0', bytes: [0xfe, 0x80, ...Array<number>(13).fill(0), 1] },
    { text: '1:2:3:4:5:6:7:8', bytes: [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8] },
    { text: '1:2:3:4:5:6:1.2.3.4', bytes: [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 1, 2, 3, 4] },
  ])('$text', ({ text, bytes }) => {
    expect(parseIpAddress(text)).toEqual(bytes);
  });

  test.for([
    '',
    '10.0.0',
    '010.0.0.1',
    '10.0.0.256',
    '10.0.0.1:80',
    '[::1]',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'g::',
    '1.2.3.4::',
    'localhost',
    '1.2.3.4 ',
  ])('"%s" is none', (text) => {
    expect(parseIpAddress(text)).toBeUndefined();
  });

  test('accepts what the platform accepts', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => (parseIpAddress(text) !== undefined) === isIP(text) > 0),
    );
  });

  test('refuses what the platform refuses', () => {
    const nearly = fc.string({ unit: fc.constantFrom(...'0123af:.'.split('')), maxLength: 20 });
    fc.assert(fc.property(nearly, (text) => (parseIpAddress(text) !== undefined) === isIP(text) > 0));
  });
});

describe('networks', () => {
  test.for([
    { network: '10.0.0.0/8', address: '10.255.0.1', isIn: true },
    { network: '10.0.0.0/8', address: '11.0.0.1', isIn: false },
    { network: '203.0.113.99/24', address: '203.0.113.1', isIn: true },
    { network: '203.0.113.6/31', address: '203.0.113.7', isIn: true },
    { network: '203.0.113.6/31', address: '203.0.113.8', isIn: false },
    { network: '203.0.113.7', address: '203.0.113.7', isIn: true },
    { network: '0.0.0.0/0', address: '203.0.113.7', isIn: true },
    { network: '0.0.0.0/0', address: '2001:db8::1', isIn: false },
    { network: '::/0', address: '203.0.113.7', isIn: false },
    { network: '::/0', address: '2001:db8::1', isIn: true },
    { network: '2001:db8::/33', address: '2001:db8:8000::1', isIn: false },
    { network: '::ffff:10.0.0.0/104', address: '10.9.9.9', isIn: true },
    { network: '10.0.0.0/8', address: '::ffff:10.9.9.9', isIn: true },
  ])('$address in $network: $isIn', ({ network, address, isIn }) => {
    const parsed = parseIpNetwork(network);
    const bytes = parseIpAddress(address);
    expect(parsed !== undefined && bytes !== undefined && networkContains(parsed, bytes)).toBe(isIn);
  });

  test.for([
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '::/129',
    '::ffff:10.0.0.0/80',
    'fe80::1%e/64',
    'x/8',
  ])('"%s" is no network', (text) => {
    expect(parseIpNetwork(text)).toBeUndefined();
  });
});
