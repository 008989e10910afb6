import { expect, test } from 'vitest';
import { chooseServing, coverageOf, findUncovered } from '../../../src/acme/serving.ts';
import type { Certificate } from '../../../src/certs/certificate.ts';
import type { StoredCertificate } from '../../../src/certs/store-records.ts';

const NOW = 1000;
const [CA, FALLBACK, STAGING] = ['https://ca.test/', 'https://fallback.test/', 'https://staging.test/'];

function stored(
  id: string,
  directory: string,
  notBefore: number,
  notAfter: number,
  names = ['a.test'],
): StoredCertificate {
  const certificate: Certificate = {
    id,
    names,
    keyPem: '',
    chainPem: '',
    notBefore,
    notAfter,
    source: 'acme',
    issuer: '',
  };
  const spec = { names, directory, profile: undefined, keyType: 'ec256' as const };
  return { spec, certificate, issuedAt: notBefore, accountUrl: '', orderUrl: '' };
}

test.for([
  { name: 'the newest', list: [stored('old', CA, 1, 2000), stored('new', CA, 2, 2000)], id: 'new' },
  { name: 'the newest of all CAs in use', list: [stored('a', CA, 1, 2000), stored('b', FALLBACK, 2, 2000)], id: 'b' },
  {
    name: 'one of a CA in use before a newer one of another',
    list: [stored('s', STAGING, 9, 2000), stored('a', CA, 1, 2000)],
    id: 'a',
  },
  {
    name: 'a valid one of a former CA before an expired one',
    list: [stored('a', CA, 1, 999), stored('s', STAGING, 0, 2000)],
    id: 's',
  },
  { name: 'of expired ones the newest', list: [stored('x', CA, 1, 500), stored('y', CA, 2, 600)], id: 'y' },
])('serves $name, in any order', ({ list, id }) => {
  for (const order of [list, list.toReversed()]) {
    expect(chooseServing(order, [CA, FALLBACK], NOW).get('a.test')?.id).toBe(id);
  }
});

test('each set of names has its own', () => {
  const list = [stored('one', CA, 1, 2000), stored('two', CA, 1, 2000, ['a.test', 'b.test'])];
  expect([...chooseServing(list, [CA], NOW)].map(([key, { id }]) => [key, id])).toEqual([
    ['a.test', 'one'],
    ['a.test,b.test', 'two'],
  ]);
});

test.for([
  { name: 'nothing covers nothing', names: ['a.test'], covered: [], left: ['a.test'] },
  { name: 'an exact name', names: ['a.test', 'b.test'], covered: ['a.test'], left: ['b.test'] },
  {
    name: 'a wildcard covers one level',
    names: ['x.a.test', 'y.x.a.test', 'a.test'],
    covered: ['*.a.test'],
    left: ['y.x.a.test', 'a.test'],
  },
  { name: 'a wildcard does not cover a wildcard', names: ['*.x.test'], covered: ['*.test'], left: ['*.x.test'] },
  { name: 'a wildcard covers itself', names: ['*.x.test'], covered: ['*.x.test'], left: [] },
  { name: 'a name without a dot', names: ['localhost'], covered: ['*.localhost'], left: ['localhost'] },
])('$name', ({ names, covered, left }) => {
  const coverage = coverageOf([stored('c', CA, 1, 2, covered).certificate]);
  expect(findUncovered(names, coverage)).toEqual(left);
});
