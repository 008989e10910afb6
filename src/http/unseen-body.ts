import type { UpstreamConnection } from './upstream-connection.ts';

/** More is not kept: a server that refuses a request does so before it has read that much. */
const MAX_BYTES = 65_536;
/** Smaller pieces are copied, so that none keeps a whole read buffer alive for a few bytes. */
const COPIED_BYTES = 16_384;

/**
 * Payload of a request that went on its way and may prove to be seen by no server: an HTTP/2 server says so of requests that it
 * refuses (RFC 9113 8.7). Kept until the server says anything else, so that the request can be sent again whatever its method.
 */
export class UnseenBody {
  /** All of it is here. */
  isWhole = true;
  private readonly pieces: Buffer[] = [];
  private bytes = 0;
  /** Undefined: the payload is not complete yet. */
  private trailers: string | undefined = undefined;

  /** A piece that nobody changes after the call. */
  add(buf: Buffer, start: number, end: number): void {
    this.bytes += end - start;
    if (this.bytes > MAX_BYTES) {
      this.isWhole = false;
      this.pieces.length = 0;
    } else {
      const piece = buf.subarray(start, end);
      this.pieces.push(piece.length < COPIED_BYTES ? Buffer.from(piece) : piece);
    }
  }

  end(trailers: string): void {
    this.trailers = trailers;
  }

  /** Sends it on a connection that can take payload. */
  giveTo(connection: UpstreamConnection): void {
    for (const piece of this.pieces) connection.writeBody(piece, 0, piece.length);
    if (this.trailers !== undefined) connection.endBody(this.trailers);
  }
}
