const GROWTH = 1.6;
/** Waits the CA asks for are heeded within these bounds; outside them it is asked by our own pace. */
const MIN_ASKED_MS = 1000;
const MAX_ASKED_MS = 60_000;

/** What a wait needs from outside. */
export interface PollClock {
  readonly now: () => number;
  readonly random: () => number;
  /** Rejects with the reason of `signal`. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Asks until the answer is final, at growing distances (± 20 %), or at the times the CA names. Resolves with the last
 * answer: final, or not when `deadlineMs` has passed. Rejects with the error of `ask`, or of `sleep`.
 */
export async function poll<T extends { readonly retryAt: number | undefined }>(options: {
  readonly ask: () => Promise<T>;
  readonly isFinal: (answer: T) => boolean;
  readonly firstMs: number;
  readonly maxMs: number;
  readonly deadlineMs: number;
  readonly clock: PollClock;
}): Promise<T> {
  const { clock } = options;
  const deadline = clock.now() + options.deadlineMs;
  let paceMs = options.firstMs;
  for (;;) {
    const answer = await options.ask();
    if (options.isFinal(answer)) return answer;
    const askedMs = answer.retryAt === undefined ? 0 : answer.retryAt - clock.now();
    const isHeeded = askedMs >= MIN_ASKED_MS && askedMs <= MAX_ASKED_MS;
    const waitMs = isHeeded ? askedMs : Math.round(paceMs * (0.8 + clock.random() * 0.4));
    if (clock.now() + waitMs > deadline) return answer;
    await clock.sleep(waitMs);
    paceMs = Math.min(paceMs * GROWTH, options.maxMs);
  }
}
