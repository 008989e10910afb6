import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { verifyIssued } from '../../../src/acme/verify-issued.ts';
import { createTestCa, issueCertificate, type IssuedPair, type TestCa } from '../../support/issue-certificate.ts';

const NOW = Date.UTC(2026, 5, 1);
const DAY = 86_400_000;
const spec = {
  names: ['a.test', 'b.test'],
  directory: 'https://ca.test/dir',
  profile: undefined,
  keyType: 'ec256',
} as const;
const otherKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
let ca: TestCa;
let impostor: TestCa;
let good: IssuedPair;

beforeAll(async () => {
  ca = await createTestCa('CN=Real');
  impostor = await createTestCa('CN=Real');
  good = await issueCertificate(ca, { names: ['a.test', 'b.test'], notBefore: NOW - 1000, notAfter: NOW + DAY });
});

const issue = (names: readonly string[], notBefore: number, notAfter: number): Promise<IssuedPair> =>
  issueCertificate(ca, { names, notBefore, notAfter });

test('a good certificate passes, alone and with its chain', () => {
  expect(verifyIssued(good.chainPem, good.keyPem, spec, NOW).names).toEqual(['a.test', 'b.test']);
  expect(verifyIssued(good.chainPem.replace(ca.rootPem, ''), good.keyPem, spec, NOW).source).toBe('acme');
});

test('more names than asked for are fine', async () => {
  const pair = await issue(['c.test', 'b.test', 'a.test'], NOW, NOW + DAY);
  expect(verifyIssued(pair.chainPem, pair.keyPem, spec, NOW).names).toHaveLength(3);
});

test('a start some minutes ahead is the difference of two clocks', async () => {
  const pair = await issue(['a.test', 'b.test'], NOW + 240_000, NOW + DAY);
  expect(verifyIssued(pair.chainPem, pair.keyPem, spec, NOW).notBefore).toBe(NOW + 240_000);
});

test.for([
  { name: 'no certificate', pair: async () => ({ ...good, chainPem: '<html>' }), reason: /no PEM certificate/ },
  { name: 'an empty answer', pair: async () => ({ ...good, chainPem: '' }), reason: /no PEM certificate/ },
  { name: 'a missing key', pair: async () => ({ ...good, keyPem: '' }), reason: /key cannot be read/ },
  { name: 'another key', pair: async () => ({ ...good, keyPem: otherKey }), reason: /does not belong/ },
  { name: 'a missing name', pair: () => issue(['a.test'], NOW, NOW + DAY), reason: /does not name b\.test/ },
  { name: 'an expired one', pair: () => issue(['a.test', 'b.test'], NOW - DAY, NOW), reason: /expired 2026-06-01/ },
  { name: 'one of tomorrow', pair: () => issue(['a.test', 'b.test'], NOW + DAY, NOW + 2 * DAY), reason: /clock right/ },
  {
    name: 'a chain signed by another key of the same name',
    pair: async () => ({ ...good, chainPem: good.chainPem.replace(ca.rootPem, impostor.rootPem) }),
    reason: /chain does not hold/,
  },
  {
    name: 'a chain in the wrong order',
    pair: async () => ({ ...good, chainPem: `${good.chainPem}${good.chainPem.replace(ca.rootPem, '')}` }),
    reason: /chain does not hold/,
  },
])('refuses $name', async ({ pair, reason }) => {
  const { chainPem, keyPem } = await pair();
  expect(() => verifyIssued(chainPem, keyPem, spec, NOW)).toThrow(
    expect.objectContaining({ name: 'OrderError', code: 'certificate_wrong', message: expect.stringMatching(reason) }),
  );
});
