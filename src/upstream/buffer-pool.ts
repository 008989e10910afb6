/** Bytes of a pooled read buffer: the size at which a megabyte costs least (measured: 64, 128, 256, 512 KiB). */
export const LARGE_BUFFER = 262_144;

/**
 * Read buffers for long bodies. A filled buffer is written to the other socket as it is and comes back when that write is
 * done, so a long body is never copied. At most `maxLent` are out at once, so that clients who read slowly cannot hold the
 * memory of the machine; at most `maxKept` wait here, more are left to the collector.
 */
export class BufferPool {
  private readonly kept: Buffer[] = [];
  private readonly maxKept: number;
  private readonly maxLent: number;
  private lent = 0;

  constructor(options: { readonly maxKept?: number; readonly maxLent?: number } = {}) {
    this.maxKept = options.maxKept ?? 16;
    this.maxLent = options.maxLent ?? 256;
  }

  /** `take` would give one. */
  get hasMore(): boolean {
    return this.lent < this.maxLent;
  }

  /** Undefined when too many are out; the caller then reads in smaller pieces that are copied. */
  take(): Buffer | undefined {
    if (this.lent >= this.maxLent) return undefined;
    this.lent += 1;
    return this.kept.pop() ?? Buffer.allocUnsafeSlow(LARGE_BUFFER);
  }

  /** Gives back what `take` gave, once. */
  release(buffer: Buffer): void {
    this.lent -= 1;
    if (this.kept.length < this.maxKept) this.kept.push(buffer);
  }
}
