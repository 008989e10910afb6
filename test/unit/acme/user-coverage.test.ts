import { describe, expect, test } from 'vitest';
import { userCertificateFor, withoutUserNames } from '../../../src/acme/user-coverage.ts';
import type { SortedWanted } from '../../../src/acme/sort-wanted.ts';
import type { Certificate } from '../../../src/certs/certificate.ts';

const DAY = 86_400_000;
const NOW = 1000 * DAY;

function own(id: string, names: readonly string[], days = 90, since = 1): Certificate {
  const dates = { notBefore: NOW - since * DAY, notAfter: NOW + days * DAY };
  return { id, names, keyPem: '', chainPem: '', ...dates, source: 'user', issuer: 'me' };
}

describe('the certificate that covers names', () => {
  const list = [
    own('short', ['a.test'], 10),
    own('long', ['a.test', 'b.test'], 100),
    own('wild', ['*.wild.test'], 50),
    own('over', ['old.test'], -1),
    own('later', ['later.test'], 100, -2),
  ];

  test.for([
    [['a.test'], 'long'],
    [['a.test', 'b.test'], 'long'],
    [['a.test', 'c.test'], undefined],
    [['x.wild.test'], 'wild'],
    [['*.wild.test'], 'wild'],
    [['wild.test'], undefined],
    [['x.y.wild.test'], undefined],
    [['*.a.test'], undefined],
    [['old.test'], undefined],
    [['later.test'], undefined],
  ] as const)('%j: %s', ([names, id]) => {
    expect(userCertificateFor(names, list, NOW)?.id).toBe(id);
  });
});

test('no CA is asked for what is covered, until that expires; soon before that the status says so', () => {
  const entry = (name: string): SortedWanted => {
    return { wanted: { names: [name], issuer: 'acme', routers: [] }, kind: 'acme', note: undefined };
  };
  const sorted = [entry('a.test'), entry('b.test'), entry('c.test')];
  const list = [own('1', ['a.test']), own('2', ['b.test'], 5)];
  const kinds = (now: number) => withoutUserNames(sorted, list, now).map(({ kind, note }) => [kind, note?.type]);
  expect(kinds(NOW)).toEqual([
    ['internal', undefined],
    ['internal', 'user_expiring'],
    ['acme', undefined],
  ]);
  expect(kinds(NOW + 6 * DAY)).toEqual([
    ['internal', undefined],
    ['acme', undefined],
    ['acme', undefined],
  ]);
  expect(withoutUserNames(sorted, [], NOW)).toBe(sorted);
});
