import { expect, test, vi } from 'vitest';
import { PasswordQueue } from '../../../../src/middleware/passwords/password-queue.ts';

const STORED = '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=';

test('questions are answered in a thread, which is not there before the first', async () => {
  const queue = new PasswordQueue();
  expect(queue.threads).toBe(0);
  const answers = ['password', 'other', 'password'].map((password) => queue.ask({ stored: STORED, password })!);
  expect(queue.threads).toBe(1);
  expect(await Promise.all(answers)).toEqual(['right', 'wrong', 'right']);
  expect(queue.threads).toBe(1);
});

test('the thread ends when nobody asks, and comes back for the next', async () => {
  const queue = new PasswordQueue(1);
  expect(await queue.ask({ stored: STORED, password: 'password' })).toBe('right');
  await vi.waitFor(() => expect(queue.threads).toBe(0));
  expect(await queue.ask({ stored: STORED, password: 'other' })).toBe('wrong');
});

test('64 may wait, and then others may', async () => {
  const queue = new PasswordQueue();
  const answers = Array.from({ length: 64 }, () => queue.ask({ stored: STORED, password: 'password' })!);
  expect(answers).not.toContain(undefined);
  expect(queue.ask({ stored: STORED, password: 'password' })).toBeUndefined();
  expect(new Set(await Promise.all(answers))).toEqual(new Set(['right']));
  expect(await queue.ask({ stored: STORED, password: 'password' })).toBe('right');
});
