import type { Socket } from 'node:net';
import type { BufferPool } from '../upstream/buffer-pool.ts';
import { LARGE_BUFFER } from '../upstream/buffer-pool.ts';
import { DATA, FRAME_HEADER_BYTES } from './frames.ts';

/** What is copied for a write of its own; more goes out as the buffer it was gathered in. */
const COPIED_BYTES = 8192;
/** Buffers of that size that no connection gathers in: an idle one holds none. */
const spare: Buffer[] = [];
const MAX_SPARE = 64;
/** Payload that fits behind a frame's header. */
const MOST_GATHERED = LARGE_BUFFER - FRAME_HEADER_BYTES;

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
    // Behind a write that is not done the next one is gathered, as long as there are buffers for it.
    if (this.isBlocked && !this.isPooled && !this.buffers.hasMore) return 0;
    return MOST_GATHERED - this.at;
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
    const at = this.reserve(FRAME_HEADER_BYTES + length);
    const buf = this.buf!;
    writeHeader(buf, at, length, type, flags, streamId);
    if (payload !== undefined) buf.set(payload, at + FRAME_HEADER_BYTES);
  }

  data(flags: number, streamId: number, from: Buffer, start: number, end: number): void {
    if (this.isEnded) return;
    const at = this.reserve(FRAME_HEADER_BYTES + end - start);
    const buf = this.buf!;
    writeHeader(buf, at, end - start, DATA, flags, streamId);
    from.copy(buf, at + FRAME_HEADER_BYTES, start, end);
  }

  /** Writes what was gathered, once the write before it is done. */
  flush(): void {
    if (!this.isBlocked) this.write();
  }

  private write(): void {
    const { buf, at, isPooled } = this;
    if (buf === undefined || at === 0) return;
    this.at = 0;
    this.buf = undefined;
    this.isPooled = false;
    let hasRoom: boolean;
    if (at <= COPIED_BYTES) {
      const copy = Buffer.allocUnsafe(at);
      buf.copy(copy, 0, 0, at);
      this.giveBack(buf, isPooled);
      hasRoom = this.socket.write(copy);
    } else {
      const done = isPooled ? (): void => this.buffers.release(buf) : undefined;
      hasRoom = this.socket.write(buf.subarray(0, at), done);
    }
    if (!hasRoom) this.isBlocked = true;
    else if (at >= MOST_GATHERED) this.isFreed = true;
  }

  /** Writes what was gathered, and our end behind it; `done` when both have left. Frames from here on go nowhere. */
  end(done: () => void): void {
    this.write();
    this.isEnded = true;
    this.socket.end(done);
  }

  /** What was gathered goes nowhere. */
  discard(): void {
    this.isEnded = true;
    this.at = 0;
    if (this.buf !== undefined) this.giveBack(this.buf, this.isPooled);
    this.buf = undefined;
  }

  /** Where in `buf` so many bytes may be written from here on. */
  private reserve(bytes: number): number {
    if (this.buf !== undefined && this.at + bytes > this.buf.length) this.grow(bytes);
    if (this.buf === undefined) {
      // Small until it is known to be much: most turns send a few hundred bytes.
      if (bytes <= COPIED_BYTES) this.open(spare.pop() ?? Buffer.allocUnsafeSlow(COPIED_BYTES), false);
      else this.openLarge();
    }
    const { at } = this;
    this.at += bytes;
    return at;
  }

  private open(buf: Buffer, isPooled: boolean): void {
    this.buf = buf;
    this.isPooled = isPooled;
  }

  private openLarge(): void {
    const pooled = this.buffers.take();
    this.open(pooled ?? Buffer.allocUnsafeSlow(LARGE_BUFFER), pooled !== undefined);
  }

  private grow(bytes: number): void {
    const { at, isPooled } = this;
    const old = this.buf!;
    if (at + bytes > LARGE_BUFFER) {
      this.write();
      return;
    }
    this.openLarge();
    old.copy(this.buf!, 0, 0, at);
    this.giveBack(old, isPooled);
  }

  private giveBack(buf: Buffer, isPooled: boolean): void {
    if (isPooled) this.buffers.release(buf);
    else if (buf.length === COPIED_BYTES && spare.length < MAX_SPARE) spare.push(buf);
  }
}

function writeHeader(buf: Buffer, at: number, length: number, type: number, flags: number, streamId: number): void {
  buf[at] = length >>> 16;
  buf[at + 1] = (length >>> 8) & 0xff;
  buf[at + 2] = length & 0xff;
  buf[at + 3] = type;
  buf[at + 4] = flags;
  buf[at + 5] = streamId >>> 24;
  buf[at + 6] = (streamId >>> 16) & 0xff;
  buf[at + 7] = (streamId >>> 8) & 0xff;
  buf[at + 8] = streamId & 0xff;
}
