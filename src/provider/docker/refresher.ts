/** Least pause between the end of one refresh and the start of the next. */
export const SHORTEST_PAUSE_MS = 10;
export const LONGEST_PAUSE_MS = 500;

export interface Refresher {
  /** Something changed at `at` (milliseconds of `now`). */
  request(at: number): void;
  /** Nothing runs any more after the refresh that may be under way. */
  stop(): void;
}

/**
 * Runs `refresh` for changes: at once after quiet, and for a burst again after a pause that the changes share. The pause is
 * twice what the last refresh cost, within bounds, so that refreshing never takes more than a third of the time
 * and no change waits longer than `LONGEST_PAUSE_MS` for its turn. `refresh` gets the time of the oldest change; it must not reject.
 */
export function createRefresher(deps: {
  readonly refresh: (at: number) => Promise<void>;
  readonly now: () => number;
}): Refresher {
  const { refresh, now } = deps;
  let oldest: number | undefined;
  let notBefore = -Infinity;
  let isRunning = false;
  let isStopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const schedule = () => {
    if (oldest === undefined || isRunning || isStopped || timer !== undefined) return;
    const waitMs = notBefore - now();
    if (waitMs <= 0) void run(oldest);
    else timer = setTimeout(wake, waitMs);
  };
  const wake = () => {
    timer = undefined;
    if (oldest !== undefined && !isStopped) void run(oldest);
  };
  const run = async (at: number) => {
    oldest = undefined;
    isRunning = true;
    const begun = now();
    await refresh(at);
    const ended = now();
    notBefore = ended + Math.min(Math.max((ended - begun) * 2, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS);
    isRunning = false;
    schedule();
  };

  return {
    request: (at) => {
      oldest ??= at;
      schedule();
    },
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
