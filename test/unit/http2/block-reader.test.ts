import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RequestHead } from '../../../src/http1/request-head.ts';
import { BlockReader } from '../../../src/http2/block-reader.ts';

type Field = readonly [name: string, value: string];

const OPENING: readonly Field[] = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/a'],
  [':authority', 'site.test'],
];
const NAMES =
  'accept cookie te via proxy expect trailer x_alias x-forwarded-for x-forwarded-any authorization forwarded ' +
  'content-length max-forwards x-a x-b b(d x-long';
const END_STREAM = 1;
const END_HEADERS = 4;

/** A field block that puts each field into the dynamic table, or one of indexes that mean those. */
const literals = (fields: readonly Field[]): Buffer =>
  Buffer.concat(
    fields.flatMap(([name, value]) => [
      Buffer.from([0x40, name.length]),
      Buffer.from(name, 'latin1'),
      Buffer.from([value.length]),
      Buffer.from(value, 'latin1'),
    ]),
  );
const indexes = (fields: readonly Field[]): Buffer => Buffer.from(fields.map((_, i) => 0x80 + 61 + fields.length - i));

/** What a head says, with the lines of each name in their order. */
function factsOf(head: RequestHead, refused: string | undefined): unknown {
  if (refused !== undefined) return refused;
  const lines = head.fields.split('\r\n').sort((a, b) => (a.split(':')[0]! < b.split(':')[0]! ? -1 : 1));
  const { path, authority, forwarded, hops, acceptsTrailers, announcedTrailers, contentLength } = head;
  return { lines, path, authority, forwarded, hops, acceptsTrailers, announcedTrailers, contentLength };
}

function newHead(): RequestHead {
  const head = new RequestHead();
  head.trustsForwarded = true;
  head.maxFields = 12;
  return head;
}

/** What the parser says of the same lines, all at once. */
function parsed(fields: readonly Field[]): unknown {
  const head = newHead();
  const others = fields.filter(([name]) => name !== 'cookie').map(([name, value]) => `${name}: ${value}\r\n`);
  // RFC 9113 8.2.3.
  const cookies = fields.flatMap(([name, value]) => (name === 'cookie' ? [value] : [])).join('; ');
  const cookie = cookies.replace(/^(; )+/, '') === '' ? '' : `cookie: ${cookies.replace(/^(; )+/, '')}\r\n`;
  const text = Buffer.from(`GET /a HTTP/1.1\r\nHost: site.test\r\n${others.join('')}${cookie}\r\n`, 'latin1');
  return factsOf(head, head.parse(text, 0, text.length) > 0 ? undefined : head.fault);
}

const value = fc.oneof(
  fc.constantFrom('trailers', '100-continue', '0', 'a=b', '1.1 sluice', '', '5'),
  fc.array(fc.integer({ min: 0x21, max: 0xff }), { maxLength: 5 }).map((octets) => String.fromCharCode(...octets)),
);

test('a head is what the parser makes of all its lines, when they come first and when indexes mean them', () => {
  let compared = 0;
  const field = fc.tuple(fc.constantFrom(...NAMES.split(' ')), value);
  fc.assert(
    fc.property(fc.array(field, { maxLength: 14 }), (some) => {
      const fields = [...OPENING, ...some];
      const reader = new BlockReader(32_768);
      for (const block of [literals(fields), indexes(fields)]) {
        expect(reader.open(END_HEADERS | END_STREAM, 1, false, block, 0, block.length)).toBe(0);
        if (reader.isMalformed) continue;
        const head = newHead();
        expect(factsOf(head, reader.parseInto(head))).toEqual(parsed(some));
        compared += 1;
      }
    }),
    { numRuns: 1500 },
  );
  expect(compared).toBeGreaterThan(1000);
});

test('lines of one name keep their order, whether indexes mean them or not', () => {
  const reader = new BlockReader(32_768);
  const head = newHead();
  const known = literals([...OPENING, ['x-a', '2']]);
  reader.open(END_HEADERS | END_STREAM, 1, false, known, 0, known.length);
  const fresh = (field: Field): Buffer => Buffer.concat([Buffer.from([0]), literals([field]).subarray(1)]);
  const index = Buffer.from([0x80 + 62]);
  const opening = Buffer.from([0x80 + 66, 0x80 + 65, 0x80 + 64, 0x80 + 63]);
  const block = Buffer.concat([opening, fresh(['x-a', '1']), index, fresh(['x-a', 'v'.repeat(120)]), index]);
  reader.open(END_HEADERS | END_STREAM, 3, false, block, 0, block.length);
  expect(reader.parseInto(head)).toBeUndefined();
  expect(head.fields).toBe(`x-a: 1\r\nx-a: 2\r\nx-a: ${'v'.repeat(120)}\r\nx-a: 2\r\n`);
});
