import { HeldBody } from './held-body.ts';
import type { Http2Connection } from './http2-connection.ts';
import { STREAM_WINDOW } from './limits.ts';

/** Who takes the payload of a stream. */
export interface Taker {
  readonly id: number;
  /** Payload may be handed over now. */
  readonly canTake: boolean;
  /** Nobody changes the bytes after the call. */
  take(buf: Buffer, start: number, end: number): void;
}

/** What a stream receives: payload that waits until somebody takes it, and only then makes room for more (RFC 9113 5.2). */
export class StreamReceiver {
  /** What the client may still send. */
  window = 0;
  /** The client's side has ended. */
  isDone = false;
  /** Bytes so far. */
  received = 0;
  private readonly taker: Taker;
  private readonly held = new HeldBody();
  private connection!: Http2Connection;
  /** Taken, and not yet told the client. */
  private taken = 0;
  /** What waited is on its way. */
  isPassing = false;

  constructor(taker: Taker) {
    this.taker = taker;
  }

  open(connection: Http2Connection): void {
    this.connection = connection;
    this.window = STREAM_WINDOW;
    this.isDone = false;
    this.received = 0;
    this.taken = 0;
    this.isPassing = false;
  }

  /** Everything that came was taken. */
  get isEmpty(): boolean {
    return this.held.isEmpty;
  }

  /** Payload came: it goes on at once, or waits behind what does. */
  add(buf: Buffer, start: number, end: number): void {
    if (!this.held.isEmpty || !this.taker.canTake) this.held.add(buf, start, end);
    else this.pass(buf, start, end);
  }

  /** Hands on what waits, as far as it is taken. */
  passOn(): void {
    // Whoever takes a piece may ask for the next one from within.
    if (this.isPassing) return;
    this.isPassing = true;
    while (!this.held.isEmpty && this.taker.canTake) {
      const piece = this.held.take();
      this.pass(piece, 0, piece.length);
    }
    this.isPassing = false;
  }

  /** Nobody takes what waits any more. */
  clear(): void {
    if (!this.held.isEmpty) this.credit(this.held.clear());
  }

  /** Lets the client send as many bytes more, on this stream too unless its side is over. */
  credit(bytes: number): void {
    this.connection.credit(bytes);
    this.taken += bytes;
    if (this.isDone || this.taken < STREAM_WINDOW / 4) return;
    this.window += this.taken;
    this.connection.out.windowUpdate(this.taker.id, this.taken);
    this.taken = 0;
  }

  private pass(buf: Buffer, start: number, end: number): void {
    this.taker.take(buf, start, end);
    this.credit(end - start);
  }
}
