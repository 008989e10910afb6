import { beforeAll, expect, test } from 'vitest';
import type { Certificate } from '../../../src/certs/certificate.ts';
import { decodeFacts, encodeFacts } from '../../../src/certs/certificate-facts.ts';
import { parseCertificate } from '../../../src/certs/parse-certificate.ts';
import type { Fields } from '../../../src/certs/record-fields.ts';
import { createTestCa, issueCertificate } from '../../support/issue-certificate.ts';

let a: Certificate;
let b: Certificate;

beforeAll(async () => {
  const ca = await createTestCa();
  const make = async (name: string): Promise<Certificate> => {
    const pair = await issueCertificate(ca, { names: [name], notBefore: 1_000_000, notAfter: 2_000_000 });
    return parseCertificate(pair.chainPem, pair.keyPem, 'acme');
  };
  [a, b] = [await make('a.test'), await make('b.test')];
});

/** As a file would bring them back. */
const stored = (certificate: Certificate): Record<string, unknown> =>
  JSON.parse(JSON.stringify(encodeFacts(certificate))) as Record<string, unknown>;
const read = (fields: Fields): Certificate => decodeFacts(fields, 'acme');

test('what was written is read back', () => expect(read(stored(a))).toEqual(a));

test('facts are believed by their digest only', () => {
  const fields = stored(a);
  const changed = { ...(fields['facts'] as object), names: ['evil.test'] };
  expect(read({ ...fields, facts: changed }).names).toEqual(['a.test']);
  expect(read({ ...fields, digest: stored(b)['digest'] })).toEqual(a);
});

test.for<[what: string, field: string]>([
  ['key', 'keyPem'],
  ['chain', 'chainPem'],
])('another certificate’s %s is not taken for its own', ([, field]) => {
  expect(() => read({ ...stored(a), [field]: stored(b)[field] })).toThrow('does not belong');
});

test('a record without facts is parsed', () => {
  expect(read({ keyPem: a.keyPem, chainPem: a.chainPem })).toEqual(a);
});
