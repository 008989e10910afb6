import type { Socket } from 'node:net';
import { LIMITS } from './limits.ts';

/** Payload up to this size is cheaper as text beside the head than as bytes behind it. */
const TEXT_BYTES = 1024;

const SCRATCH_BYTES = 2 * LIMITS.smallBytes;

/** Where text and payload are joined for one write. */
let scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/**
 * What one side of a connection has to send in this turn of the event loop, so that a head, its payload and the last chunk
 * leave in one write. Payload is only referred to: `flush` must follow before its buffer is used again.
 */
export class Outbox {
  private text = '';
  private payload: Buffer | undefined = undefined;
  private start = 0;
  private end = 0;
  /** Text behind the payload. */
  private tail = '';

  /** Bytes gathered, but for the payload that is only referred to. */
  get bytes(): number {
    return this.text.length + this.tail.length;
  }

  /** Latin1 text: field lines, chunk sizes, a page of ours. */
  add(text: string): void {
    if (this.payload === undefined) this.text += text;
    else this.tail += text;
  }

  /** Takes payload in; false when it is too much to be gathered: write what is here, then that. */
  takes(buf: Buffer, start: number, end: number): boolean {
    const bytes = end - start;
    if (bytes + this.bytes > LIMITS.smallBytes) return false;
    if (bytes <= TEXT_BYTES) {
      this.add(buf.latin1Slice(start, end));
      return true;
    }
    if (this.payload !== undefined) return false;
    this.payload = buf;
    this.start = start;
    this.end = end;
    return true;
  }

  /** Writes everything at once; false asks for a pause until the socket's `drain`. */
  flush(socket: Socket): boolean {
    const { text, payload } = this;
    if (payload === undefined) {
      this.text = '';
      return text === '' || socket.write(text, 'latin1');
    }
    const bytes = text.length + (this.end - this.start) + this.tail.length;
    // What waits behind other bytes would pin the scratch.
    if (bytes > SCRATCH_BYTES || socket.writableLength > 0) {
      return socket.write(this.joinInto(Buffer.allocUnsafeSlow(bytes)));
    }
    const hasRoom = socket.write(this.joinInto(scratch).subarray(0, bytes));
    // Bytes that the kernel did not take at once still lie in it.
    if (socket.writableLength > 0) scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
    return hasRoom;
  }

  /** Writes everything and behind it payload that `takes` refused, copied; false as with `flush`. */
  flushWith(socket: Socket, buf: Buffer, start: number, end: number): boolean {
    if (this.payload !== undefined) this.flush(socket);
    this.payload = buf;
    this.start = start;
    this.end = end;
    return socket.write(this.joinInto(Buffer.allocUnsafeSlow(this.text.length + end - start)));
  }

  private joinInto(into: Buffer): Buffer {
    const { text, tail } = this;
    const headEnd = text === '' ? 0 : into.latin1Write(text, 0);
    const tailStart = headEnd + this.payload!.copy(into, headEnd, this.start, this.end);
    if (tail !== '') into.latin1Write(tail, tailStart);
    this.clear();
    return into;
  }

  clear(): void {
    this.text = '';
    this.payload = undefined;
    this.tail = '';
  }
}
