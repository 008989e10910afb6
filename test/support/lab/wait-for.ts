import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks `probe` until it answers something other than `undefined` or `false`, and returns that.
 * A probe that throws counts as "not yet"; the last error is the cause when the time is over.
 */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 30_000,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > end) throw new Error(`${what} did not happen within ${timeoutMs} ms`, { cause });
    await delay(20);
  }
}
