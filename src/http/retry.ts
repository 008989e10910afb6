import type { FailureReason } from './failure.ts';
import type { BodyKind } from './message.ts';
import { NO_BODY } from './message.ts';

/** What is known of a failed attempt. */
export interface FailedAttempt {
  readonly reason: FailureReason;
  readonly method: string;
  readonly body: BodyKind;
  /** No server has seen anything of the request: there was no connection, or the server said that it did nothing with it. */
  readonly nothingSent: boolean;
  readonly wasReused: boolean;
  readonly hasResponded: boolean;
  /** Attempts so far, this one included. */
  readonly attempts: number;
  /** Those in which something of the request was sent, this one included. */
  readonly sends: number;
}

/** `another`: a server not tried yet; `fresh`: a new connection to any server, the same one included. */
export type RetryVerdict = 'never' | 'another' | 'fresh';

const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);
const MAX_ATTEMPTS = 4;

/**
 * Whether a failed attempt may be repeated (rules section 7, Retries; design section 8). Nothing sent: any method, on another
 * server; if a server in use refused it, on a new connection. Broken off without one response byte: idempotent methods without a body, once; on a reused connection that may only mean
 * that it was closed, on a fresh one that the server died, so another one gets it. Else never, and never after waiting in vain:
 * 9110 9.2.2 forbids a proxy to repeat what may have had an effect.
 */
export function retryVerdict(attempt: FailedAttempt): RetryVerdict {
  if (attempt.hasResponded || attempt.attempts >= MAX_ATTEMPTS) return 'never';
  // A server that takes no more requests on one connection may take them on the next (RFC 9113 6.8, 8.7).
  if (attempt.nothingSent) return attempt.wasReused ? 'fresh' : 'another';
  // A request that breaks servers must not go through all of them.
  if (attempt.sends > 1 || !isRepeatable(attempt)) return 'never';
  if (attempt.reason !== 'upstream_reset' && attempt.reason !== 'upstream_unreachable') return 'never';
  return attempt.wasReused ? 'fresh' : 'another';
}

/** Whether a request may be sent again though a server may have got it (9110 9.2.2). */
export function isRepeatable({ method, body }: { readonly method: string; readonly body: BodyKind }): boolean {
  return body === NO_BODY && IDEMPOTENT.has(method);
}
