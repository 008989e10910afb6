import { expect, test } from 'vitest';
import { octets } from '../../../src/lib/octets.ts';
import { percentEncode } from '../../../src/lib/percent-encode.ts';

test.for([
  ["/a-z_~!$&'()*+,;=:@%2F?#[]", "/a-z_~!$&'()*+,;=:@%2F?#[]"],
  ['/a b\r\n\0', '/a%20b%0D%0A%00'],
  ['"<>\\^`{|}\x7f', '%22%3C%3E%5C%5E%60%7B%7C%7D%7F'],
  // As latin1 the second would be a line feed.
  ['é\u010a😀', '%C3%A9%C4%8A%F0%9F%98%80'],
  ['\ud800', '%EF%BF%BD'],
] as const)('%s: %s', ([text, expected]) => {
  expect(percentEncode(text)).toBe(expected);
});

test.for([
  ['abc', 'abc'],
  ['é\u010a', '\xc3\xa9\xc4\x8a'],
  ['\ud800', '\xef\xbf\xbd'],
] as const)('octets of %s', ([text, expected]) => {
  expect(octets(text)).toBe(expected);
});
