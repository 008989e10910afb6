/** Counts what may happen now and then and not all the time. */
export class AbuseCounter {
  private readonly most: number;
  private readonly withinMs: number;
  private since = 0;
  private count = 0;

  constructor(most: number, withinMs: number) {
    this.most = most;
    this.withinMs = withinMs;
  }

  /** Counts one at `nowMs` (of any clock); true when there were more than may be. */
  isTooMuch(nowMs: number): boolean {
    if (nowMs - this.since > this.withinMs) {
      this.since = nowMs;
      this.count = 0;
    }
    this.count += 1;
    return this.count > this.most;
  }
}
