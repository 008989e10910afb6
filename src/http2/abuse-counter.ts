/** Counts what may happen now and then and not all the time: so often in any span of this length, near enough. */
export class AbuseCounter {
  private readonly most: number;
  private readonly withinMs: number;
  private since = 0;
  private count = 0;
  /** Of the span before; it counts as far as it reaches into the one that ends now. */
  private before = 0;

  constructor(most: number, withinMs: number) {
    this.most = most;
    this.withinMs = withinMs;
  }

  /** Counts one at `nowMs` (of any clock); true when there were more than may be. */
  isTooMuch(nowMs: number): boolean {
    if (nowMs - this.since >= this.withinMs) {
      const isNext = nowMs - this.since < 2 * this.withinMs;
      this.before = isNext ? this.count : 0;
      this.since = isNext ? this.since + this.withinMs : nowMs;
      this.count = 0;
    }
    this.count += 1;
    return this.count + this.before * (1 - (nowMs - this.since) / this.withinMs) > this.most;
  }
}
