import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FieldSink, HpackDecoder, TABLE_BYTES } from '../../../src/http2/hpack-decoder.ts';
import { STATIC_TABLE } from '../../../src/http2/static-table.ts';

type Field = readonly [name: string, value: string];

/** The fields of a block, or `undefined` when it cannot be decoded. */
function decode(decoder: HpackDecoder, block: Buffer): Field[] | undefined {
  const fields: Field[] = [];
  const sink: FieldSink = { field: ({ name, value }) => void fields.push([name, value]) };
  // Octets around it belong to nobody.
  const around = Buffer.concat([Buffer.alloc(3, 0xff), block, Buffer.alloc(3, 0xff)]);
  return decoder.decode(around, 3, 3 + block.length, sink) ? fields : undefined;
}

const REQUESTS: readonly (readonly Field[])[] = [
  [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'www.example.com'],
  ],
  [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'www.example.com'],
    ['cache-control', 'no-cache'],
  ],
  [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':path', '/index.html'],
    [':authority', 'www.example.com'],
    ['custom-key', 'custom-value'],
  ],
];
const response = (status: string, second: string, more: readonly Field[]): readonly Field[] => [
  [':status', status],
  ['cache-control', 'private'],
  ['date', `Mon, 21 Oct 2013 20:13:${second} GMT`],
  ['location', 'https://www.example.com'],
  ...more,
];
const RESPONSES = [
  response('302', '21', []),
  response('307', '21', []),
  response('200', '22', [
    ['content-encoding', 'gzip'],
    ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'],
  ]),
];
/** A dynamic table of 256 octets, which C.5 and C.6 take for agreed. */
const RESIZE_256 = '3fe101';

describe('the examples of RFC 7541, appendix C', () => {
  test.for<[section: string, blocks: readonly string[], fields: readonly (readonly Field[])[]]>([
    [
      'C.2.1, literal with indexing',
      ['400a637573746f6d2d6b65790d637573746f6d2d686561646572', 'be'],
      [[['custom-key', 'custom-header']], [['custom-key', 'custom-header']]],
    ],
    ['C.2.2, literal without indexing', ['040c2f73616d706c652f70617468'], [[[':path', '/sample/path']]]],
    ['C.2.3, literal never indexed', ['100870617373776f726406736563726574'], [[['password', 'secret']]]],
    ['C.2.4, indexed', ['82'], [[[':method', 'GET']]]],
    [
      'C.3, requests',
      [
        '828684410f7777772e6578616d706c652e636f6d',
        '828684be58086e6f2d6361636865',
        '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
      ],
      REQUESTS,
    ],
    [
      'C.4, requests with Huffman',
      [
        '828684418cf1e3c2e5f23a6ba0ab90f4ff',
        '828684be5886a8eb10649cbf',
        '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
      ],
      REQUESTS,
    ],
    [
      'C.5, responses',
      [
        `${RESIZE_256}4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d`,
        '4803333037c1c0bf',
        '88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31',
      ],
      RESPONSES,
    ],
    [
      'C.6, responses with Huffman',
      [
        `${RESIZE_256}488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3`,
        '4883640effc1c0bf',
        '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
      ],
      RESPONSES,
    ],
  ])('%s', ([, blocks, fields]) => {
    const decoder = new HpackDecoder(1000);
    expect(blocks.map((hex) => decode(decoder, Buffer.from(hex, 'hex')))).toEqual(fields);
  });

  test('what was evicted in C.5 is gone, what was not is there', () => {
    const decoder = new HpackDecoder(1000);
    const hex = `${RESIZE_256}4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d`;
    decode(decoder, Buffer.from(hex, 'hex'));
    decode(decoder, Buffer.from('4803333037c1c0bf', 'hex'));
    expect(decode(decoder, Buffer.from('bebfc0c1', 'hex'))).toEqual([
      [':status', '307'],
      ['location', 'https://www.example.com'],
      ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'],
      ['cache-control', 'private'],
    ]);
    expect(decode(decoder, Buffer.from('c2', 'hex'))).toBeUndefined();
  });
});

test.for<[what: string, hex: string]>([
  ['index 0', '80'],
  ['an index behind the tables', 'be'],
  ['a name of an index behind the tables', '7f0000'],
  ['an integer that does not end', 'ff8080'],
  ['an integer that is too large', 'ffffffffff7f'],
  ['a literal without a name', '40'],
  ['a literal without a value', '400161'],
  ['a name that is longer than the block', '4003616'],
  ['a value that is longer than the block', '4001610262'],
  ['a resize above what was agreed (4,097)', '3fe21f'],
  ['a resize behind a field', '8220'],
  ['a bad Huffman string', '40016181ff'],
])('%s ends the connection', ([, hex]) => {
  expect(decode(new HpackDecoder(1000), Buffer.from(hex, 'hex'))).toBeUndefined();
});

