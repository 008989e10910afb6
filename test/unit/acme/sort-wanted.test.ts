import { expect, test } from 'vitest';
import { sortWanted } from '../../../src/acme/sort-wanted.ts';
import type { AcmeConfig } from '../../../src/config/static-config.ts';
import type { WantedCertificate } from '../../../src/routing/snapshot.ts';

const PUBLIC: AcmeConfig = {
  directories: ['https://ca.test/dir'],
  customDirectory: false,
  email: undefined,
  eab: undefined,
  profile: undefined,
  caRootFile: undefined,
  challenges: ['http-01'],
};
const CUSTOM = { ...PUBLIC, customDirectory: true };
const OFF = { ...PUBLIC, directories: [] };

test.for([
  { name: 'a public name', names: ['a.example.com'], acme: PUBLIC, kind: 'acme' },
  {
    name: 'a name for the local authority',
    names: ['a.example.com'],
    issuer: 'internal',
    acme: PUBLIC,
    kind: 'internal',
  },
  { name: 'any name without a CA', names: ['a.example.com'], acme: OFF, kind: 'internal' },
  { name: 'a wildcard', names: ['*.example.com'], acme: PUBLIC, kind: 'needs-dns', note: 'needs_dns' },
  {
    name: 'a wildcard among names',
    names: ['*.example.com', 'example.com'],
    acme: PUBLIC,
    kind: 'needs-dns',
    note: 'needs_dns',
  },
  { name: 'localhost', names: ['localhost'], acme: PUBLIC, kind: 'internal', note: 'name_private' },
  { name: 'a name below localhost', names: ['a.localhost'], acme: PUBLIC, kind: 'internal', note: 'name_private' },
  {
    name: "localhost at a CA of one's own",
    names: ['a.localhost'],
    acme: CUSTOM,
    kind: 'internal',
    note: 'name_private',
  },
  { name: 'a name of a private network', names: ['a.home.arpa'], acme: PUBLIC, kind: 'internal', note: 'name_private' },
  { name: 'a test name', names: ['a.test'], acme: PUBLIC, kind: 'internal', note: 'name_private' },
  { name: "a test name at a CA of one's own", names: ['a.test'], acme: CUSTOM, kind: 'acme' },
  { name: 'a single label', names: ['intranet'], acme: PUBLIC, kind: 'internal', note: 'name_private' },
  { name: "a single label at a CA of one's own", names: ['intranet'], acme: CUSTOM, kind: 'acme' },
  {
    name: 'one private name among public ones',
    names: ['a.example.com', 'a.lan'],
    acme: PUBLIC,
    kind: 'internal',
    note: 'name_private',
  },
  { name: 'an underscore', names: ['a_b.example.com'], acme: CUSTOM, kind: 'internal', note: 'name_private' },
  { name: 'a private address', names: ['10.0.0.1'], acme: PUBLIC, kind: 'internal', note: 'name_private' },
  {
    name: 'a public address without a profile',
    names: ['1.1.1.1'],
    acme: PUBLIC,
    kind: 'internal',
    note: 'name_private',
  },
  {
    name: 'a public address with a profile',
    names: ['1.1.1.1'],
    acme: { ...PUBLIC, profile: 'shortlived' },
    kind: 'acme',
  },
  {
    name: "a public address at Let's Encrypt",
    names: ['1.1.1.1'],
    acme: { ...PUBLIC, directories: ['https://acme-v02.api.letsencrypt.org/directory'] },
    kind: 'acme',
  },
  { name: "an address at a CA of one's own", names: ['10.0.0.1'], acme: CUSTOM, kind: 'acme' },
])('$name → $kind', ({ names, issuer, acme, kind, note }) => {
  const wanted = { names, issuer: issuer === 'internal' ? ('internal' as const) : ('acme' as const), routers: [] };
  const [sorted] = sortWanted([wanted], acme);
  expect(sorted).toMatchObject({ wanted, kind });
  expect(sorted!.note?.type).toBe(note);
});

test('of two entries for the same names the first counts', () => {
  const first = { names: ['a.example.com'], issuer: 'internal' as const, routers: ['one'] };
  const second = { names: ['a.example.com'], issuer: 'acme' as const, routers: ['two'] };
  const other = { names: ['b.example.com'], issuer: 'acme' as const, routers: [] };
  expect(sortWanted([first, second, other], PUBLIC).map(({ wanted }) => wanted)).toEqual([first, other]);
});

test('with somebody who writes DNS records a wildcard is ordered, and covers single names of one level', () => {
  const acme: AcmeConfig = { ...PUBLIC, challenges: ['http-01', 'dns-01'] };
  const want = (...names: readonly string[]): WantedCertificate => ({ names, issuer: 'acme', routers: [] });
  const wanted = [
    want('*.example.com', 'example.com'),
    want('a.example.com'),
    want('a.b.example.com'),
    want('b.example.com', 'c.example.com'),
    want('example.com'),
    { ...want('d.example.com'), issuer: 'internal' as const },
    want('a.example.org'),
  ];
  const covered = sortWanted(wanted, acme).map(({ kind, coveredBy }) => [kind, coveredBy?.join(' ')]);
  expect(covered).toEqual([
    ['acme', undefined],
    ['acme', '*.example.com example.com'],
    ['acme', undefined],
    ['acme', undefined],
    ['acme', undefined],
    ['internal', undefined],
    ['acme', undefined],
  ]);
});

test('a wildcard that no CA is asked for covers nothing', () => {
  const want = (name: string): WantedCertificate => ({ names: [name], issuer: 'acme', routers: [] });
  const sorted = sortWanted([want('*.example.com'), want('a.example.com')], PUBLIC);
  expect(sorted.map(({ coveredBy }) => coveredBy)).toEqual([undefined, undefined]);
});
