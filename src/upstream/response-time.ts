/** After so many milliseconds an answer weighs a third of what it did. */
const FADING_MS = 10_000;
/** An answer weighs at least so much: many in a short time must not leave the first one standing. */
const LEAST_SHARE = 1 / 32;
/** What a failure counts as at least: a server that refuses at once is not a fast one. */
const FAILURE_MS = 1000;

/**
 * How long a server takes to begin an answer, recent answers before old ones. While nobody asks it the figure fades toward zero, so that a
 * server that was slow once is tried again. Times are milliseconds of one clock.
 */
export class ResponseTime {
  private average = -1;
  private addedAt = 0;

  get isKnown(): boolean {
    return this.average >= 0;
  }

  /** `ms` from the request to the answer's head, or to the failure. */
  add(ms: number, now: number, hasFailed: boolean): void {
    const sample = hasFailed ? Math.max(ms, FAILURE_MS) : ms;
    const kept = Math.min(1 - LEAST_SHARE, Math.exp((this.addedAt - now) / FADING_MS));
    this.average = this.average < 0 ? sample : this.average * kept + sample * (1 - kept);
    this.addedAt = now;
  }

  /** Zero while nothing is known. */
  at(now: number): number {
    return this.average < 0 ? 0 : this.average * Math.exp((this.addedAt - now) / FADING_MS);
  }
}
