import type { ChallengeType } from '../config/static-config.ts';
import { isIpAddress } from '../lib/hostname.ts';
import type { AcmeAuthorization, AcmeChallenge } from './acme-api.ts';
import { OrderError } from './acme-error.ts';

/** How names may be proved in this attempt. */
export interface ChallengeChoice {
  /** In order of preference. */
  readonly types: readonly ChallengeType[];
  /** How often the CA has refused these names since the last success: each time the next type has its turn. */
  readonly turn: number;
}

/** Tokens go into a path and a table: only what RFC 8555 8.3 allows. */
const TOKEN = /^[A-Za-z0-9_-]{16,128}$/;

/**
 * Chooses among what the CA offers; types nobody knows are passed over. A wildcard is proved by DNS alone (RFC 8555 7.1.3),
 * an address never (RFC 8738 7). Throws `OrderError` (`challenge_missing`).
 */
export function pickChallenge(
  { name, isWildcard, challenges }: AcmeAuthorization,
  { types, turn }: ChallengeChoice,
): AcmeChallenge {
  const usable = types
    .filter((type) => (type === 'dns-01' ? !isIpAddress(name) : !isWildcard))
    .flatMap((type) => challenges.find((one) => one.type === type && TOKEN.test(one.token)) ?? []);
  const found = usable[turn % Math.max(usable.length, 1)];
  if (found !== undefined) return found;
  const offered = challenges.map(({ type }) => type).join(', ');
  throw new OrderError('challenge_missing', `no usable challenge for ${name}; the CA offers: ${offered}`);
}
