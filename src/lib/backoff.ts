/** Waits after consecutive failures. All times in milliseconds. */
export interface BackoffSchedule {
  /** Wait after the first, second, … failure; later ones wait `capMs`. */
  readonly stepsMs: readonly number[];
  readonly capMs: number;
  /** The wait is multiplied by a factor from this range, so that many clients do not come back together. */
  readonly jitter: readonly [low: number, high: number];
}

/**
 * How long to wait after the `failures`th failure in a row (1 is the first). `random` is in [0, 1).
 * The cap holds before the jitter.
 */
export function backoffDelay(schedule: BackoffSchedule, failures: number, random: number): number {
  const step = schedule.stepsMs[Math.max(failures, 1) - 1] ?? schedule.capMs;
  const [low, high] = schedule.jitter;
  return Math.round(Math.min(step, schedule.capMs) * (low + (high - low) * random));
}
