import type { ClientHttp2Stream } from 'node:http2';
import type { Exchange } from '../http/exchange.ts';
import { LENGTH, type ResponseMessage } from '../http/message.ts';
import type { BufferPool } from '../upstream/buffer-pool.ts';
import { GatheredBody } from './gathered-body.ts';

/** The payload of a server's response: whether all of it came (B11), and what of it waits, for the end of a turn or for a client. */
export class ClientBody {
  /** END_STREAM came: the response is complete, whatever is still to be read of it. */
  isWhole = false;
  /** Bytes to come; negative: nobody said how many. */
  private remaining = -1;
  private readonly gathered: GatheredBody;
  /** What was left to read when the connection ended. */
  private saved: Buffer[] | undefined = undefined;
  private isDropped = false;

  constructor(buffers: BufferPool) {
    this.gathered = new GatheredBody(buffers);
  }

  begin({ body, contentLength }: ResponseMessage): void {
    this.remaining = body === LENGTH ? contentLength : -1;
  }

  /** It is read from here, and not from the connection any more. */
  get isSaved(): boolean {
    return this.saved !== undefined;
  }

  /** As many bytes as were said, and their end. */
  get isComplete(): boolean {
    return this.isWhole && this.remaining <= 0;
  }

  /** Takes a piece for the client; false: the response is longer than it said. */
  add(piece: Buffer, exchange: Exchange): boolean {
    if (this.remaining >= 0) {
      this.remaining -= piece.length;
      if (this.remaining < 0) return false;
    }
    const { gathered } = this;
    const { takesLarge } = exchange.down;
    if (takesLarge && gathered.takes(piece)) return true;
    gathered.giveTo(exchange);
    // Its client may have left with what was before it.
    if (!this.isDropped && !(takesLarge && gathered.takes(piece))) exchange.onData(piece, 0, piece.length, false);
    return true;
  }

  /** Hands on what was gathered. */
  giveTo(exchange: Exchange): void {
    this.gathered.giveTo(exchange);
  }

  /** Keeps what is left of a complete response; false: there is nothing that could be kept. */
  save(stream: ClientHttp2Stream): boolean {
    if (!this.isWhole || this.saved !== undefined) return false;
    this.saved = [];
    for (let piece: Buffer | null; (piece = stream.read() as Buffer | null) !== null;) this.saved.push(piece);
    return true;
  }

  /** The next piece that was saved; undefined: there is none left. */
  nextSaved(): Buffer | undefined {
    return this.saved!.shift();
  }

  /** Throws everything away. */
  drop(): void {
    this.isDropped = true;
    this.saved = undefined;
    this.gathered.drop();
  }
}
