import { expect, test } from 'vitest';
import { createLimiter } from '../../../src/lib/limiter.ts';

test('no more than so many run at once, in order, and a failure makes room', async () => {
  const limit = createLimiter(2);
  const started: number[] = [];
  let running = 0;
  let most = 0;
  const tasks = [0, 1, 2, 3, 4].map((index) =>
    limit(async () => {
      started.push(index);
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running -= 1;
      if (index === 1) throw new Error('failed');
      return index;
    }),
  );
  const results = await Promise.allSettled(tasks);
  expect(started).toEqual([0, 1, 2, 3, 4]);
  expect(most).toBe(2);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
  await expect(limit(async () => 'again')).resolves.toBe('again');
});
