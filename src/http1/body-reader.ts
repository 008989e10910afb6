import { type BodyKind, CHUNKED, LENGTH, NO_BODY } from '../http/message.ts';
import { ChunkedDecoder } from './chunked-decoder.ts';

/**
 * Finds where a message body ends, for each way to delimit one (rules X5–X12, B4). Call `advance` until the input is used up; each
 * call yields at most one slice of payload.
 */
export class BodyReader {
  dataStart = 0;
  dataEnd = 0;
  isDone = true;
  isBroken = false;
  /** Payload left of a counted body. */
  remaining = 0;
  private kind: BodyKind = NO_BODY;
  private decoder: ChunkedDecoder | undefined = undefined;

  begin(kind: BodyKind, contentLength: number): void {
    this.kind = kind;
    this.isDone = kind === NO_BODY;
    this.isBroken = false;
    this.remaining = kind === LENGTH ? contentLength : 0;
    if (kind === CHUNKED) (this.decoder ??= new ChunkedDecoder()).reset();
  }

  /** Trailer lines that may be forwarded; valid once `isDone`. */
  get trailers(): string {
    return this.kind === CHUNKED ? this.decoder!.trailers : '';
  }

  /** Reads on from `buf[at, end)`; returns the offset reached. */
  advance(buf: Buffer, at: number, end: number): number {
    if (this.kind === CHUNKED) {
      const decoder = this.decoder!;
      const next = decoder.advance(buf, at, end);
      this.dataStart = decoder.dataStart;
      this.dataEnd = decoder.dataEnd;
      this.isDone = decoder.isDone;
      this.isBroken = decoder.isBroken;
      return next;
    }
    const next = this.kind === LENGTH ? at + Math.min(this.remaining, end - at) : end;
    this.dataStart = at;
    this.dataEnd = next;
    if (this.kind === LENGTH) {
      this.remaining -= next - at;
      this.isDone = this.remaining === 0;
    }
    return next;
  }
}
