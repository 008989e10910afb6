import type { Http01Challenge, PendingChallenge } from '../protocol.ts';
import type { AcmeApi, AcmeAuthorization, AcmeChallenge } from './acme-api.ts';
import { AcmeProblem, OrderError } from './acme-error.ts';
import { createAlpnAnswer } from './alpn-certificate.ts';
import type { DnsChallenge } from './dns/dns-solver.ts';
import { pickChallenge, type ChallengeChoice } from './pick-challenge.ts';
import { poll, type PollClock } from './poll.ts';

const POLL_FIRST_MS = 250;
const POLL_MAX_MS = 5000;
const POLL_DEADLINE_MS = 90_000;
/** For a challenge that may have been begun already. */
const BEGUN_DEADLINE_MS = 15_000;

/** Puts challenge answers where the CA will look: in front of everything else on ports 80 and 443 (acme.md 10, 11). */
export interface ChallengePublisher {
  /** Resolves when every worker answers with it; the CA is told only then. */
  publish(challenge: PendingChallenge): Promise<void>;
  /** Forgets an answer. Called a minute after the CA has decided: late perspectives still ask. */
  withdraw(token: string): void;
}

/** Where answers go, and how they leave again. */
export interface ChallengeDesk {
  publish(challenge: PendingChallenge): Promise<void>;
  /** Resolves when DNS shows the record of a DNS-01 challenge. */
  publishRecord(challenge: DnsChallenge, signal: AbortSignal): Promise<void>;
  /** Told when the authorization is final, or will not be waited for. */
  release(token: string): void;
}

export interface AnswerDeps {
  readonly api: AcmeApi;
  readonly desk: ChallengeDesk;
  readonly clock: PollClock;
  readonly choice: ChallengeChoice;
}

/**
 * Proves control over one name: publishes the answer, tells the CA, waits for its verdict. Returns when the
 * authorization is valid. Rejects with the CA's problem when it is refused, or `OrderError`.
 */
export async function answerAuthorization(authorization: AcmeAuthorization, deps: AnswerDeps): Promise<void> {
  const { api, desk, clock } = deps;
  const challenge = pickChallenge(authorization, deps.choice);
  try {
    await publish(authorization, challenge, deps);
    const refusal = await start(challenge, api);
    const final = await poll({
      ask: () => api.authorization(authorization.url),
      isFinal: (answer) => answer.status !== 'pending',
      firstMs: POLL_FIRST_MS,
      maxMs: POLL_MAX_MS,
      deadlineMs: refusal === undefined ? POLL_DEADLINE_MS : BEGUN_DEADLINE_MS,
      clock,
    });
    if (final.status === 'valid') return;
    throw (final.status === 'pending' ? refusal : undefined) ?? refusalOf(final);
  } finally {
    desk.release(challenge.token);
  }
}

/** Tells the CA. It refuses to hear twice what an attempt before a crash has told it: its verdict is on the way then. */
async function start(challenge: AcmeChallenge, api: AcmeApi): Promise<AcmeProblem | undefined> {
  try {
    await api.startChallenge(challenge);
    return undefined;
  } catch (cause) {
    if (cause instanceof AcmeProblem && cause.type === 'malformed') return cause;
    throw cause;
  }
}

async function publish(
  { name }: AcmeAuthorization,
  challenge: AcmeChallenge,
  { api, desk, clock }: AnswerDeps,
): Promise<void> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(clock.signal.reason);
  clock.signal.addEventListener('abort', stop);
  try {
    const facts = { token: challenge.token, host: name, keyAuthorization: api.keyAuthorization(challenge) };
    await Promise.race([put(challenge.type, facts, desk, clock), stopped]);
  } catch (cause) {
    if (cause instanceof OrderError) throw cause;
    throw new OrderError('publish_failed', `the challenge answer for ${name} did not reach the workers`, { cause });
  } finally {
    clock.signal.removeEventListener('abort', stop);
  }
}

async function put(type: string, facts: Http01Challenge, desk: ChallengeDesk, clock: PollClock): Promise<void> {
  if (type === 'dns-01') return desk.publishRecord(facts, clock.signal);
  return desk.publish(type === 'tls-alpn-01' ? await createAlpnAnswer({ ...facts, now: clock.now() }) : facts);
}

function refusalOf({ name, status, challenges }: AcmeAuthorization): Error {
  const problem = challenges.find(({ error }) => error !== undefined)?.error;
  if (problem !== undefined) return problem;
  if (status === 'pending') return new OrderError('authorization_slow', `the CA has not checked ${name} yet`);
  return new OrderError('order_invalid', `the authorization of ${name} is ${status}`);
}
