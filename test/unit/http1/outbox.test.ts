import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Outbox } from '../../../src/http1/outbox.ts';

/** A socket that keeps what it is given as long as the test says, as a kernel with a full buffer does. */
class Sink extends Duplex {
  readonly writes: Buffer[] = [];
  isFull = false;
  private waiting: (() => void)[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.writes.push(chunk);
    if (this.isFull) this.waiting.push(done);
    else done();
  }

  get text(): string {
    return Buffer.concat(this.writes).toString('latin1');
  }
}

function setUp(): { readonly out: Outbox; readonly sink: Sink; readonly socket: Socket } {
  const sink = new Sink();
  return { out: new Outbox(), sink, socket: sink as unknown as Socket };
}

const bytes = (count: number, fill = 'x'): Buffer => Buffer.alloc(count, fill);

describe('one write', () => {
  test.for([
    ['text alone', ['head'], 0, []],
    ['text and short payload', ['head'], 100, ['tail']],
    ['text and payload', ['head', 'more'], 10_000, ['tail', 'last']],
    ['payload alone', [], 10_000, []],
    ['a tail longer than what is kept for joining', ['head'], 10_000, ['t'.repeat(60_000)]],
    ['8-bit text', ['caf\u{e9}'], 2000, ['\u{ff}']],
  ] as const)('%s', ([, before, count, behind]) => {
    const { out, sink, socket } = setUp();
    for (const text of before) out.add(text);
    expect(out.takes(bytes(count), 0, count)).toBe(true);
    for (const text of behind) out.add(text);
    out.flush(socket);
    expect([sink.writes.length, sink.text]).toEqual([1, before.join('') + 'x'.repeat(count) + behind.join('')]);
    out.flush(socket);
    expect(sink.writes.length).toBe(1);
  });
});

test('a second payload, or more than 16 KiB, is not gathered', () => {
  const { out, sink, socket } = setUp();
  expect(out.takes(bytes(17_000), 0, 17_000)).toBe(false);
  expect(out.takes(bytes(9000, 'a'), 0, 9000)).toBe(true);
  expect(out.takes(bytes(9000, 'b'), 0, 9000)).toBe(false);
  out.flushWith(socket, bytes(9000, 'b'), 0, 9000);
  expect(sink.text).toBe('a'.repeat(9000) + 'b'.repeat(9000));
});

test('a part of a buffer', () => {
  const { out, sink, socket } = setUp();
  out.add('<');
  out.takes(Buffer.from(`${'a'.repeat(3000)}${'b'.repeat(3000)}`), 3000, 6000);
  out.add('>');
  out.flush(socket);
  expect(sink.text).toBe(`<${'b'.repeat(3000)}>`);
});

test('what the kernel did not take is not written over by the next', () => {
  const first = setUp();
  first.sink.isFull = true;
  first.out.takes(bytes(5000, 'a'), 0, 5000);
  first.out.flush(first.socket);
  const second = setUp();
  second.out.takes(bytes(5000, 'b'), 0, 5000);
  second.out.flush(second.socket);
  expect([first.sink.text, second.sink.text]).toEqual(['a'.repeat(5000), 'b'.repeat(5000)]);
});

test('what was cleared is never written', () => {
  const { out, sink, socket } = setUp();
  out.add('head');
  out.takes(bytes(5000), 0, 5000);
  out.add('tail');
  out.clear();
  out.flush(socket);
  expect(sink.writes).toEqual([]);
});
