import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { CertificateError, parseCertificate, readChain } from '../../../src/certs/parse-certificate.ts';
import { createTestCa, issueCertificate, type IssuedPair, type TestCa } from '../../support/issue-certificate.ts';

const NOT_BEFORE = Date.UTC(2026, 0, 1);
const NOT_AFTER = Date.UTC(2026, 3, 1);
let ca: TestCa;
let pair: IssuedPair;

beforeAll(async () => {
  ca = await createTestCa('CN=Test Issuer, O=Test Org');
  pair = await issueCertificate(ca, {
    names: ['Example.Test', '*.example.test', '192.0.2.7', '2001:db8::1'],
    notBefore: NOT_BEFORE,
    notAfter: NOT_AFTER,
  });
});

test('reads names, dates, issuer and chain', () => {
  expect(parseCertificate(pair.chainPem, pair.keyPem, 'acme')).toMatchObject({
    names: ['example.test', '*.example.test', '192.0.2.7', '2001:db8::1'],
    notBefore: NOT_BEFORE,
    notAfter: NOT_AFTER,
    issuer: 'Test Issuer',
    source: 'acme',
    chainPem: pair.chainPem,
  });
});

test('the id is of the leaf: equal for equal leaves, different for others', async () => {
  const again = parseCertificate(pair.chainPem.replace(ca.rootPem, ''), pair.keyPem, 'acme');
  const other = await issueCertificate(ca, { names: ['example.test'], notBefore: NOT_BEFORE, notAfter: NOT_AFTER });
  expect(again.id).toBe(parseCertificate(pair.chainPem, pair.keyPem, 'acme').id);
  expect(parseCertificate(other.chainPem, other.keyPem, 'acme').id).not.toBe(again.id);
  expect(again.id).toMatch(/^[0-9a-f]{64}$/);
});

test('a SEC1 key becomes PKCS#8', () => {
  const sec1 = createPrivateKey(pair.keyPem).export({ type: 'sec1', format: 'pem' });
  expect(parseCertificate(pair.chainPem, sec1, 'acme').keyPem).toBe(pair.keyPem);
});

test('an issuer without a common name is known by its organisation', async () => {
  const nameless = await createTestCa('O=Only Org');
  const leaf = await issueCertificate(nameless, { names: ['a.test'], notBefore: NOT_BEFORE, notAfter: NOT_AFTER });
  expect(parseCertificate(leaf.chainPem, leaf.keyPem, 'acme').issuer).toBe('Only Org');
});

test('a chain keeps its order', () => {
  expect(readChain(pair.chainPem).map(({ subject }) => subject)).toEqual([undefined, 'CN=Test Issuer\nO=Test Org']);
});

const otherKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });

test.for([
  { name: 'no PEM block', chain: () => 'nonsense', key: () => pair.keyPem, code: 'certificate_unreadable' },
  { name: 'an empty text', chain: () => '', key: () => pair.keyPem, code: 'certificate_unreadable' },
  {
    name: 'a PEM block with rubbish in it',
    chain: () => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    key: () => pair.keyPem,
    code: 'certificate_unreadable',
  },
  {
    name: 'a chain cut in the middle',
    chain: () => pair.chainPem.slice(0, 200),
    key: () => pair.keyPem,
    code: 'certificate_unreadable',
  },
  { name: 'an unreadable key', chain: () => pair.chainPem, key: () => 'nonsense', code: 'key_unreadable' },
  { name: 'the key of another certificate', chain: () => pair.chainPem, key: () => otherKey, code: 'key_mismatch' },
])('refuses $name', ({ chain, key, code }) => {
  expect(() => parseCertificate(chain(), key(), 'acme')).toThrow(
    expect.objectContaining({ name: 'CertificateError', code }),
  );
});

test('refuses a certificate without subject alternative names', async () => {
  const bare = await issueCertificate(ca, { names: [], notBefore: NOT_BEFORE, notAfter: NOT_AFTER });
  expect(() => parseCertificate(bare.chainPem, bare.keyPem, 'acme')).toThrow(CertificateError);
});
