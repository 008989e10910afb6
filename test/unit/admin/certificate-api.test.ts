import { expect, test } from 'vitest';
import { answerRenew, answerRollKey } from '../../../src/admin/certificate-api.ts';
import { API_READERS } from '../../../src/admin/json-api.ts';
import { API_CHANGES } from '../../../src/admin/pause-api.ts';
import type { CaStatus, RenewOutcome } from '../../../src/certs/ca-status.ts';
import { adminFacts } from '../../support/admin-facts.ts';

const started: RenewOutcome = { names: ['a.test'], state: 'started' };

test.for<{ name: string; body: string; outcomes: readonly RenewOutcome[]; status: number; answer: object }>([
  {
    name: 'a name',
    body: '{"name":"A.test."}',
    outcomes: [started],
    status: 200,
    answer: { name: 'a.test', certificates: [started] },
  },
  {
    name: 'a wildcard of which one certificate is internal',
    body: '{"name":"*.a.test"}',
    outcomes: [{ fault: 'the local authority signs it' }, started],
    status: 200,
    answer: { name: '*.a.test', certificates: [started] },
  },
  {
    name: 'a name nobody wants',
    body: '{"name":"b.test"}',
    outcomes: [{ fault: 'no router wants it' }],
    status: 404,
    answer: { error: 'no router wants it' },
  },
])('renew: $name', async ({ body, outcomes, status, answer }) => {
  const asked: string[] = [];
  const renewed = (names: readonly string[]): readonly RenewOutcome[] => {
    asked.push(...names);
    return outcomes;
  };
  expect(await answerRenew(body, adminFacts([], { renewed }))).toEqual({ status, body: answer });
  expect(asked).toEqual([JSON.parse(body.toLowerCase().replace('test."', 'test"')).name]);
});

test.for(['{', '1', 'null', '{}', '{"name":7}', '{"name":"a b"}'])('renew: %s is not understood', async (body) => {
  expect(await answerRenew(body, adminFacts([]))).toMatchObject({ status: 400 });
});

test('a key that was changed, and one that was not', async () => {
  const rolled = { account: 'https://ca.test/acct/1' };
  expect(await answerRollKey('{}', adminFacts([], { rolled }))).toEqual({ status: 200, body: rolled });
  expect(await answerRollKey('{}', adminFacts([]))).toEqual({ status: 409, body: { error: 'no CA is in use' } });
});

test('both are changes, behind the guards of changes; the CAs are there to read', () => {
  expect(API_CHANGES.get('/api/certificates/renew')).toBe(answerRenew);
  expect(API_CHANGES.get('/api/acme/roll-key')).toBe(answerRollKey);
  const cas = [{ directory: 'https://ca.test/dir' }] as unknown as readonly CaStatus[];
  expect(API_READERS.get('/api/acme')?.(adminFacts([], { cas }))).toBe(cas);
});
