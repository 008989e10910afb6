import type { BufferPool } from '../upstream/buffer-pool.ts';
import { MAX_PAYLOAD } from './frames.ts';
import { MIN_PROGRESS } from './limits.ts';
import type { Http2Connection } from './http2-connection.ts';
import type { Http2Stream } from './http2-stream.ts';
import { copyOf, type Waiting } from './waiting.ts';

const EMPTY = Buffer.alloc(0);

/** What a stream sends: payload as far as both windows and the socket have room (RFC 9113 5.2), and the end behind it. */
export class StreamSender {
  /** What the client lets us send; negative after it made its windows smaller (RFC 9113 6.9.2). */
  window = 0;
  /** END_STREAM is sent. */
  isDone = false;
  private readonly stream: Http2Stream;
  private readonly buffers: BufferPool;
  private connection!: Http2Connection;
  /** Of a response with a length: what is to come. */
  private left = -1;
  private waiting: Waiting | undefined = undefined;
  /** Bytes that left since the client's time to take something began. */
  private progress = 0;
  /** Trailers behind payload that waits; undefined: the end is not known yet. */
  private endsWith: string | undefined = undefined;

  constructor(stream: Http2Stream, buffers: BufferPool) {
    this.stream = stream;
    this.buffers = buffers;
  }

  open(connection: Http2Connection, window: number): void {
    this.connection = connection;
    this.window = window;
    this.isDone = false;
    this.left = -1;
    this.waiting = undefined;
    this.endsWith = undefined;
    this.progress = 0;
  }

  /** Payload, or the end behind it, waits for room. */
  get isWaiting(): boolean {
    return this.waiting !== undefined;
  }

  /** A field block; `length`: its Content-Length, or -1. Where payload follows, that is how much. */
  head(status: number, fields: string, isLast: boolean, length: number): void {
    this.left = length;
    this.connection.out.block(this.stream.id, status, fields, isLast, length);
    this.isDone = isLast;
  }

  /** The payload's last octet does not end the stream by itself: `end` will. */
  leaveEnd(): void {
    this.left = -1;
  }

  /** Sends what there is room for, and keeps the rest: `isPooled` is of `Downstream.sendData`. */
  send(buf: Buffer, start: number, end: number, isPooled: boolean): void {
    if (this.waiting !== undefined) return this.append(buf, start, end);
    this.waiting = { buf, at: start, end, isRetained: false };
    this.pump();
    const { waiting } = this;
    if (waiting === undefined) return undefined;
    // What is only ours during the call is copied.
    if (isPooled) waiting.isRetained = true;
    else this.waiting = copyOf(waiting);
    return undefined;
  }

  /** The pool's buffer was kept, and goes back by itself. */
  retains(buf: Buffer): boolean {
    return this.waiting?.isRetained === true && this.waiting.buf === buf;
  }

  /** Ends the stream, behind what waits. */
  end(trailers: string): void {
    if (this.waiting === undefined) this.writeEnd(trailers);
    else this.endsWith = trailers;
  }

  /** The client's time to take something begins (T14). */
  restartProgress(): void {
    this.progress = 0;
  }

  /**
   * There may be room. True when the client has taken enough for T14 to begin anew: a frame's worth, so that slow clients are served and one
   * that takes an octet now and then is not.
   */
  pumpOn(): boolean {
    this.progress += this.pump();
    if (this.progress < MIN_PROGRESS) return false;
    this.progress = 0;
    return true;
  }

  /** Sends what there is room for; returns how many bytes of payload left. */
  private pump(): number {
    const { waiting, connection } = this;
    if (waiting === undefined) return 0;
    const before = waiting.at;
    while (waiting.at < waiting.end) {
      const room = Math.min(this.window, connection.out.window, connection.out.room, MAX_PAYLOAD);
      if (room <= 0) return waiting.at - before;
      const end = Math.min(waiting.end, waiting.at + room);
      const bytes = end - waiting.at;
      if (this.left >= 0) this.left -= bytes;
      const isLast = this.left === 0 && end === waiting.end;
      this.data(waiting.buf, waiting.at, end, isLast);
      waiting.at = end;
    }
    this.drop();
    if (this.endsWith !== undefined) this.writeEnd(this.endsWith);
    this.endsWith = undefined;
    return waiting.end - before;
  }

  /** What waits goes nowhere. */
  drop(): void {
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting?.isRetained === true) this.buffers.release(waiting.buf);
  }

  /** Nobody sends on while he is told to wait, but the end of what he was sending. */
  private append(buf: Buffer, start: number, end: number): void {
    const { waiting } = this;
    const joined = Buffer.concat([waiting!.buf.subarray(waiting!.at, waiting!.end), buf.subarray(start, end)]);
    this.drop();
    this.waiting = { buf: joined, at: 0, end: joined.length, isRetained: false };
    this.pump();
  }

  private writeEnd(trailers: string): void {
    if (this.isDone) return;
    if (trailers === '') return this.data(EMPTY, 0, 0, true);
    this.isDone = true;
    return this.connection.out.block(this.stream.id, undefined, trailers, true);
  }

  private data(buf: Buffer, start: number, end: number, isLast: boolean): void {
    this.window -= end - start;
    if (isLast) this.isDone = true;
    this.connection.out.data(this.stream.id, this.window, buf, start, end, isLast);
  }
}
