/** Lets `burst` events through at once and `perSecond` of them in the long run. */
export interface TokenBucket {
  /** Takes a token if there is one beside `reserve` others (default 0); otherwise nothing changes. */
  tryTake(reserve?: number): boolean;
  /** Takes a token, borrowing if there is none, and tells how many milliseconds to wait for it. */
  take(): number;
}

/** `now` in milliseconds; a clock that steps back only makes the bucket fill later. */
export function createTokenBucket(options: {
  readonly burst: number;
  readonly perSecond: number;
  readonly now: () => number;
}): TokenBucket {
  const { burst, perSecond, now } = options;
  let tokens = burst;
  let filledAt = now();
  const fill = (): void => {
    const at = now();
    tokens = Math.min(burst, tokens + (Math.max(0, at - filledAt) / 1000) * perSecond);
    filledAt = at;
  };
  return {
    tryTake: (reserve = 0) => {
      fill();
      if (tokens < 1 + reserve) return false;
      tokens -= 1;
      return true;
    },
    take: () => {
      fill();
      tokens -= 1;
      return tokens >= 0 ? 0 : Math.ceil((-tokens / perSecond) * 1000);
    },
  };
}
