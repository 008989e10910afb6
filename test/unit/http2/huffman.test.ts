import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeHuffman, encodeHuffman, huffmanLength } from '../../../src/http2/huffman.ts';

function encode(text: string): Buffer {
  const buf = Buffer.alloc(huffmanLength(text) + 1, 0xaa);
  const end = encodeHuffman(text, buf, 0);
  expect(end).toBe(huffmanLength(text));
  expect(buf[end]).toBe(0xaa);
  return buf.subarray(0, end);
}

const decode = (hex: string, max = 1000): string | undefined => {
  const buf = Buffer.from(hex, 'hex');
  return decodeHuffman(buf, 0, buf.length, max);
};

test.for<[text: string, hex: string]>([
  ['www.example.com', 'f1e3c2e5f23a6ba0ab90f4ff'],
  ['no-cache', 'a8eb10649cbf'],
  ['custom-key', '25a849e95ba97d7f'],
  ['custom-value', '25a849e95bb8e8b4bf'],
  ['302', '6402'],
  ['Mon, 21 Oct 2013 20:13:21 GMT', 'd07abe941054d444a8200595040b8166e082a62d1bff'],
  ['https://www.example.com', '9d29ad171863c78f0b97c8e9ae82ae43d3'],
  [
    'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
    '94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
  ],
  ['', ''],
])('%s (RFC 7541 C.4, C.6)', ([text, hex]) => {
  expect(encode(text).toString('hex')).toBe(hex);
  expect(decode(hex)).toBe(text);
});

test('whatever octets come back as they were', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
      const text = Buffer.from(octets).latin1Slice();
      const bytes = encode(text);
      expect(decodeHuffman(bytes, 0, bytes.length, 300)).toBe(text);
    }),
    { numRuns: 500 },
  );
});

test.for<[what: string, hex: string]>([
  ['padding of eight bits', 'ff'],
  ['padding of more than a byte', '1fff'],
  ['padding that is not of ones', '00'],
  ['the code for the end', 'fffffffc'],
  ['the code for the end behind an octet', '1fffffffff'],
])('%s is no string (RFC 7541 5.2)', ([, hex]) => expect(decode(hex)).toBeUndefined());

test('no string is longer than it may be', () => {
  const bytes = encode('a'.repeat(10)).toString('hex');
  expect([decode(bytes, 10), decode(bytes, 9)]).toEqual(['a'.repeat(10), undefined]);
});
