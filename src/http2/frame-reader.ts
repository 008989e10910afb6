import { DATA, FRAME_HEADER_BYTES, judgeFrame, PADDED, PREFACE, PROTOCOL_ERROR } from './frames.ts';

/** Takes frames as they come; each call may end the connection, after which `isOver` is true. */
export interface FrameSink {
  readonly isOver: boolean;
  /** A whole frame but DATA; the bytes are valid during the call. */
  frame(type: number, flags: number, streamId: number, buf: Buffer, start: number, end: number): void;
  /** A DATA frame begins; `bytes` count for flow control, padding included. */
  dataBegin(flags: number, streamId: number, bytes: number): void;
  /** Payload of it, in pieces as they arrive. */
  data(buf: Buffer, start: number, end: number): void;
  /** It is whole. */
  dataEnd(): void;
  /** A frame that is wrong by its header: a code of the connection, or of the stream where it is negative. */
  badFrame(code: number, streamId: number): void;
}

const EMPTY = Buffer.alloc(0);

/**
 * Cuts the bytes of a connection into frames, wherever they are split (RFC 9113 4.1). DATA is handed on as it arrives; other frames
 * are gathered, at most one, which is no longer than `MAX_PAYLOAD`.
 */
export class FrameReader {
  private readonly sink: FrameSink;
  /** Of the preface that is still to come. */
  private prefaceLeft = PREFACE.length;
  /** The beginning of a frame that is not whole. */
  private part = EMPTY;
  /** Of the current DATA frame: payload and padding still to come; the length of the padding is unknown while -1. */
  private dataLeft = 0;
  private paddingLeft = 0;
  private isInData = false;

  constructor(sink: FrameSink) {
    this.sink = sink;
  }

  /** The preface, or a frame that means nothing before it is whole, has begun. DATA is its stream's concern. */
  get isInPart(): boolean {
    return this.prefaceLeft > 0 || this.part.length > 0;
  }

  read(chunk: Buffer): void {
    const { sink } = this;
    let buf = chunk;
    let at = 0;
    if (this.prefaceLeft > 0) {
      at = this.readPreface(chunk);
      if (sink.isOver) return;
    }
    if (this.part.length > 0) {
      buf = Buffer.concat([this.part, chunk.subarray(at)]);
      at = 0;
      this.part = EMPTY;
    }
    while (at < buf.length && !sink.isOver) {
      if (this.isInData) at = this.readData(buf, at);
      else {
        const next = this.readFrame(buf, at);
        if (next === at) break;
        at = next;
      }
    }
    // A copy: the chunk is larger, and is read into again.
    if (at < buf.length && !sink.isOver) this.part = Buffer.from(buf.subarray(at));
  }

  private readPreface(chunk: Buffer): number {
    const from = PREFACE.length - this.prefaceLeft;
    const bytes = Math.min(this.prefaceLeft, chunk.length);
    if (PREFACE.compare(chunk, 0, bytes, from, from + bytes) !== 0) this.sink.badFrame(PROTOCOL_ERROR, 0);
    this.prefaceLeft -= bytes;
    return bytes;
  }

  /** Returns the offset behind the frame, or `at` while it is not whole. */
  private readFrame(buf: Buffer, at: number): number {
    if (buf.length - at < FRAME_HEADER_BYTES) return at;
    const length = buf.readUIntBE(at, 3);
    const type = buf[at + 3]!;
    const flags = buf[at + 4]!;
    const streamId = buf.readUInt32BE(at + 5) & 0x7fff_ffff;
    const start = at + FRAME_HEADER_BYTES;
    const fault = judgeFrame(type, flags, streamId, length);
    if (fault > 0) {
      this.sink.badFrame(fault, 0);
      return buf.length;
    }
    if (type === DATA) {
      this.isInData = true;
      this.dataLeft = length;
      this.paddingLeft = (flags & PADDED) === 0 ? 0 : -1;
      this.sink.dataBegin(flags, streamId, length);
      if (!this.sink.isOver && length === 0) this.endData();
      return start;
    }
    if (buf.length - start < length) return at;
    if (fault < 0) this.sink.badFrame(fault, streamId);
    else this.sink.frame(type, flags, streamId, buf, start, start + length);
    return start + length;
  }

  private readData(buf: Buffer, at: number): number {
    if (this.paddingLeft < 0) {
      this.paddingLeft = buf[at++]!;
      this.dataLeft -= 1;
      // RFC 9113 6.1: padding that is as long as the payload, or longer.
      if (this.paddingLeft > this.dataLeft) {
        this.sink.badFrame(PROTOCOL_ERROR, 0);
        return at;
      }
    }
    const end = Math.min(buf.length, at + this.dataLeft - this.paddingLeft);
    if (end > at) {
      this.dataLeft -= end - at;
      this.sink.data(buf, at, end);
      at = end;
    }
    if (this.dataLeft === this.paddingLeft) {
      const skipped = Math.min(buf.length - at, this.paddingLeft);
      this.dataLeft -= skipped;
      this.paddingLeft -= skipped;
      at += skipped;
    }
    if (this.dataLeft === 0 && !this.sink.isOver) this.endData();
    return at;
  }

  private endData(): void {
    this.isInData = false;
    // RFC 9113 6.1: a padded frame has room for the length of its padding.
    if (this.paddingLeft < 0) this.sink.badFrame(PROTOCOL_ERROR, 0);
    else this.sink.dataEnd();
  }
}
