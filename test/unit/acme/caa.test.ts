import { expect, test } from 'vitest';
import { caaForbids } from '../../../src/acme/caa.ts';
import type { CaaRecord } from '../../../src/acme/dns-lookup.ts';

const record = (tag: string, value: string, critical = 0): CaaRecord => ({ critical, [tag]: value });
const ACCOUNT = 'https://ca.test/acct/1';

test.for<{ name: string; records: readonly CaaRecord[]; isWildcard?: boolean; says: string | undefined }>([
  { name: 'no record', records: [], says: undefined },
  { name: 'the CA', records: [record('issue', 'letsencrypt.org')], says: undefined },
  { name: 'the CA in capitals, with spaces', records: [record('issue', ' LetsEncrypt.org ; x=y')], says: undefined },
  { name: 'another', records: [record('issue', 'other.test')], says: 'it allows only other.test' },
  {
    name: 'one of two',
    records: [record('issue', 'other.test'), record('issue', 'letsencrypt.org')],
    says: undefined,
  },
  { name: 'nobody', records: [record('issue', ';')], says: 'it allows nobody' },
  { name: 'only a report address', records: [record('iodef', 'mailto:a@b.test')], says: undefined },
  {
    name: 'a wildcard goes by issuewild',
    records: [record('issue', 'letsencrypt.org'), record('issuewild', ';')],
    isWildcard: true,
    says: 'it allows nobody',
  },
  {
    name: 'a host does not',
    records: [record('issue', 'letsencrypt.org'), record('issuewild', ';')],
    says: undefined,
  },
  {
    name: 'a wildcard without issuewild goes by issue',
    records: [record('issue', 'other.test')],
    isWildcard: true,
    says: 'it allows only other.test',
  },
  {
    name: 'a critical property nobody knows',
    records: [record('issue', 'letsencrypt.org'), record('tbs', 'x', 128)],
    says: 'it has a critical property tbs that no CA may pass over',
  },
  { name: 'the same, not critical', records: [record('tbs', 'x')], says: undefined },
  {
    name: 'another method',
    records: [record('issue', 'letsencrypt.org; validationmethods=dns-01')],
    says: 'it allows only letsencrypt.org; validationmethods=dns-01',
  },
  {
    name: 'our method among others',
    records: [record('issue', 'letsencrypt.org; validationmethods=dns-01,http-01')],
    says: undefined,
  },
  {
    name: 'another account',
    records: [record('issue', 'letsencrypt.org; accounturi=https://ca.test/acct/2')],
    says: 'it allows only letsencrypt.org; accounturi=https://ca.test/acct/2',
  },
  { name: 'our account', records: [record('issue', `letsencrypt.org; accounturi=${ACCOUNT}`)], says: undefined },
])('$name', ({ records, isWildcard = false, says }) => {
  const question = { identities: ['letsencrypt.org'], isWildcard, methods: ['http-01'], accountUrl: ACCOUNT };
  expect(caaForbids(records, question)).toBe(says);
});
