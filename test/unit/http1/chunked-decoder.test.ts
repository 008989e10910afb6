import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { ChunkedDecoder } from '../../../src/http1/chunked-decoder.ts';
import { TrailerSection } from '../../../src/http1/trailers.ts';

interface Outcome {
  readonly payload: string;
  readonly state: 'done' | 'broken' | 'open';
  readonly trailers: string;
  readonly rest: string;
}

function decode(text: string, pieceSize = text.length): Outcome {
  const decoder = new ChunkedDecoder();
  const buf = Buffer.from(text, 'latin1');
  let payload = '';
  for (let from = 0; from < buf.length; from += pieceSize) {
    const piece = buf.subarray(from, from + pieceSize);
    let at = 0;
    while (at < piece.length) {
      at = decoder.advance(piece, at, piece.length);
      payload += piece.latin1Slice(decoder.dataStart, decoder.dataEnd);
      if (decoder.isBroken) return { payload, state: 'broken', trailers: '', rest: '' };
      if (decoder.isDone) {
        return { payload, state: 'done', trailers: decoder.trailers, rest: text.slice(from + at) };
      }
    }
  }
  return { payload, state: 'open', trailers: '', rest: '' };
}

describe('well formed', () => {
  test.for([
    { text: '0\r\n\r\n', payload: '', trailers: '', rest: '' },
    { text: '5\r\nhello\r\n0\r\n\r\nnext', payload: 'hello', trailers: '', rest: 'next' },
    { text: 'A\r\n0123456789\r\n0\r\n\r\n', payload: '0123456789', trailers: '', rest: '' },
    { text: '005\r\nhello\r\n00\r\n\r\n', payload: 'hello', trailers: '', rest: '' },
    { text: '1;a\r\nx\r\n0;b=c;d="e;\\"\r\n\r\n', payload: 'x', state: 'broken' },
    { text: '1;a=b;c="d\\"e"\r\nx\r\n0\r\n\r\n', payload: 'x', trailers: '', rest: '' },
    { text: '0\r\nX-Sum: 1\r\n\r\nz', payload: '', trailers: 'X-Sum: 1\r\n', rest: 'z' },
    { text: '0\r\nContent-Length: 5\r\nX-A: 1\r\nHost: b\r\n\r\n', payload: '', trailers: 'X-A: 1\r\n', rest: '' },
  ])('$text', ({ text, payload, trailers, rest, state }) => {
    const expected = { payload, state: state ?? 'done', trailers: trailers ?? '', rest: rest ?? '' };
    expect(decode(text)).toEqual(expected);
    expect(decode(text, 1)).toEqual(expected);
  });
});

describe('broken (X8 to X12)', () => {
  test.for([
    '\r\n',
    ' 5\r\nhello\r\n',
    '5 \r\nhello\r\n',
    '+5\r\nhello\r\n',
    '0x5\r\nhello\r\n',
    '5_0\r\n',
    '5\nhello\n',
    '5\rhello',
    '5\r\nhelloX',
    '5\r\nhello\rX',
    '5\r\nhello\n0\r\n\r\n',
    '11111111111111\r\n',
    `5;${'a'.repeat(257)}\r\n`,
    '5;\r\nhello\r\n',
    '5;a="b\r\nhello\r\n',
    '5;a=b c\r\n',
    '0\r\nno colon\r\n\r\n',
    '0\r\n folded: x\r\n\r\n',
    '0\r\n\n',
  ])('%j', (text) => {
    expect(decode(text).state).toBe('broken');
    expect(decode(text, 1).state).toBe('broken');
  });

  test('a body that is nearly all framing (X11)', () => {
    expect(decode(`${'1;abcdefghijklmnopqrstuvwxyz\r\nx\r\n'.repeat(2000)}0\r\n\r\n`).state).toBe('broken');
  });
});

test('any body in any chunks, split anywhere, arrives unchanged', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 8 }),
      fc.integer({ min: 1, max: 50 }),
      (chunks, pieceSize) => {
        const payload = chunks.map((chunk) => Buffer.from(chunk).toString('latin1'));
        const text = `${payload.map((p) => `${p.length.toString(16)}\r\n${p}\r\n`).join('')}0\r\n\r\nrest`;
        const { rest, ...outcome } = decode(text, pieceSize);
        expect(outcome).toEqual({ payload: payload.join(''), state: 'done', trailers: '' });
        expect(rest).toBe('rest');
      },
    ),
    { numRuns: 300 },
  );
});

describe('trailers byte by byte (L6)', () => {
  test('are read once, not once a byte', () => {
    const field = vi.spyOn(TrailerSection.prototype, 'field');
    const trailers = 'X-A: 1\r\n'.repeat(90);
    expect(decode(`0\r\n${trailers}\r\nrest`, 1)).toMatchObject({ state: 'done', trailers });
    expect(field).toHaveBeenCalledTimes(90);
    field.mockRestore();
  });

  test('are refused when they are too long, not when they end', () => {
    expect(decode(`0\r\nX-A: ${'v'.repeat(33_000)}`, 1).state).toBe('broken');
  });

  test.for(['0\r\n\r\n\r\nGET', '0\r\n\r\n\nbinary'])(
    'none at all end with two bytes, whatever follows: %j',
    (text) => {
      for (let pieceSize = 1; pieceSize <= text.length; pieceSize++) {
        expect(decode(text, pieceSize)).toMatchObject({ state: 'done', trailers: '' });
      }
    },
  );
});
