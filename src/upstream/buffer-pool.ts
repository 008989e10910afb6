/** Bytes of a pooled read buffer: the size at which a megabyte costs least (measured: 64, 128, 256, 512 KiB). */
export const LARGE_BUFFER = 262_144;

/**
 * Read buffers for long bodies. A filled buffer is written to the other socket as it is and comes back when that write is
 * done, so a long body is never copied. At most `maxKept` wait here; more are left to the collector.
 */
export class BufferPool {
  private readonly kept: Buffer[] = [];
  private readonly maxKept: number;

  constructor(maxKept = 16) {
    this.maxKept = maxKept;
  }

  take(): Buffer {
    return this.kept.pop() ?? Buffer.allocUnsafeSlow(LARGE_BUFFER);
  }

  release(buffer: Buffer): void {
    if (this.kept.length < this.maxKept) this.kept.push(buffer);
  }
}
