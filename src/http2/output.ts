import type { Socket } from 'node:net';
import type { BufferPool } from '../upstream/buffer-pool.ts';
import { LARGE_BUFFER } from '../upstream/buffer-pool.ts';
import { DATA, FRAME_HEADER_BYTES } from './frames.ts';

/** What is copied for a write of its own; more goes out as the buffer it was gathered in. */
const COPIED_BYTES = 8192;

/**
 * Frames to a client, gathered and written together: one write for everything that became ready in a turn. A buffer is not touched until
 * its write is done; meanwhile frames gather in the next one.
 */
export class Output {
  /** The socket asked for a pause; frames are still taken, payload should wait. */
  isBlocked = false;
  /** There was no room, and is: the socket took everything at once, and so will say nothing of it. */
  isFreed = false;
  private readonly socket: Socket;
  private readonly buffers: BufferPool;
  private buf: Buffer | undefined = undefined;
  private isPooled = false;
  private at = 0;
  private isEnded = false;

  constructor(socket: Socket, buffers: BufferPool) {
    this.socket = socket;
    this.buffers = buffers;
  }

  /** Bytes of frames that were taken since the socket asked for a pause. */
  backlog = 0;

  /** Bytes that can be gathered before the next write. */
  get room(): number {
    return this.isBlocked ? 0 : LARGE_BUFFER - this.at;
  }

  /** The socket has room again. */
  unblock(): void {
    this.isBlocked = false;
    this.backlog = 0;
  }

  frame(type: number, flags: number, streamId: number, payload: Buffer | undefined): void {
    if (this.isEnded) return;
    const length = payload === undefined ? 0 : payload.length;
    if (this.isBlocked) this.backlog += FRAME_HEADER_BYTES + length;
    const { buf, at } = this.reserve(FRAME_HEADER_BYTES + length);
    writeHeader(buf, at, length, type, flags, streamId);
    if (payload !== undefined) payload.copy(buf, at + FRAME_HEADER_BYTES);
  }

  data(flags: number, streamId: number, from: Buffer, start: number, end: number): void {
    if (this.isEnded) return;
    const { buf, at } = this.reserve(FRAME_HEADER_BYTES + end - start);
    writeHeader(buf, at, end - start, DATA, flags, streamId);
    from.copy(buf, at + FRAME_HEADER_BYTES, start, end);
  }

  /** Writes what was gathered. */
  flush(): void {
    const { buf, at, isPooled } = this;
    if (buf === undefined || at === 0) return;
    this.at = 0;
    let hasRoom: boolean;
    if (at <= COPIED_BYTES) hasRoom = this.socket.write(Buffer.from(buf.subarray(0, at)));
    else {
      this.buf = undefined;
      const done = isPooled ? (): void => this.buffers.release(buf) : undefined;
      hasRoom = this.socket.write(buf.subarray(0, at), done);
    }
    if (!hasRoom) this.isBlocked = true;
    else if (at >= LARGE_BUFFER) this.isFreed = true;
  }

  /** Writes what was gathered, and our end behind it; `done` when both have left. Frames from here on go nowhere. */
  end(done: () => void): void {
    this.flush();
    this.isEnded = true;
    this.socket.end(done);
  }

  /** What was gathered goes nowhere. */
  discard(): void {
    this.isEnded = true;
    this.at = 0;
    if (this.buf !== undefined && this.isPooled) this.buffers.release(this.buf);
    this.buf = undefined;
  }

  private reserve(bytes: number): { readonly buf: Buffer; readonly at: number } {
    if (this.buf !== undefined && this.at + bytes > this.buf.length) this.grow(bytes);
    if (this.buf === undefined) this.open(bytes);
    const { at } = this;
    this.at += bytes;
    return { buf: this.buf!, at };
  }

  /** Small until it is known to be much: most turns send a few hundred bytes. */
  private open(bytes: number): void {
    this.isPooled = false;
    this.buf = Buffer.allocUnsafeSlow(Math.max(bytes, COPIED_BYTES));
  }

  private grow(bytes: number): void {
    const old = this.buf!;
    const { at } = this;
    const needed = at + bytes;
    if (needed > LARGE_BUFFER) {
      this.flush();
      return;
    }
    const pooled = this.isPooled ? undefined : this.buffers.take();
    this.buf = pooled ?? Buffer.allocUnsafeSlow(Math.max(needed, LARGE_BUFFER));
    old.copy(this.buf, 0, 0, at);
    if (this.isPooled) this.buffers.release(old);
    this.isPooled = pooled !== undefined;
  }
}

function writeHeader(buf: Buffer, at: number, length: number, type: number, flags: number, streamId: number): void {
  buf[at] = length >>> 16;
  buf[at + 1] = (length >>> 8) & 0xff;
  buf[at + 2] = length & 0xff;
  buf[at + 3] = type;
  buf[at + 4] = flags;
  buf.writeUInt32BE(streamId, at + 5);
}
