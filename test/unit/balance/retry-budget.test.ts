import { expect, test } from 'vitest';
import { RetryBudget } from '../../../src/balance/retry-budget.ts';

const spend = (budget: RetryBudget, now: number): number => {
  let count = 0;
  while (count < 10_000 && budget.withdraw(now)) count += 1;
  return count;
};

test('a hundred to begin with, then a fifth of the requests', () => {
  const budget = new RetryBudget();
  expect(spend(budget, 0)).toBe(100);
  expect(budget.withdraw(0)).toBe(false);
  for (let n = 0; n < 500; n++) budget.deposit();
  expect(Math.abs(spend(budget, 0) - 100)).toBeLessThanOrEqual(1);
});

test('never more than two thousand, however many requests came', () => {
  const budget = new RetryBudget();
  for (let n = 0; n < 1_000_000; n++) budget.deposit();
  expect(Math.abs(spend(budget, 0) - 2000)).toBeLessThanOrEqual(1);
});

test('ten a second come back without a visitor, up to a hundred', () => {
  const budget = new RetryBudget();
  spend(budget, 0);
  expect(spend(budget, 2000)).toBe(20);
  expect(spend(budget, 1_000_000)).toBe(100);
});
