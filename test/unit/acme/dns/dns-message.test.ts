import { expect, test } from 'vitest';
import { decodeMessage, encodeName, encodeText, readName } from '../../../../src/acme/dns/dns-message.ts';

test.for([
  ['A.Test.', '\x01a\x04test\0'],
  ['a.test', '\x01a\x04test\0'],
  ['.', '\0'],
] as const)('%s in wire form', ([name, wire]) => {
  expect(encodeName(name).toString('latin1')).toBe(wire);
});

test.for(['a..test', `${'l'.repeat(64)}.test`, `${'abcdefg.'.repeat(32)}test`])('not a name: %s', (name) => {
  expect(() => encodeName(name)).toThrow(RangeError);
});

test('a text is at most 255 bytes', () => {
  expect(encodeText('ab')).toEqual(Buffer.from('\x02ab'));
  expect(() => encodeText('x'.repeat(256))).toThrow(RangeError);
});

test('pointers are followed, and loops of them end', () => {
  const bytes = Buffer.from('\x04Test\0\x01a\xc0\x00', 'latin1');
  expect(readName(bytes, 6)).toEqual({ name: 'a.test', end: 10 });
  expect(() => readName(Buffer.of(0xc0, 0), 0)).toThrow(/broken name/);
});

test.for(['', '\0'.repeat(11), `\0\0\0\0\0\0\0\x01${'\0'.repeat(4)}\0\0\x01\0\x01\0\0\0\0\0\x09`])(
  'a broken message is a RangeError',
  (text) => {
    expect(() => decodeMessage(Buffer.from(text, 'latin1'))).toThrow(RangeError);
  },
);

test('a name longer than 255 bytes is broken: pointers could make a megabyte of a small message', () => {
  const label = Buffer.concat([Buffer.of(63), Buffer.alloc(63, 0x61)]);
  const name = (labels: number): Buffer =>
    Buffer.concat([...Array.from({ length: labels }, () => label), Buffer.of(0)]);
  expect(readName(name(3), 0).name).toHaveLength(191);
  expect(() => readName(name(4), 0)).toThrow(RangeError);
});
