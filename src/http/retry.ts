import type { FailureReason } from './failure.ts';
import type { BodyKind } from './message.ts';
import { NO_BODY } from './message.ts';

/** What is known of a failed attempt. */
export interface FailedAttempt {
  readonly reason: FailureReason;
  readonly method: string;
  readonly body: BodyKind;
  /** Nothing of the request had been handed to a connected socket. */
  readonly nothingSent: boolean;
  readonly wasReused: boolean;
  readonly hasResponded: boolean;
  /** Attempts so far, this one included. */
  readonly attempts: number;
}

/** `another`: a server not tried yet; `fresh`: a new connection to any server, the same one included. */
export type RetryVerdict = 'never' | 'another' | 'fresh';

const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);
const MAX_ATTEMPTS = 4;

/**
 * Whether a failed attempt may be repeated (rules section 7, Retries; design section 8). Nothing sent: any method, on another
 * server. Broken off on a reused connection without one response byte: idempotent methods without a body. Else never, and
 * never after waiting in vain: 9110 9.2.2 forbids a proxy to repeat what may have had an effect.
 */
export function retryVerdict(attempt: FailedAttempt): RetryVerdict {
  if (attempt.hasResponded || attempt.attempts >= MAX_ATTEMPTS) return 'never';
  if (attempt.nothingSent) return 'another';
  if (attempt.reason === 'response_timeout') return 'never';
  if (attempt.wasReused && attempt.body === NO_BODY && IDEMPOTENT.has(attempt.method)) return 'fresh';
  return 'never';
}
