import { expect, test } from 'vitest';
import { reverseName } from '../../../src/lib/reverse-name.ts';

test.for([
  ['127.0.0.1', '1.0.0.127.in-addr.arpa'],
  ['192.0.2.55', '55.2.0.192.in-addr.arpa'],
  ['2001:db8::567:89ab', 'b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa'],
] as const)('%s', ([address, name]) => {
  expect(reverseName(address)).toBe(name);
});

test('anything else is a mistake', () => {
  expect(() => reverseName('a.test')).toThrow(/not an address/);
});
