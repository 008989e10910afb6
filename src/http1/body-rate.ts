/** T6 begins to count after this time. */
export const BODY_RATE_AFTER_MS = 10_000;

/**
 * The minimum rate of a request body (T6), over windows of at least `BODY_RATE_AFTER_MS`. A window begins with the first byte
 * and anew whenever the client was kept waiting: only its own slowness counts.
 */
export class BodyRate {
  private since = 0;
  private bytes = 0;

  /** The next byte begins a window. */
  restart(): void {
    this.since = 0;
  }

  /** Counts bytes that came at `nowMs` (of any clock, never 0); false when the client is too slow. */
  allows(bytes: number, nowMs: number, bytesPerSecond: number): boolean {
    if (this.since === 0) {
      this.since = nowMs;
      this.bytes = 0;
    }
    this.bytes += bytes;
    const ms = nowMs - this.since;
    if (ms <= BODY_RATE_AFTER_MS) return true;
    if (this.bytes * 1000 < bytesPerSecond * ms) return false;
    this.since = nowMs;
    this.bytes = 0;
    return true;
  }
}
