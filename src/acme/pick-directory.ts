import type { AttemptRecord } from '../certs/store-records.ts';
import type { Validity } from './schedule.ts';

const HOUR_MS = 3_600_000;
const QUARTER_HOUR_MS = HOUR_MS / 4;
/** A name without a certificate does not wait longer than this for a CA that named a time, if there is another. */
const PATIENCE_MS = HOUR_MS;

/** This CA will not sign this name, or not so that it can be used. */
const USELESS_TYPES: ReadonlySet<string> = new Set(['caa', 'rejectedIdentifier', 'certificate_wrong']);

/** One configured CA and how it stands with a spec. */
export interface DirectoryFacts {
  readonly directory: string;
  readonly attempt: AttemptRecord | undefined;
  /** No attempt before, Unix milliseconds; `undefined` when nothing holds it back. */
  readonly notBefore: number | undefined;
}

/**
 * The CA to order from now: the first that is due. A later one takes part only while the one before it is known to be of
 * no use for this name: down for an hour, refusing the name, or asking for a wait that is too long (acme.md 13.4).
 * `undefined` when none is due.
 */
export function pickDirectory(
  facts: readonly DirectoryFacts[],
  current: Validity | undefined,
  now: number,
): string | undefined {
  for (const { directory, attempt, notBefore } of facts) {
    if (notBefore === undefined || notBefore <= now) return directory;
    if (!isUseless(attempt, notBefore, current, now)) return undefined;
  }
  return undefined;
}

function isUseless(
  attempt: AttemptRecord | undefined,
  notBefore: number,
  current: Validity | undefined,
  now: number,
): boolean {
  if (attempt !== undefined && USELESS_TYPES.has(attempt.error.type)) return true;
  if (attempt?.class === 'transient') {
    const isLate = current !== undefined && current.notAfter - now < (current.notAfter - current.notBefore) / 6;
    return now - attempt.since > (isLate ? QUARTER_HOUR_MS : HOUR_MS);
  }
  // A limit of this name, or of the whole CA.
  if (attempt !== undefined && attempt.class !== 'rate-limited') return false;
  if (current === undefined) return notBefore - now > PATIENCE_MS;
  return notBefore > current.notAfter - (current.notAfter - current.notBefore) / 10;
}
