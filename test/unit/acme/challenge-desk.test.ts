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

test('the CA is not told of an answer that our own listener does not give', async () => {
  const asked: string[] = [];
  const { logger } = collectLogger();
  const desk = createChallengeDesk({
    publisher: { publish: async () => undefined, withdraw: () => undefined },
    selfCheck: async ({ host }) => {
      asked.push(host);
      return host === 'a.test' ? '127.0.0.1:80 answers with HTTP 301' : undefined;
    },
    logger,
  });
  await expect(desk.publish(CHALLENGE)).rejects.toMatchObject({
    code: 'publish_failed',
    message: expect.stringContaining('HTTP 301'),
  });
  await desk.publish({ ...CHALLENGE, host: 'b.test' });
  await desk.publish({ token: 't', host: 'c.test', serverName: 'c.test', keyPem: '', certificatePem: '' });
  expect(asked).toEqual(['a.test', 'b.test']);
});

test('records are removed from DNS at once, and nobody writes any without a solver', async () => {
  const { logger } = collectLogger();
  const publisher = { publish: async () => undefined, withdraw: (token: string) => void events.push(`http ${token}`) };
  const events: string[] = [];
  const signal = new AbortController().signal;
  await expect(createChallengeDesk({ publisher, logger }).publishRecord(CHALLENGE, signal)).rejects.toMatchObject({
    code: 'challenge_missing',
  });
  const dns = {
    publish: async ({ host }: { readonly host: string }) => void events.push(`publish ${host}`),
    withdraw: (token: string) => void events.push(`withdraw ${token}`),
    idle: async () => undefined,
  };
  const desk = createChallengeDesk({ publisher, dns, logger });
  await desk.publishRecord(CHALLENGE, signal);
  desk.release(CHALLENGE.token);
  expect(events).toEqual(['publish a.test', `withdraw ${CHALLENGE.token}`]);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(events).toHaveLength(2);
});
