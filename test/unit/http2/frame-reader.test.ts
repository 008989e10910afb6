import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FrameSink, FrameReader } from '../../../src/http2/frame-reader.ts';
import { FLAG, frame, PREFACE, TYPE } from '../../support/http2-wire.ts';

/** Notes what it is given; pieces of DATA are joined. */
class Notes implements FrameSink {
  isOver = false;
  readonly list: string[] = [];
  private payload: string | undefined = undefined;

  frame(type: number, flags: number, streamId: number, buf: Buffer, start: number, end: number): void {
    this.list.push(`${type} ${flags} ${streamId} ${buf.latin1Slice(start, end)}`);
  }

  dataBegin(flags: number, streamId: number, bytes: number): void {
    if (this.payload !== undefined) throw new Error('a frame in a frame');
    this.list.push(`data ${flags} ${streamId} ${bytes}`);
    this.payload = '';
  }

  data(buf: Buffer, start: number, end: number): void {
    if (end <= start) throw new Error('a piece of nothing');
    this.payload += buf.latin1Slice(start, end);
  }

  dataEnd(): void {
    this.list.push(`end ${this.payload}`);
    this.payload = undefined;
  }

  badFrame(code: number, streamId: number): void {
    this.list.push(`bad ${code} ${streamId}`);
    if (code > 0) this.isOver = true;
  }
}

const octets = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes));
const id = fc.integer({ min: 1, max: 0x7fff_ffff });
/** A frame, and what is to be noted of it. */
type Case = readonly [bytes: Buffer, notes: readonly string[]];

const data = fc
  .tuple(id, fc.constantFrom(0, 1), octets(50), fc.option(fc.integer({ min: 0, max: 255 }), { nil: undefined }))
  .map(([stream, flags, body, padding]): Case => {
    const all = padding === undefined ? flags : flags | FLAG.PADDED;
    const payload =
      padding === undefined ? body : Buffer.concat([Buffer.from([padding]), body, Buffer.alloc(padding, 0x50)]);
    const begin = `data ${all} ${stream} ${payload.length}`;
    return [frame(TYPE.DATA, all, stream, payload), [begin, `end ${body.latin1Slice()}`]];
  });
const other = fc
  .tuple(
    fc.constantFrom<number>(TYPE.HEADERS, TYPE.CONTINUATION, 77, 255),
    fc.integer({ min: 0, max: 255 }),
    id,
    octets(60),
  )
  .map(([type, flags, stream, payload]): Case => [
    frame(type, flags, stream, payload),
    [`${type} ${flags} ${stream} ${payload.latin1Slice()}`],
  ]);
const wrong = id.map((stream): Case => [frame(TYPE.PRIORITY, 0, stream, Buffer.alloc(4)), [`bad -6 ${stream}`]]);
/** What nothing comes behind. */
const last = fc.constantFrom<Case>(
  [Buffer.alloc(0), []],
  [frame(TYPE.DATA, 0, 0), ['bad 1 0']],
  [frame(TYPE.PING, 0, 0, Buffer.alloc(7)), ['bad 6 0']],
  [frame(TYPE.HEADERS, 0, 1, Buffer.alloc(16_385)), ['bad 6 0']],
  [frame(TYPE.DATA, FLAG.PADDED, 1, Buffer.from([1])), [`data 8 1 1`, 'bad 1 0']],
  [frame(TYPE.DATA, FLAG.PADDED, 1), [`data 8 1 0`, 'bad 1 0']],
);

test('reads the same frames, wherever the bytes are split', () => {
  const list = fc.array(fc.oneof(data, data, other, wrong), { maxLength: 8 });
  const cuts = fc.array(fc.nat(2000), { maxLength: 30 });
  fc.assert(
    fc.property(list, last, cuts, fc.boolean(), (cases, [end, endNotes], at, isBytewise) => {
      const bytes = Buffer.concat([PREFACE, ...cases.map(([one]) => one), end]);
      const notes = new Notes();
      const reader = new FrameReader(notes);
      const places = isBytewise
        ? Array.from({ length: Math.min(bytes.length, 3000) }, (_, n) => n)
        : at.filter((one) => one < bytes.length).sort((a, b) => a - b);
      let from = 0;
      for (const to of [...places, bytes.length]) {
        // Whoever gives the bytes uses their buffer again.
        const chunk = Buffer.from(bytes.subarray(from, to));
        if (!notes.isOver) reader.read(chunk);
        chunk.fill(0xee);
        from = to;
      }
      expect(notes.list).toEqual([...cases.flatMap(([, noted]) => noted), ...endNotes]);
    }),
    { numRuns: 400 },
  );
});

test.for(['GET / HTTP/1.1\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\rX', 'X'])('%j is no preface', (text) => {
  const notes = new Notes();
  new FrameReader(notes).read(Buffer.from(text));
  expect(notes.list).toEqual(['bad 1 0']);
});
