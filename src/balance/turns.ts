/**
 * Smooth weighted turns: whoever takes part gains its weight in credit, the one with the most is next and pays for all. Shares are
 * exact over a round, and nobody has many turns in a row. A call allocates nothing.
 */
export class Turns {
  private readonly credit: Float64Array;
  private total = 0;
  private best = -1;

  constructor(count: number) {
    this.credit = new Float64Array(count);
  }

  begin(): void {
    this.total = 0;
    this.best = -1;
  }

  /** One takes part, with a weight above zero. */
  join(index: number, weight: number): void {
    const credit = (this.credit[index]! += weight);
    this.total += weight;
    if (this.best < 0 || credit > this.credit[this.best]!) this.best = index;
  }

  /** Whose turn it is; -1: nobody took part. */
  end(): number {
    if (this.best >= 0) this.credit[this.best]! -= this.total;
    return this.best;
  }
}
