import { expect, test } from 'vitest';
import type { Certificate } from '../../../src/certs/certificate.ts';
import { NameIndex } from '../../../src/certs/name-index.ts';

const NOW = 1000;

function certificate(id: string, names: readonly string[], notBefore: number, notAfter: number): Certificate {
  return { id, names, keyPem: '', chainPem: '', notBefore, notAfter, source: 'acme', issuer: 'test' };
}

const held = [
  certificate('old', ['a.test', 'www.a.test'], 100, 2000),
  certificate('new', ['a.test'], 200, 2000),
  certificate('wild', ['*.b.test'], 100, 2000),
  certificate('exact', ['x.b.test'], 50, 2000),
  certificate('expired-exact', ['gone.b.test'], 900, 990),
  certificate('expired-new', ['c.test'], 500, 999),
  certificate('valid-old', ['c.test'], 100, 2000),
  certificate('expired-1', ['d.test'], 100, 200),
  certificate('expired-2', ['d.test'], 200, 300),
  certificate('future', ['e.test'], 1500, 3000),
  certificate('present', ['e.test'], 100, 3000),
  certificate('future-only', ['f.test'], 1500, 3000),
  certificate('apex', ['b.test'], 100, 2000),
  certificate('address', ['192.0.2.7'], 100, 2000),
  certificate('deep-wild', ['*.x.b.test'], 100, 2000),
  certificate('expired-wild', ['*.w.test'], 100, 200),
];

test.for([
  { name: 'of two valid ones the newest serves', host: 'a.test', id: 'new' },
  { name: 'a certificate stands under each of its names', host: 'www.a.test', id: 'old' },
  { name: 'a wildcard covers one level', host: 'y.b.test', id: 'wild' },
  { name: 'exact comes before wildcard, though older', host: 'x.b.test', id: 'exact' },
  { name: 'a wildcard does not cover two levels', host: 'y.z.b.test', id: undefined },
  { name: 'a wildcard does not cover its own parent', host: 'b.test', id: 'apex' },
  { name: 'a deeper wildcard covers its own level', host: 'y.x.b.test', id: 'deep-wild' },
  { name: 'a valid wildcard comes before an expired exact one', host: 'gone.b.test', id: 'wild' },
  { name: 'a valid one comes before a newer expired one', host: 'c.test', id: 'valid-old' },
  { name: 'of expired ones the newest still serves', host: 'd.test', id: 'expired-2' },
  { name: 'an expired wildcard still serves', host: 'q.w.test', id: 'expired-wild' },
  { name: 'one of the future waits while another is valid', host: 'e.test', id: 'present' },
  { name: 'one of the future serves when it is alone', host: 'f.test', id: 'future-only' },
  { name: 'case does not matter', host: 'WWW.A.Test', id: 'old' },
  { name: 'one trailing dot does not matter', host: 'a.test.', id: 'new' },
  { name: 'two trailing dots are no name', host: 'a.test..', id: undefined },
  { name: 'an address is found as it is', host: '192.0.2.7', id: 'address' },
  { name: 'an unknown name has none', host: 'nobody.test', id: undefined },
  { name: 'the empty name has none', host: '', id: undefined },
  { name: 'a name without a dot has none', host: 'localhost', id: undefined },
  { name: 'a leading dot matches no wildcard', host: '.b.test', id: undefined },
  { name: 'a property of every object is no name', host: 'constructor', id: undefined },
])('$name', ({ host, id }) => {
  expect(new NameIndex(held).find(host, NOW)?.id).toBe(id);
});

test('the moment of expiry counts as expired, the moment of birth as valid', () => {
  const index = new NameIndex([certificate('a', ['a.test'], 10, 20), certificate('b', ['a.test'], 5, 30)]);
  expect([9, 10, 19, 20].map((at) => index.find('a.test', at)?.id)).toEqual(['b', 'a', 'a', 'b']);
});

test('no certificates, no answer', () => {
  expect(new NameIndex().find('a.test', NOW)).toBeUndefined();
});

test('the user’s own certificate comes before a newer one of the CA, and that before one of the local authority', () => {
  const index = new NameIndex([
    { ...certificate('local', ['a.test'], 300, 2000), source: 'local' },
    certificate('acme', ['a.test'], 200, 2000),
    { ...certificate('user', ['a.test'], 100, 1500), source: 'user' },
  ]);
  expect([NOW, 1500, 2000].map((at) => index.find('a.test', at)?.id)).toEqual(['user', 'acme', 'user']);
});

test('a change leaves exactly what a new index would hold', () => {
  const index = new NameIndex(held);
  index.add([certificate('newer', ['a.test', 'z.test'], 300, 2000), held[0]!]);
  index.remove(['new', 'wild', 'nobody']);
  const hosts = [...held.flatMap(({ names }) => names), 'z.test', 'y.b.test'];
  const anew = new NameIndex([
    ...held.filter(({ id }) => id !== 'new' && id !== 'wild'),
    certificate('newer', ['a.test', 'z.test'], 300, 2000),
  ]);
  const idsIn = (one: NameIndex): unknown[] => hosts.map((host) => one.find(host, NOW)?.id);
  expect(idsIn(index)).toEqual(idsIn(anew));
  expect(index.find('a.test', NOW)?.id).toBe('newer');
  expect(index.find('y.b.test', NOW)).toBeUndefined();
});
