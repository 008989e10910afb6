import { CR, LF } from './grammar.ts';

/**
 * Bytes of a head that arrives in pieces. Grows by doubling and looks only at new bytes for the end (L6: a byte-at-a-time
 * head costs linear work); a bare CR or LF is seen as it comes (L2, L3, L5).
 */
export class HeadBuffer {
  bytes: Buffer = EMPTY;
  length = 0;
  private scanned = 0;

  /** Appends; returns `complete` once an empty line is in, `broken` for a bare CR or LF, else `partial`. */
  append(chunk: Buffer, start: number, end: number): 'complete' | 'partial' | 'broken' {
    const needed = this.length + (end - start);
    if (needed > this.bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(1024, needed, this.bytes.length * 2));
      this.bytes.copy(grown, 0, 0, this.length);
      this.bytes = grown;
    }
    chunk.copy(this.bytes, this.length, start, end);
    this.length = needed;
    return this.scan();
  }

  clear(): void {
    this.bytes = EMPTY;
    this.length = 0;
    this.scanned = 0;
  }

  private scan(): 'complete' | 'partial' | 'broken' {
    const { bytes, length } = this;
    for (let at = this.scanned; at < length; at++) {
      const byte = bytes[at];
      if (byte === LF) {
        if (at === 0 || bytes[at - 1] !== CR) return 'broken';
        // CRLF CRLF ends a head; two empty lines before one are an error (L4).
        if (at >= 3 && bytes[at - 2] === LF) return at === 3 ? 'broken' : 'complete';
      } else if (at > 0 && bytes[at - 1] === CR) return 'broken';
    }
    this.scanned = length;
    return 'partial';
  }
}

const EMPTY = Buffer.alloc(0);
