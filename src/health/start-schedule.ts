/** When a starting server is asked, after the moment it appeared (design section 8); then every second. */
const ATTEMPTS_MS = [0, 25, 50, 100, 150, 250, 400, 600, 800, 1000];
const THEN_EVERY_MS = 1000;

/** Milliseconds from the end of a failed attempt to the next one; the first attempt, which is made at once, is 0. */
export function pauseAfterAttempt(attempt: number): number {
  const next = ATTEMPTS_MS[attempt + 1];
  return next === undefined ? THEN_EVERY_MS : next - ATTEMPTS_MS[attempt]!;
}
