import { expect, test } from 'vitest';
import { type Field, LINE } from '../../../src/http2/field.ts';
import { HpackDecoder } from '../../../src/http2/hpack-decoder.ts';
import { RequestBlock, TOO_LARGE } from '../../../src/http2/request-block.ts';

test('a block that means thousands of long fields is not looked at beyond what a head may be', () => {
  const name = Buffer.alloc(4000, 'a');
  // A literal with incremental indexing (RFC 7541 6.2.1), and then its name again and again, two octets each.
  const first = Buffer.concat([
    Buffer.from([0x40, 0x7f, 0x80 | ((4000 - 127) & 0x7f), (4000 - 127) >> 7]),
    name,
    Buffer.from([0]),
  ]);
  const again = Buffer.alloc(60_000, Buffer.from([0x7e, 0x00]));
  const decoder = new HpackDecoder(65_536);
  const block = new RequestBlock(32_768);
  let [judged, fields] = [0, 0];
  block.begin(false);
  const isDecoded =
    decoder.decode(first, 0, first.length, block) &&
    decoder.decode(again, 0, again.length, {
      field: (field: Field) => {
        fields += 1;
        block.field(field);
        if (field.kind === LINE) judged += 1;
      },
    });
  expect([isDecoded, fields, block.conclude(true)]).toEqual([true, 30_000, TOO_LARGE]);
  expect(judged).toBeLessThan(32_768 / 4000);
});
