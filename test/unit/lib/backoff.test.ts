import { expect, test } from 'vitest';
import { backoffDelay } from '../../../src/lib/backoff.ts';

const schedule = { stepsMs: [1000, 2000, 5000], capMs: 4000, jitter: [0.5, 1.5] as const };

test.for([
  { name: 'the first failure takes the first step', failures: 1, random: 0.5, delay: 1000 },
  { name: 'the second failure takes the second step', failures: 2, random: 0.5, delay: 2000 },
  { name: 'a step above the cap is cut', failures: 3, random: 0.5, delay: 4000 },
  { name: 'failures beyond the table wait the cap', failures: 40, random: 0.5, delay: 4000 },
  { name: 'no failure counts as the first', failures: 0, random: 0.5, delay: 1000 },
  { name: 'the lowest random value takes the low factor', failures: 1, random: 0, delay: 500 },
  { name: 'a random value near one takes the high factor', failures: 1, random: 0.9999, delay: 1500 },
  { name: 'jitter comes after the cap', failures: 9, random: 0.75, delay: 5000 },
])('$name', ({ failures, random, delay }) => {
  expect(backoffDelay(schedule, failures, random)).toBe(delay);
});
