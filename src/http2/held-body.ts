/** Least that is set aside for a piece: a payload in many small frames takes no more memory than one in few. */
const PIECE_BYTES = 4096;

/** Payload that nobody takes yet, in order. Its bytes are bounded by the window; what they cost is bounded here. */
export class HeldBody {
  private readonly pieces: Buffer[] = [];
  /** Bytes of the last piece that are in use. */
  private used = 0;

  get isEmpty(): boolean {
    return this.pieces.length === 0;
  }

  /** Copies: the bytes are the reader's. */
  add(buf: Buffer, start: number, end: number): void {
    let from = start;
    const last = this.pieces.at(-1);
    if (last !== undefined) {
      from = Math.min(end, start + last.length - this.used);
      this.used += buf.copy(last, this.used, start, from);
    }
    if (from === end) return;
    const piece = Buffer.allocUnsafeSlow(Math.max(end - from, PIECE_BYTES));
    this.used = buf.copy(piece, 0, from, end);
    this.pieces.push(piece);
  }

  /** The oldest piece; it is the caller's from here on. */
  take(): Buffer {
    const piece = this.pieces.shift()!;
    return this.pieces.length === 0 ? piece.subarray(0, this.used) : piece;
  }

  /** Throws everything away; returns how many bytes that was. */
  clear(): number {
    let bytes = 0;
    while (!this.isEmpty) bytes += this.take().length;
    return bytes;
  }
}
