import { expect, test } from 'vitest';
import type { AcmeAuthorization } from '../../../src/acme/acme-api.ts';
import { pickChallenge } from '../../../src/acme/pick-challenge.ts';
import type { ChallengeType } from '../../../src/config/static-config.ts';

const ALL = ['dns-persist-01', 'dns-01', 'tls-alpn-01', 'http-01'];

function authorization(offered: readonly string[], changes: Partial<AcmeAuthorization> = {}): AcmeAuthorization {
  return {
    url: 'https://ca.test/authz/1',
    status: 'pending',
    name: 'a.test',
    isWildcard: false,
    challenges: offered.map((type) => {
      return { type, url: `https://ca.test/${type}`, token: 'token_0123456789', error: undefined };
    }),
    retryAt: undefined,
    ...changes,
  };
}

test.for<{
  name: string;
  types: readonly ChallengeType[];
  turn?: number;
  offered?: readonly string[];
  changes?: Partial<AcmeAuthorization>;
  picked: string | undefined;
}>([
  { name: 'the first of ours', types: ['http-01', 'tls-alpn-01'], picked: 'http-01' },
  { name: 'our order, not the order of the CA', types: ['tls-alpn-01', 'http-01'], picked: 'tls-alpn-01' },
  { name: 'after a refusal the next', types: ['http-01', 'tls-alpn-01'], turn: 1, picked: 'tls-alpn-01' },
  { name: 'after the last the first again', types: ['http-01', 'tls-alpn-01'], turn: 2, picked: 'http-01' },
  { name: 'the only one stays', types: ['http-01'], turn: 7, picked: 'http-01' },
  {
    name: 'the next of those that are offered',
    types: ['http-01', 'tls-alpn-01', 'dns-01'],
    offered: ['http-01', 'dns-01'],
    turn: 1,
    picked: 'dns-01',
  },
  {
    name: 'a wildcard by DNS alone',
    types: ['http-01', 'dns-01'],
    changes: { isWildcard: true },
    turn: 1,
    picked: 'dns-01',
  },
  {
    name: 'a wildcard without DNS',
    types: ['http-01', 'tls-alpn-01'],
    changes: { isWildcard: true },
    picked: undefined,
  },
  { name: 'an address never by DNS', types: ['dns-01', 'http-01'], changes: { name: '192.0.2.1' }, picked: 'http-01' },
  { name: 'an address by DNS only', types: ['dns-01'], changes: { name: '2001:db8::1' }, picked: undefined },
  { name: 'none that we know', types: ['http-01'], offered: ['dns-persist-01'], picked: undefined },
  { name: 'none at all', types: ['http-01'], offered: [], picked: undefined },
])('$name → $picked', ({ types, turn = 0, offered = ALL, changes, picked }) => {
  const pick = (): string => pickChallenge(authorization(offered, changes), { types, turn }).type;
  if (picked === undefined) expect(pick).toThrow(/no usable challenge for .*offers/);
  else expect(pick()).toBe(picked);
});
