import type { Socket } from 'node:net';
import type { BufferPool } from '../upstream/buffer-pool.ts';
import * as frames from './frames.ts';
import { MAX_UPDATES_DUE, TINY_DATA } from './limits.ts';
import { Output } from './output.ts';
import { encodeBlock } from './response-block.ts';

/**
 * Frames to a client (RFC 9113 6), and the connection's window for payload. Everything that becomes ready in one turn of the event loop goes
 * out in one write.
 */
export class FrameWriter {
  /** What the client lets us send on all streams together. */
  window = frames.DEFAULT_WINDOW;
  /** Somebody writes much at once, and flushes behind it. */
  isCorked = false;
  /** WINDOW_UPDATEs that the payload we sent lets us expect. */
  private updatesDue = 0;
  private flushAsked = false;
  private readonly out: Output;
  /** The socket took everything at once, and there was no room before. */
  private readonly onRoom: () => void;

  constructor(socket: Socket, buffers: BufferPool, onRoom: () => void) {
    this.out = new Output(socket, buffers);
    this.onRoom = onRoom;
  }

  /** Bytes that may be gathered now. */
  get room(): number {
    return this.out.room;
  }

  /** Bytes of frames that wait for a client who does not read. */
  get backlog(): number {
    return this.out.backlog;
  }

  settings(pairs: readonly (readonly [id: number, value: number])[]): void {
    const payload = Buffer.alloc(pairs.length * 6);
    for (const [index, [id, value]] of pairs.entries()) {
      payload.writeUInt16BE(id, index * 6);
      payload.writeUInt32BE(value, index * 6 + 2);
    }
    this.out.frame(frames.SETTINGS, 0, 0, payload);
  }

  acknowledgeSettings(): void {
    this.out.frame(frames.SETTINGS, frames.ACK, 0, undefined);
  }

  /** `payload`: eight bytes. */
  ping(payload: Buffer, flags = 0): void {
    this.out.frame(frames.PING, flags, 0, payload);
    this.scheduleFlush();
  }

  windowUpdate(streamId: number, bytes: number): void {
    this.out.frame(frames.WINDOW_UPDATE, 0, streamId, uint32(bytes));
    this.scheduleFlush();
  }

  /** A field block, in as many frames as it takes (RFC 9113 6.2, 6.10); `length`: a Content-Length, or -1. */
  block(streamId: number, status: number | undefined, fields: string, isLast: boolean, length = -1): void {
    const block = encodeBlock(status, fields, length);
    const last = isLast ? frames.END_STREAM : 0;
    for (let at = 0; at === 0 || at < block.length; at += frames.MAX_PAYLOAD) {
      const end = Math.min(block.length, at + frames.MAX_PAYLOAD);
      const flags = end === block.length ? frames.END_HEADERS : 0;
      const type = at === 0 ? frames.HEADERS : frames.CONTINUATION;
      const part = at === 0 && end === block.length ? block : block.subarray(at, end);
      this.out.frame(type, at === 0 ? flags | last : flags, streamId, part);
    }
    this.scheduleFlush();
  }

  /** Payload that both windows have room for; `window`: the stream's, when these bytes are sent. */
  data(streamId: number, window: number, buf: Buffer, start: number, end: number, isLast: boolean): void {
    const bytes = end - start;
    this.window -= bytes;
    const isTiny = bytes < TINY_DATA && !isLast && (window <= 0 || this.window <= 0);
    // One for each kilobyte on either level is more than any client tells of.
    if (!isTiny) this.updatesDue = Math.min(MAX_UPDATES_DUE, this.updatesDue + 2 + (bytes >> 9));
    this.out.data(isLast ? frames.END_STREAM : 0, streamId, buf, start, end);
    this.scheduleFlush();
  }

  /** A WINDOW_UPDATE came; false: it is one that nothing we sent explains. */
  expectsUpdate(): boolean {
    if (this.updatesDue === 0) return false;
    this.updatesDue -= 1;
    return true;
  }

  reset(streamId: number, code: number): void {
    this.out.frame(frames.RST_STREAM, 0, streamId, uint32(code));
    this.scheduleFlush();
  }

  goAway(lastStreamId: number, code: number): void {
    const payload = Buffer.allocUnsafe(8);
    payload.writeUInt32BE(lastStreamId);
    payload.writeUInt32BE(code, 4);
    this.out.frame(frames.GOAWAY, 0, 0, payload);
    this.scheduleFlush();
  }

  /** What was written leaves at the end of this turn. */
  scheduleFlush(): void {
    if (this.flushAsked || this.isCorked) return;
    this.flushAsked = true;
    setImmediate(this.flush);
  }

  readonly flush = (): void => {
    this.flushAsked = false;
    const { out } = this;
    out.flush();
    if (!out.isFreed) return;
    out.isFreed = false;
    this.onRoom();
  };

  /** The socket has room again. */
  unblock(): void {
    this.out.unblock();
    this.flush();
  }

  /** Ends our side behind what is written; `done` when that has left. */
  end(done: () => void): void {
    this.out.end(done);
  }

  /** What was written goes nowhere. */
  discard(): void {
    this.out.discard();
  }
}

function uint32(value: number): Buffer {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt32BE(value);
  return payload;
}
