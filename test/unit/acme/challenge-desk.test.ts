import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createChallengeDesk } from '../../../src/acme/challenge-desk.ts';
import { collectLogger } from '../../support/collect-logger.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const CHALLENGE = { token: 'token-0123456789', host: 'a.test', keyAuthorization: 'token-0123456789.thumbprint' };

function open(publish: () => Promise<void> = async () => undefined): {
  readonly desk: ReturnType<typeof createChallengeDesk>;
  readonly withdrawn: string[];
  readonly lines: ReturnType<typeof collectLogger>['lines'];
} {
  const withdrawn: string[] = [];
  const { logger, lines } = collectLogger();
  const publisher = { publish, withdraw: (token: string) => void withdrawn.push(token) };
  return { desk: createChallengeDesk({ publisher, logger }), withdrawn, lines };
}

test('an answer is withdrawn a minute after its release, not before', async () => {
  const { desk, withdrawn } = open();
  await desk.publish(CHALLENGE);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(withdrawn).toEqual([]);
  desk.release(CHALLENGE.token);
  await vi.advanceTimersByTimeAsync(59_999);
  expect(withdrawn).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(withdrawn).toEqual([CHALLENGE.token]);
});

test('closing drops the waits', async () => {
  const { desk, withdrawn } = open();
  desk.release('one');
  desk.release('two');
  desk.close();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(withdrawn).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test("a publisher that fails is the caller's to handle", async () => {
  const { desk } = open(() => Promise.reject(new Error('no worker')));
  await expect(desk.publish(CHALLENGE)).rejects.toThrow('no worker');
});

test('the log has the host and the start of the token, never the answer', async () => {
  const { desk, lines } = open();
  await desk.publish(CHALLENGE);
  expect(lines).toHaveLength(1);
  expect(JSON.stringify(lines)).toContain('"token-01"');
  expect(JSON.stringify(lines)).not.toContain('thumbprint');
});
