import { expect, test } from 'vitest';
import type { Certificate } from '../../../src/certs/certificate.ts';
import { unpackCertificates, type PackedCertificates } from '../../../src/certs/packed-certificates.ts';
import { CertificateFeed } from '../../../src/control/certificate-feed.ts';

const certificate = (id: string): Certificate => {
  return { id, names: [], keyPem: id, chainPem: id, notBefore: 1, notAfter: 2, source: 'acme', issuer: 'CA' };
};
const idsOf = (packs: readonly PackedCertificates[]): readonly string[] =>
  unpackCertificates(packs).map(({ id }) => id);

test('workers are told the difference, and new ones everything', () => {
  const feed = new CertificateFeed();
  const [a, b, c] = ['a', 'b', 'c'].map(certificate);
  expect(idsOf(feed.update([a!, b!])!.added)).toEqual(['a', 'b']);
  const change = feed.update([c!, b!])!;
  expect([idsOf(change.added), change.removed]).toEqual([['c'], ['a']]);
  expect(idsOf(feed.whole()).toSorted()).toEqual(['b', 'c']);
  expect(feed.update([b!, c!])).toBeUndefined();
  expect(feed.update([])).toEqual({ added: [], removed: expect.arrayContaining(['b', 'c']) });
});

test('a certificate is put into shared memory once', () => {
  const feed = new CertificateFeed();
  const first = feed.update([certificate('a')])!.added[0]!.bytes;
  feed.update([certificate('a'), certificate('b')]);
  expect(feed.whole().some(({ bytes }) => bytes === first)).toBe(true);
});
