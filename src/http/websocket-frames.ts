import { randomBytes } from 'node:crypto';

const CLOSE = 0x8;
/** The other side goes away (RFC 6455 7.4.1). */
const GOING_AWAY = 1001;

/** A close frame (RFC 6455 5.5.1); those of a client are masked (5.3). */
export function closeFrame(isMasked: boolean): Buffer {
  const payload = Buffer.from([GOING_AWAY >> 8, GOING_AWAY & 255]);
  if (!isMasked) return Buffer.from([0x80 | CLOSE, payload.length, ...payload]);
  const mask = randomBytes(4);
  return Buffer.from([
    0x80 | CLOSE,
    0x80 | payload.length,
    ...mask,
    ...payload.map((byte, index) => byte ^ mask[index]!),
  ]);
}

/**
 * Follows one direction of a WebSocket connection only so far that it is known where frames end (RFC 6455 5.2): between two of them
 * another may be put, inside of one never.
 */
export class FrameBoundary {
  /** A frame of the type close has begun. */
  hasClosed = false;
  private payloadLeft = 0;
  /** Bytes of the current frame's head that were read; 0: none has begun. */
  private headRead = 0;
  private headLength = 2;
  private lengthEnd = 2;
  private length = 0;

  get isAtBoundary(): boolean {
    return this.payloadLeft === 0 && this.headRead === 0;
  }

  /** Follows bytes; with `stops`, only to the first boundary. Returns the offset reached. */
  follow(buf: Buffer, start: number, end: number, stops = false): number {
    let at = start;
    while (at < end) {
      if (stops && at > start && this.isAtBoundary) return at;
      if (this.payloadLeft > 0) {
        const taken = Math.min(this.payloadLeft, end - at);
        this.payloadLeft -= taken;
        at += taken;
      } else {
        this.readHead(buf[at]!);
        at += 1;
      }
    }
    return at;
  }

  private readHead(byte: number): void {
    const index = this.headRead;
    this.headRead += 1;
    if (index === 0) {
      if ((byte & 0x0f) === CLOSE) this.hasClosed = true;
      return;
    }
    if (index === 1) {
      const short = byte & 0x7f;
      const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
      this.lengthEnd = 2 + extra;
      this.headLength = this.lengthEnd + ((byte & 0x80) === 0 ? 0 : 4);
      this.length = extra === 0 ? short : 0;
    } else if (index < this.lengthEnd) this.length = this.length * 256 + byte;
    if (this.headRead < this.headLength) return;
    this.payloadLeft = this.length;
    this.headRead = 0;
    this.headLength = 2;
  }
}
