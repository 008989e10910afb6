import fc from 'fast-check';
import { expect, test } from 'vitest';
import { closeFrame, FrameBoundary } from '../../../src/http/websocket-frames.ts';

/** A frame of this length with its head as RFC 6455 5.2 has it. */
function frame(length: number, isMasked: boolean, opcode = 2): Buffer {
  const mask = isMasked ? 0x80 : 0;
  const head =
    length < 126
      ? Buffer.from([0x80 | opcode, mask | length])
      : length < 65_536
        ? Buffer.from([0x80 | opcode, mask | 126, length >> 8, length & 255])
        : Buffer.concat([Buffer.from([0x80 | opcode, mask | 127, 0, 0, 0, 0]), uint32(length)]);
  return Buffer.concat([head, Buffer.alloc(isMasked ? 4 : 0, 0xff), Buffer.alloc(length, 0x88)]);
}

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
}

test('knows the boundaries of any frames, however the bytes are cut', () => {
  const lengths = fc.array(fc.tuple(fc.constantFrom(0, 1, 125, 126, 127, 300, 65_535, 65_536, 70_000), fc.boolean()), {
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(lengths, fc.array(fc.nat({ max: 99 }), { maxLength: 6 }), (list, cuts) => {
      const frames = list.map(([length, isMasked]) => frame(length, isMasked));
      const all = Buffer.concat(frames);
      const ends = new Set(frames.map((_, index) => Buffer.concat(frames.slice(0, index + 1)).length));
      const places = [...new Set([...cuts.map((cut) => Math.floor((cut / 100) * all.length)), all.length])].sort(
        (a, b) => a - b,
      );
      const boundary = new FrameBoundary();
      let at = 0;
      for (const place of places) {
        boundary.follow(all, at, place);
        at = place;
        expect(boundary.isAtBoundary).toBe(at === 0 || ends.has(at));
      }
      expect(boundary.hasClosed).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test('stops at the first boundary when asked to', () => {
  const bytes = Buffer.concat([frame(300, true), frame(5, true)]);
  const boundary = new FrameBoundary();
  expect(boundary.follow(bytes, 0, 3)).toBe(3);
  expect(boundary.follow(bytes, 3, bytes.length, true)).toBe(308);
  expect(boundary.isAtBoundary).toBe(true);
});

test('sees a close', () => {
  const boundary = new FrameBoundary();
  boundary.follow(closeFrame(true), 0, 8);
  expect([boundary.hasClosed, boundary.isAtBoundary]).toEqual([true, true]);
});

test('a close says 1001, masked where a client would say it', () => {
  expect([...closeFrame(false)]).toEqual([0x88, 2, 0x03, 0xe9]);
  const masked = closeFrame(true);
  expect([masked[0], masked[1], masked.length]).toEqual([0x88, 0x82, 8]);
  expect([masked[6]! ^ masked[2]!, masked[7]! ^ masked[3]!]).toEqual([0x03, 0xe9]);
});
