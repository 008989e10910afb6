/** What each request adds: at most a fifth of the requests are repeated. */
const SHARE = 0.2;
/** Enough for the connections of a server that dies, on a service that hardly anybody visits. */
const FEW = 100;
const MOST = 2000;
/** A service without many visitors comes back to `FEW` by so many a second. */
const REFILL_PER_SECOND = 10;

/**
 * How many requests of a service may be sent a second time. Without a bound a service that fails under its load gets twice the load
 * (design section 8). Requests of which nothing was sent cost a server nothing and need no budget.
 */
export class RetryBudget {
  private tokens = FEW;
  private refilledAt = 0;

  /** A request came. */
  deposit(): void {
    if (this.tokens < MOST) this.tokens += SHARE;
  }

  /** Whether one more request may be repeated. `now` in milliseconds. */
  withdraw(now: number): boolean {
    const refill = ((now - this.refilledAt) / 1000) * REFILL_PER_SECOND;
    this.refilledAt = now;
    if (this.tokens < FEW) this.tokens = Math.min(FEW, this.tokens + refill);
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
