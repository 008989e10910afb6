import type { ProbeRecord } from '../certs/store-records.ts';
import type { Failure } from './failure.ts';

/** Failures in production after a probe that went well: then the two differ, and only production tells anything. */
const MAX_ROUNDS = 3;

/**
 * Where the next attempt goes after a failure (acme.md 13.2). Only a name that could not be validated is proved at the test
 * CA first: limits and outages of production say nothing about the set-up.
 */
export function nextProbe(
  before: ProbeRecord | undefined,
  failure: Failure,
  { isProbe, wasProbed }: { readonly isProbe: boolean; readonly wasProbed: boolean },
): ProbeRecord | undefined {
  const rounds = before?.rounds ?? 0;
  if (isProbe) return { next: 'test', rounds };
  if (failure.class !== 'validation') return before && { next: 'production', rounds };
  const failedRounds = wasProbed ? rounds + 1 : rounds;
  return { next: failedRounds >= MAX_ROUNDS ? 'production' : 'test', rounds: failedRounds };
}
