/** Bytes of a pooled read buffer: the size at which a megabyte costs least (measured: 64, 128, 256, 512 KiB). */
export const LARGE_BUFFER = 262_144;

/**
 * Read buffers for long bodies. A filled buffer is written to the other socket as it is and comes back when that write is
 * done, so a long body is never copied. At most `maxLent` are out at once, so that clients who read slowly cannot hold the
 * memory of the machine. Those that come back are kept while there is work for them: to make them anew all the time would
 * keep the garbage collector busy (a quarter of what many long downloads cost).
 */
export class BufferPool {
  private readonly kept: Buffer[] = [];
  private readonly maxLent: number;
  private lent = 0;
  /** Kept ones that nobody needed since `trim`. */
  private unused = 0;

  constructor(maxLent = 256) {
    this.maxLent = maxLent;
  }

  /** `take` would give one. */
  get hasMore(): boolean {
    return this.lent < this.maxLent;
  }

  /** Undefined when too many are out; the caller then reads in smaller pieces that are copied. */
  take(): Buffer | undefined {
    if (this.lent >= this.maxLent) return undefined;
    this.lent += 1;
    const buffer = this.kept.pop() ?? Buffer.allocUnsafeSlow(LARGE_BUFFER);
    if (this.kept.length < this.unused) this.unused = this.kept.length;
    return buffer;
  }

  /** Gives back what `take` gave, once. */
  release(buffer: Buffer): void {
    this.lent -= 1;
    this.kept.push(buffer);
  }

  /** To be called once a second: leaves half of those that were not needed since the last time to the collector. */
  trim(): void {
    // The oldest: what was used last may still be in the processor's cache.
    this.kept.splice(0, Math.ceil(this.unused / 2));
    this.unused = this.kept.length;
  }
}
