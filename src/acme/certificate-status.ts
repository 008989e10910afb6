import type { AttemptRecord } from '../certs/store-records.ts';
import type { Certificate } from '../certs/certificate.ts';
import type { CertificateState, CertificateStatus } from '../certs/certificate-status.ts';
import { renewalOf } from './plan.ts';

/** How often clocks are compared. */
const TICK_MS = 30_000;

export interface StatusFacts {
  readonly names: readonly string[];
  readonly routers: readonly string[];
  readonly kind: 'acme' | 'internal' | 'needs-dns';
  /** The CA's certificate for these names. */
  readonly certificate: Certificate | undefined;
  /** When its CA wants it renewed. */
  readonly suggestedAt?: number | undefined;
  /** What the local authority serves until then. */
  readonly local: Certificate | undefined;
  readonly attempt: AttemptRecord | undefined;
  /** A limit of the CA as a whole. */
  readonly parkedUntil: number | undefined;
  readonly isRunning: boolean;
  /** No router wants it. */
  readonly isUnused?: boolean;
  /** Why no CA is asked at all. */
  readonly note: { readonly type: string; readonly detail: string; readonly hint: string } | undefined;
}

/** Judges one wanted certificate. A failing renewal shows as failed only once a sixth of the life is left. */
export function describeStatus(facts: StatusFacts, now: number): CertificateStatus {
  const { certificate, attempt, parkedUntil } = facts;
  const serving = certificate ?? facts.local;
  const waits = [attempt?.nextAt, parkedUntil].filter((time) => time !== undefined && time > now) as number[];
  const renewal = certificate && renewalOf({ ...certificate, suggestedAt: facts.suggestedAt }, TICK_MS);
  return {
    names: facts.names,
    state: facts.isUnused === true ? 'unused' : stateOf(facts, now),
    routers: facts.routers,
    issuer: serving?.issuer,
    notAfter: serving?.notAfter,
    renewAt: renewal?.at,
    renewBy: renewal?.by,
    nextAttempt: waits.length === 0 ? undefined : Math.max(...waits),
    failures: attempt?.failures ?? 0,
    lastError: lastErrorOf(facts),
  };
}

function lastErrorOf({ attempt, note }: StatusFacts): CertificateStatus['lastError'] {
  if (attempt !== undefined) return { ...attempt.error, at: attempt.lastAt };
  return note === undefined ? undefined : { ...note, at: undefined };
}

function stateOf({ kind, certificate, attempt, parkedUntil, isRunning }: StatusFacts, now: number): CertificateState {
  const isUrgent =
    certificate === undefined || certificate.notAfter - now < (certificate.notAfter - certificate.notBefore) / 6;
  if (certificate !== undefined && !isUrgent) return 'ok';
  if (kind !== 'acme') return kind;
  if (isRunning) return 'obtaining';
  if (attempt?.class === 'rate-limited' || (parkedUntil ?? 0) > now) return 'rate-limited';
  if (attempt?.class === 'dns') return 'waiting-dns';
  if (attempt !== undefined) return 'failed';
  if (certificate === undefined) return 'waiting';
  return certificate.notAfter <= now ? 'expired' : 'ok';
}
