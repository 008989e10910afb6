import { FAULT, INCOMPLETE } from './field-scanner.ts';
import { HeadBuffer } from './head-buffer.ts';
import { RequestHead } from './request-head.ts';

/** Reads request heads from chunks, whole or in pieces, with the same result for any split of the bytes (L6). */
export class HeadReader {
  readonly head = new RequestHead();
  private buffer: HeadBuffer | undefined = undefined;
  /** The pieces are longer than any start-line may be, and this one was not. */
  private isLineChecked = false;

  /** Reads on from `chunk[at, end)`. Returns the offset behind the head, INCOMPLETE when all was taken, or FAULT. */
  read(chunk: Buffer, at: number, end: number): number {
    if (this.buffer === undefined) {
      const headEnd = this.head.parse(chunk, at, end);
      if (headEnd !== INCOMPLETE) return headEnd;
      this.buffer = new HeadBuffer();
    }
    const { buffer, head } = this;
    const before = buffer.length;
    const found = buffer.append(chunk, at, end);
    // A head without end is parsed for each of its two limits once (L5, L6).
    const enough = this.isLineChecked ? head.maxBytes : head.maxLineBytes;
    if (found === 'partial' && buffer.length <= enough) return INCOMPLETE;
    // Also where a line is broken: a fault before it is the one to tell, as if the bytes had come at once.
    const headEnd = head.parse(buffer.bytes, 0, buffer.length);
    this.isLineChecked = headEnd === INCOMPLETE;
    if (headEnd === INCOMPLETE) return found === 'broken' ? this.fault('bad_field') : INCOMPLETE;
    this.buffer = undefined;
    return headEnd === FAULT ? FAULT : at + (headEnd - before);
  }

  /** Forgets a head in pieces. */
  discard(): void {
    this.buffer = undefined;
    this.isLineChecked = false;
  }

  private fault(reason: RequestHead['fault']): typeof FAULT {
    this.discard();
    this.head.fault = reason;
    return FAULT;
  }
}
