import { expect, test } from 'vitest';
import { foldCovered } from '../../../src/acme/covered.ts';
import type { HeldCertificate } from '../../../src/acme/plan.ts';
import type { SortedWanted } from '../../../src/acme/sort-wanted.ts';
import type { AttemptRecord } from '../../../src/certs/store-records.ts';

const WILDCARD = ['*.example.com', 'example.com'];

function entry(names: readonly string[], router: string, coveredBy?: readonly string[]): SortedWanted {
  const wanted = { names, issuer: 'acme' as const, routers: [router] };
  return { wanted, kind: 'acme', note: undefined, ...(coveredBy === undefined ? {} : { coveredBy }) };
}

const SORTED = [
  entry(WILDCARD, 'one'),
  entry(['a.example.com'], 'two', WILDCARD),
  entry(['b.example.com'], 'one', WILDCARD),
  entry(['a.example.org'], 'three'),
];

test.for([
  { name: 'the wildcard has a certificate', isHeld: true, hasFailed: false, isFolded: true },
  { name: 'it has one, and its renewal fails', isHeld: true, hasFailed: true, isFolded: true },
  { name: 'it is being obtained', isHeld: false, hasFailed: false, isFolded: true },
  { name: 'it was refused and has none', isHeld: false, hasFailed: true, isFolded: false },
])('$name: covered names need none of their own: $isFolded', ({ isHeld, hasFailed, isFolded }) => {
  const folded = foldCovered(SORTED, {
    held: (names) => (isHeld && names === WILDCARD ? ({} as HeldCertificate) : undefined),
    latestAttempt: (names) => (hasFailed && names === WILDCARD ? ({} as AttemptRecord) : undefined),
  });
  if (!isFolded) return expect(folded).toBe(SORTED);
  expect(folded.map(({ wanted }) => [wanted.names.join(' '), wanted.routers.join(' ')])).toEqual([
    ['*.example.com example.com', 'one two'],
    ['a.example.org', 'three'],
  ]);
  return undefined;
});
