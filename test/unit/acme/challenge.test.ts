import { expect, test } from 'vitest';
import type { AcmeApi, AcmeAuthorization, AcmeChallenge } from '../../../src/acme/acme-api.ts';
import { AcmeProblem } from '../../../src/acme/acme-error.ts';
import type { DnsChallenge } from '../../../src/acme/dns/dns-solver.ts';
import { answerAuthorization } from '../../../src/acme/challenge.ts';
import type { ChallengeType } from '../../../src/config/static-config.ts';
import type { PendingChallenge } from '../../../src/protocol.ts';

const TOKEN = 'token_0123456789-abcdef';
const http: AcmeChallenge = { type: 'http-01', url: 'https://ca.test/chal/1', token: TOKEN, error: undefined };
const pending: AcmeAuthorization = {
  url: 'https://ca.test/authz/1',
  status: 'pending',
  name: 'a.test',
  isWildcard: false,
  challenges: [{ ...http, type: 'dns-01' }, http],
  retryAt: undefined,
};

/** Plays one authorization against a CA that gives these answers; notes what happened in order. */
async function play(options: {
  readonly authorization?: AcmeAuthorization;
  readonly answers?: readonly AcmeAuthorization[];
  readonly publish?: (challenge: PendingChallenge) => Promise<void>;
  readonly signal?: AbortSignal;
  readonly startFault?: AcmeProblem;
  readonly types?: readonly ChallengeType[];
}): Promise<{ readonly events: readonly string[]; readonly error: unknown }> {
  const events: string[] = [];
  const answers = [...(options.answers ?? [{ ...pending, status: 'valid' as const }])];
  let now = 0;
  const api = {
    keyAuthorization: ({ token }: AcmeChallenge) => `${token}.thumb`,
    startChallenge: async ({ type }: AcmeChallenge) => {
      events.push(`start ${type}`);
      if (options.startFault !== undefined) throw options.startFault;
    },
    authorization: async () => {
      events.push('ask');
      return answers.length > 1 ? answers.shift()! : answers[0]!;
    },
  } as Partial<AcmeApi> as AcmeApi;
  const desk = {
    publish: async (challenge: PendingChallenge) => {
      await options.publish?.(challenge);
      events.push(
        `publish ${challenge.host} ${'serverName' in challenge ? 'certificate' : challenge.keyAuthorization}`,
      );
    },
    publishRecord: async ({ host, keyAuthorization }: DnsChallenge) =>
      void events.push(`record ${host} ${keyAuthorization}`),
    release: (token: string) => void events.push(`release ${token}`),
  };
  const clock = {
    now: () => now,
    random: () => 0.5,
    sleep: async (ms: number) => void (now += ms),
    signal: options.signal ?? new AbortController().signal,
  };
  const choice = { types: options.types ?? ['http-01'], turn: 0 };
  const authorization = options.authorization ?? pending;
  const error: unknown = await answerAuthorization(authorization, { api, desk, clock, choice }).catch(
    (cause: unknown) => cause,
  );
  return { events, error };
}

test('the answer is in place before the CA is told, and released after the verdict', async () => {
  const { events, error } = await play({ answers: [pending, { ...pending, status: 'valid' }] });
  expect(error).toBeUndefined();
  expect(events).toEqual([`publish a.test ${TOKEN}.thumb`, 'start http-01', 'ask', 'ask', `release ${TOKEN}`]);
});

test('TLS-ALPN-01 publishes a certificate', async () => {
  const authorization = { ...pending, challenges: [http, { ...http, type: 'tls-alpn-01' }] };
  const { events, error } = await play({ authorization, types: ['tls-alpn-01'] });
  expect(error).toBeUndefined();
  expect(events).toEqual(['publish a.test certificate', 'start tls-alpn-01', 'ask', `release ${TOKEN}`]);
});

test('DNS-01 publishes a record, for a wildcard too', async () => {
  const authorization = { ...pending, isWildcard: true };
  const { events, error } = await play({ authorization, types: ['http-01', 'dns-01'] });
  expect(error).toBeUndefined();
  expect(events).toEqual([`record a.test ${TOKEN}.thumb`, 'start dns-01', 'ask', `release ${TOKEN}`]);
});

test('a refusal is the problem the CA attached to the challenge', async () => {
  const problem = new AcmeProblem({ type: 'connection', status: 0, detail: 'refused', url: '' });
  const answer = { ...pending, status: 'invalid' as const, challenges: [{ ...http, error: problem }] };
  const { events, error } = await play({ answers: [answer] });
  expect(error).toBe(problem);
  expect(events.at(-1)).toBe(`release ${TOKEN}`);
});

test.for([
  { name: 'refused without a reason', status: 'invalid' as const, code: 'order_invalid' },
  { name: 'deactivated meanwhile', status: 'deactivated' as const, code: 'order_invalid' },
  { name: 'not checked in time', status: 'pending' as const, code: 'authorization_slow' },
])('$name', async ({ status, code }) => {
  const { events, error } = await play({ answers: [{ ...pending, status }] });
  expect(error).toMatchObject({ name: 'OrderError', code, message: expect.stringContaining('a.test') });
  expect(events.at(-1)).toBe(`release ${TOKEN}`);
});

test.for([
  { name: 'no challenge we know', authorization: { ...pending, challenges: [{ ...http, type: 'dns-01' }] } },
  { name: 'a wildcard', authorization: { ...pending, isWildcard: true } },
  {
    name: 'a token that does not fit into a path',
    authorization: { ...pending, challenges: [{ ...http, token: '../../etc/passwd/x' }] },
  },
  { name: 'a token that is too short', authorization: { ...pending, challenges: [{ ...http, token: 'short' }] } },
])('$name: nothing is published', async ({ authorization }) => {
  const { events, error } = await play({ authorization });
  expect(error).toMatchObject({
    name: 'OrderError',
    code: 'challenge_missing',
    message: expect.stringContaining('a.test'),
  });
  expect(events).toEqual([]);
});

const begun = new AcmeProblem({
  type: 'malformed',
  status: 400,
  detail: 'cannot update challenge with status processing',
  url: '',
});

test('a challenge that an attempt before has begun is waited for', async () => {
  const answers = [pending, { ...pending, status: 'valid' as const }];
  const { events, error } = await play({ startFault: begun, answers });
  expect(error).toBeUndefined();
  expect(events.slice(1)).toEqual(['start http-01', 'ask', 'ask', `release ${TOKEN}`]);
});

test.for([
  { name: 'does not go on', fault: begun },
  { name: 'meets a limit', fault: new AcmeProblem({ type: 'rateLimited', status: 429, detail: '', url: '' }) },
])('what the CA said to one that $name is the error', async ({ fault }) => {
  const { error } = await play({ startFault: fault, answers: [pending] });
  expect(error).toBe(fault);
});

test('when the workers do not get it, the CA is not told', async () => {
  const { events, error } = await play({ publish: () => Promise.reject(new Error('no worker')) });
  expect(error).toMatchObject({ name: 'OrderError', code: 'publish_failed' });
  expect(events).toEqual([`release ${TOKEN}`]);
});

test('an abort does not wait for workers that never answer', async () => {
  const abort = new AbortController();
  const playing = play({ signal: abort.signal, publish: () => new Promise(() => undefined) });
  abort.abort(new Error('stopping'));
  expect((await playing).error).toMatchObject({ code: 'publish_failed', cause: { message: 'stopping' } });
});
