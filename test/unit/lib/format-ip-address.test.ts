import { isIP } from 'node:net';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatIpAddress } from '../../../src/lib/format-ip-address.ts';
import { parseIpAddress } from '../../../src/lib/ip-address.ts';

// RFC 5952, section 4 and 5.
test.for([
  ['192.0.2.1', '192.0.2.1'],
  ['0.0.0.0', '0.0.0.0'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['1:2:3:4:5:6:0:0', '1:2:3:4:5:6::'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
] as const)('%s is %s', ([text, formatted]) => {
  const bytes = parseIpAddress(text)!;
  expect(formatIpAddress(bytes, 0, bytes.length === 4 ? 4 : 16)).toBe(formatted);
});

test('mapped IPv4 in sixteen bytes is IPv4', () => {
  const bytes = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1];
  expect(formatIpAddress(bytes, 0, 16)).toBe('10.0.0.1');
});

test('every address reads back as it was', () => {
  const groups = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(groups, (values) => {
      const bytes = values.flatMap((value) => [value >> 8, value & 0xff]);
      const text = formatIpAddress([9, ...bytes], 1, 16);
      const isMapped = isIP(text) === 4;
      expect(isIP(text)).not.toBe(0);
      expect(parseIpAddress(text)).toEqual(isMapped ? bytes.slice(12) : bytes);
    }),
  );
});
