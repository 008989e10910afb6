import { RETAINED } from '../http/downstream.ts';
import type { Exchange } from '../http/exchange.ts';
import { LIMITS } from '../http1/limits.ts';
import type { BufferPool } from '../upstream/buffer-pool.ts';

/** A piece that is longer is part of a long payload; what is shorter goes on as it is. */
const LONG_BYTES = 12_288;

/**
 * What came of a long payload in one turn of the event loop, joined in a buffer of the pool: node:http2 brings it in pieces of at most a frame, and
 * a write for each would cost more than the copy.
 */
export class GatheredBody {
  private readonly pool: BufferPool;
  private buffer: Buffer | undefined = undefined;
  private bytes = 0;

  constructor(pool: BufferPool) {
    this.pool = pool;
  }

  /** Takes a piece in; false: what is here goes on first, and then this. */
  takes(piece: Buffer): boolean {
    if (this.buffer === undefined) {
      if (piece.length <= LONG_BYTES) return false;
      this.buffer = this.pool.take();
    }
    const { buffer } = this;
    if (buffer === undefined || this.bytes + piece.length > buffer.length) return false;
    this.bytes += piece.copy(buffer, this.bytes);
    return true;
  }

  /** Hands everything on to the client. */
  giveTo(exchange: Exchange): void {
    const { buffer, bytes } = this;
    if (buffer === undefined) return;
    this.buffer = undefined;
    this.bytes = 0;
    let result = 0;
    try {
      result = exchange.onData(buffer, 0, bytes, bytes > LIMITS.smallBytes);
      // What is not retained is ours again behind this.
      exchange.flushResponse();
    } finally {
      if ((result & RETAINED) === 0) this.pool.release(buffer);
    }
  }

  /** Throws everything away. */
  drop(): void {
    if (this.buffer !== undefined) this.pool.release(this.buffer);
    this.buffer = undefined;
    this.bytes = 0;
  }
}
