import { expect, test } from 'vitest';
import { RETAINED } from '../../../src/http/downstream.ts';
import type { Exchange } from '../../../src/http/exchange.ts';
import { GatheredBody } from '../../../src/http2/gathered-body.ts';
import { BufferPool, LARGE_BUFFER } from '../../../src/upstream/buffer-pool.ts';
import { pattern } from '../../support/http2-client.ts';

/** A client that notes what it gets; with `retains` it keeps the buffers. */
function client(retains = false) {
  const got: { bytes: Buffer; isPooled: boolean; buffer: Buffer }[] = [];
  const exchange: Pick<Exchange, 'onData' | 'flushResponse'> = {
    onData: (buffer, start, end, isPooled) => {
      got.push({ bytes: Buffer.from(buffer.subarray(start, end)), isPooled, buffer });
      return retains ? RETAINED : 0;
    },
    flushResponse: () => {},
  };
  return { got, exchange: exchange as Exchange };
}

/** Buffers that may still be taken of a pool of two. */
function left(pool: BufferPool): number {
  const taken = [pool.take(), pool.take(), pool.take()].filter((one) => one !== undefined);
  for (const one of taken) pool.release(one);
  return taken.length;
}

test('long pieces are joined, and short ones behind them', () => {
  const pool = new BufferPool(2);
  const body = new GatheredBody(pool);
  const { got, exchange } = client();
  const [long, short] = [pattern(16_384, 1), pattern(10, 2)];
  expect([body.takes(short), body.takes(long), body.takes(short), left(pool)]).toEqual([false, true, true, 1]);
  body.giveTo(exchange);
  expect(got).toMatchObject([{ bytes: Buffer.concat([long, short]), isPooled: true }]);
  body.giveTo(exchange);
  expect([got.length, left(pool)]).toEqual([1, 2]);
});

test('what does not fit is not taken', () => {
  const body = new GatheredBody(new BufferPool(2));
  const piece = pattern(20_000);
  let taken = 0;
  while (body.takes(piece)) taken += 1;
  expect(taken).toBe(Math.floor(LARGE_BUFFER / piece.length));
});

test('a buffer that the client keeps goes back by itself', () => {
  const pool = new BufferPool(2);
  const body = new GatheredBody(pool);
  const { got, exchange } = client(true);
  body.takes(pattern(20_000));
  body.giveTo(exchange);
  expect(left(pool)).toBe(1);
  pool.release(got[0]!.buffer);
  expect(left(pool)).toBe(2);
});

test('a few bytes are not worth keeping a buffer for', () => {
  const body = new GatheredBody(new BufferPool(2));
  const { got, exchange } = client();
  body.takes(pattern(13_000));
  body.giveTo(exchange);
  expect(got[0]!.isPooled).toBe(false);
});

test('what is thrown away gives its buffer back, and where there is none nothing is taken', () => {
  const pool = new BufferPool(1);
  const body = new GatheredBody(pool);
  expect(body.takes(pattern(20_000))).toBe(true);
  expect(new GatheredBody(pool).takes(pattern(20_000))).toBe(false);
  body.drop();
  body.drop();
  const { got, exchange } = client();
  body.giveTo(exchange);
  expect([got, left(pool)]).toEqual([[], 1]);
});

test('a fault of the client costs the pool nothing', () => {
  const pool = new BufferPool(2);
  const body = new GatheredBody(pool);
  const { exchange } = client();
  exchange.onData = () => {
    throw new Error('no');
  };
  body.takes(pattern(20_000));
  expect(() => body.giveTo(exchange)).toThrow('no');
  expect(left(pool)).toBe(2);
});
