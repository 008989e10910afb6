import { expect, test } from 'vitest';
import type { Certificate } from '../../../src/certs/certificate.ts';
import { packCertificates, unpackCertificates } from '../../../src/certs/packed-certificates.ts';
import { wholeCertificate } from '../../support/whole-certificate.ts';

const block = (text: string): string => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;

function certificate(id: string, chainPem: string): Certificate {
  const keyPem = `key of ${id}`;
  return { id, names: [`${id}.test`], keyPem, chainPem, notBefore: 1, notAfter: 2, source: 'acme', issuer: 'CA' };
}

const LIST = [
  certificate('a', block('leaf a') + block('intermediate')),
  certificate('b', block('leaf b') + block('intermediate')),
  certificate('alone', block('leaf alone')),
  certificate('unended', block('leaf').trimEnd()),
  certificate('empty', ''),
];

test('what is unpacked, here or in another thread, is what was packed', () => {
  const packs = packCertificates(LIST);
  expect(unpackCertificates(packs).map(wholeCertificate)).toEqual(LIST);
  expect(unpackCertificates(structuredClone(packs)).map(wholeCertificate)).toEqual(LIST);
});

test('an intermediate that many have in common is held once', () => {
  const many = Array.from({ length: 100 }, (_, index) =>
    certificate(`c${index}`, block('x') + block('i'.repeat(1000))),
  );
  expect(packCertificates(many)[0]!.bytes.byteLength).toBeLessThan(100 * 100);
});

test('what is in shared memory stays there, beside what is new', () => {
  const [first] = packCertificates(LIST);
  const shared = unpackCertificates([first!]);
  const again = packCertificates([shared[1]!, certificate('new', block('leaf new'))]);
  expect(again.map(({ bytes }) => bytes === first!.bytes)).toEqual([true, false]);
  expect(unpackCertificates(again).map(({ id }) => id)).toEqual(['b', 'new']);
});

test('nothing is packed into nothing', () => {
  expect(packCertificates([])).toEqual([]);
});
