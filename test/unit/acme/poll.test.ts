import { expect, test } from 'vitest';
import { poll } from '../../../src/acme/poll.ts';

interface Answer {
  readonly isDone: boolean;
  readonly retryAt: number | undefined;
}

/** Polls on a clock that moves only by sleeping; gives the moments of asking and the last answer. */
async function run(
  answers: readonly { isDone?: boolean; retryInMs?: number }[],
  random = 0.5,
): Promise<{ readonly asked: readonly number[]; readonly result: Answer }> {
  let now = 0;
  const asked: number[] = [];
  const result = await poll<Answer>({
    ask: async () => {
      const { isDone = false, retryInMs } = answers[Math.min(asked.length, answers.length - 1)]!;
      asked.push(now);
      return { isDone, retryAt: retryInMs === undefined ? undefined : now + retryInMs };
    },
    isFinal: ({ isDone }) => isDone,
    firstMs: 250,
    maxMs: 1000,
    deadlineMs: 5000,
    clock: {
      now: () => now,
      random: () => random,
      sleep: async (ms) => void (now += ms),
      signal: new AbortController().signal,
    },
  });
  return { asked, result };
}

test('asks at once, and no more when the answer is final', async () => {
  const { asked, result } = await run([{ isDone: true }]);
  expect(asked).toEqual([0]);
  expect(result).toMatchObject({ isDone: true });
});

test('asks at growing distances up to the limit, and gives the last answer at the deadline', async () => {
  const { asked, result } = await run([{}]);
  expect(asked).toEqual([0, 250, 650, 1290, 2290, 3290, 4290]);
  expect(result).toMatchObject({ isDone: false });
});

test.for([
  { name: 'the shortest', random: 0, second: 200 },
  { name: 'the longest', random: 1, second: 300 },
])('distances vary by a fifth: $name', async ({ random, second }) => {
  const { asked } = await run([{}, { isDone: true }], random);
  expect(asked).toEqual([0, second]);
});

test.for([
  { name: 'a wait the CA asks for is heeded', retryInMs: 2000, second: 2000 },
  { name: 'one below a second is not', retryInMs: 10, second: 250 },
  { name: 'one above a minute is not', retryInMs: 3_600_000, second: 250 },
  { name: 'one in the past is not', retryInMs: -5000, second: 250 },
])('$name', async ({ retryInMs, second }) => {
  const { asked } = await run([{ retryInMs }, { isDone: true }]);
  expect(asked).toEqual([0, second]);
});

test('a wait that would pass the deadline ends it', async () => {
  const { asked, result } = await run([{ retryInMs: 30_000 }]);
  expect(asked).toEqual([0]);
  expect(result).toMatchObject({ isDone: false });
});

test.for([
  {
    name: 'an error of the question',
    ask: () => Promise.reject(new Error('gone')),
    sleep: async () => undefined,
    text: 'gone',
  },
  {
    name: 'an end of the wait',
    ask: async () => ({ retryAt: undefined }),
    sleep: () => Promise.reject(new Error('stopping')),
    text: 'stopping',
  },
])('$name ends it', async ({ ask, sleep, text }) => {
  const clock = { now: () => 0, random: () => 0.5, sleep, signal: new AbortController().signal };
  const polling = poll({ ask, isFinal: () => false, firstMs: 1, maxMs: 1, deadlineMs: 100, clock });
  await expect(polling).rejects.toThrow(text);
});
