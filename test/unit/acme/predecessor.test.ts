import { beforeEach, expect, test } from 'vitest';
import { createCertificateBook, type CertificateBook } from '../../../src/acme/certificate-book.ts';
import { predecessorOf } from '../../../src/acme/predecessor.ts';
import type { Certificate } from '../../../src/certs/certificate.ts';
import type { CertificateSpec } from '../../../src/certs/certificate-spec.ts';
import { NO_RENEWAL } from '../../../src/certs/renewal-record.ts';
import { createCertificateStore } from '../../../src/certs/store.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const ACCOUNT = 'https://ca.test/account/1';
const SPEC: CertificateSpec = {
  names: ['a.test'],
  directory: 'https://ca.test/dir',
  profile: undefined,
  keyType: 'ec256',
};

let book: CertificateBook;

beforeEach(async () => {
  const { logger } = collectLogger();
  const store = createCertificateStore({ dataDir: await temporaryFolder(), now: () => 0, logger });
  book = createCertificateBook({ store, logger });
});

/** A certificate of the book whose name at the CA is `id`. */
async function put(
  id: string,
  changes: { readonly spec?: CertificateSpec; readonly issuedAt?: number } = {},
): Promise<void> {
  const { spec = SPEC, issuedAt = 1 } = changes;
  const certificate: Certificate = {
    id,
    names: spec.names,
    keyPem: '',
    chainPem: '',
    notBefore: 0,
    notAfter: 1e12,
    source: 'acme',
    issuer: 'CA',
  };
  await book.putCertificate({ spec, certificate, issuedAt, accountUrl: ACCOUNT, orderUrl: 'o' });
  const advice = { certificateId: id, ariId: `ari of ${id}`, window: undefined, askAt: 0, isReplaced: false };
  await book.putRenewal(spec, { ...NO_RENEWAL, advice });
}

const nameFor = (accountUrl: string, spec = SPEC): Promise<string | undefined> | undefined =>
  predecessorOf(spec, book, () => 0)?.nameFor(accountUrl);

test('the account that ordered a certificate may name it, once', async () => {
  await put('one');
  expect(await nameFor(ACCOUNT)).toBe('ari of one');
  await predecessorOf(SPEC, book, () => 0)!.markReplaced();
  expect(await nameFor(ACCOUNT)).toBeUndefined();
});

test('another account must not', async () => {
  await put('one');
  expect(await nameFor('https://ca.test/account/2')).toBeUndefined();
});

test('nor is it named at another CA, or for other names', async () => {
  await put('one');
  expect(nameFor(ACCOUNT, { ...SPEC, directory: 'https://other.test/dir' })).toBeUndefined();
  expect(nameFor(ACCOUNT, { ...SPEC, names: ['b.test'] })).toBeUndefined();
});

test('of two kinds for the same names the later one is named', async () => {
  await put('one');
  await put('two', { spec: { ...SPEC, profile: 'shortlived' }, issuedAt: 2 });
  expect(await nameFor(ACCOUNT)).toBe('ari of two');
});