test.for<[what: string, hex: string]>([
  ['several resizes where a block begins', '203fe11f82'],
  ['a resize to all that was agreed', '3fe11f82'],
])('%s are taken', ([, hex]) => {
  expect(decode(new HpackDecoder(1000), Buffer.from(hex, 'hex'))).toEqual([[':method', 'GET']]);
});

test('a resize to 0 empties the table', () => {
  const decoder = new HpackDecoder(1000);
  expect(decode(decoder, Buffer.from('4001610162be', 'hex'))).toHaveLength(2);
  expect(decode(decoder, Buffer.from('20be', 'hex'))).toBeUndefined();
});

/** Written from the text of RFC 7541 alone, the slow way: one step for each representation. */
class NaiveEncoder {
  private entries: Field[] = [];
  private most = TABLE_BYTES;

  private trim(): void {
    const size = (): number => this.entries.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
    while (size() > this.most) this.entries.pop();
  }

  private integer(flags: number, bits: number, value: number): Buffer {
    const most = 2 ** bits - 1;
    if (value < most) return Buffer.from([flags + value]);
    const octets = [flags + most];
    let left = value - most;
    while (left >= 128) {
      octets.push((left % 128) + 128);
      left = Math.floor(left / 128);
    }
    return Buffer.from([...octets, left]);
  }

  private text(text: string): Buffer {
    return Buffer.concat([this.integer(0, 7, text.length), Buffer.from(text, 'latin1')]);
  }

  resize(bytes: number): Buffer {
    this.most = bytes;
    this.trim();
    return this.integer(0x20, 5, bytes);
  }

  /** `how`: with indexing, without, never. */
  field([name, value]: Field, how: 'with' | 'without' | 'never', useIndex: boolean): Buffer {
    const all: readonly Field[] = [...STATIC_TABLE, ...this.entries];
    const whole = all.findIndex((one) => one[0] === name && one[1] === value) + 1;
    if (useIndex && whole > 0) return this.integer(0x80, 7, whole);
    const named = useIndex ? all.findIndex((one) => one[0] === name) + 1 : 0;
    const [flags, bits] = { with: [0x40, 6] as const, without: [0, 4] as const, never: [0x10, 4] as const }[how];
    const bytes = [this.integer(flags, bits, named), ...(named > 0 ? [] : [this.text(name)]), this.text(value)];
    if (how === 'with') {
      this.entries.unshift([name, value]);
      this.trim();
    }
    return Buffer.concat(bytes);
  }
}

test('agrees with a naive encoder, whatever the sizes of the table', () => {
  const name = fc.constantFrom('a', 'b', 'cookie', ':path', 'x'.repeat(200), 'long'.repeat(300), '');
  const value = fc.oneof(fc.constantFrom('', '1', '/', 'v'.repeat(500), 'w'.repeat(4040)), fc.string({ maxLength: 9 }));
  const field = fc.tuple(
    fc.tuple(name, value),
    fc.constantFrom('with' as const, 'with' as const, 'without' as const, 'never' as const),
    fc.boolean(),
  );
  const size = fc.oneof(fc.integer({ min: 0, max: TABLE_BYTES }), fc.constantFrom(0, 31, 32, 33, 34, TABLE_BYTES));
  const blocks = fc.array(fc.tuple(fc.array(size, { maxLength: 2 }), fc.array(field, { maxLength: 12 })), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(blocks, (list) => {
      const decoder = new HpackDecoder(5000);
      const encoder = new NaiveEncoder();
      for (const [sizes, fields] of list) {
        const bytes = [...sizes.map((one) => encoder.resize(one)), ...fields.map((one) => encoder.field(...one))];
        expect(decode(decoder, Buffer.concat(bytes))).toEqual(fields.map(([one]) => one));
      }
    }),
    { numRuns: 300 },
  );
});

test('whatever octets come, it says yes or no', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 }), (blocks) => {
      const decoder = new HpackDecoder(1000);
      for (const block of blocks) {
        const fields = decode(decoder, Buffer.from(block));
        for (const [name, value] of fields ?? []) expect(name.length + value.length).toBeLessThanOrEqual(4096);
      }
    }),
    { numRuns: 2000 },
  );
});
