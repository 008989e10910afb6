import { createPrivateKey } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { readAcmeJson } from '../../../src/certs/read-acme-json.ts';
import { traefikAccount, traefikEntry } from '../../support/acme-json.ts';
import { createTestCa, issueCertificate, type TestCa } from '../../support/issue-certificate.ts';

const NOW = Date.UTC(2026, 10, 1);
let ca: TestCa;
let pair: { readonly chainPem: string; readonly keyPem: string };

beforeAll(async () => {
  ca = await createTestCa();
  pair = await issueCertificate(ca, { names: ['app.test', 'www.app.test'], notBefore: NOW, notAfter: NOW + 1e9 });
});

const read = (document: unknown): ReturnType<typeof readAcmeJson> => readAcmeJson(JSON.stringify(document));

describe('every shape Traefik has written', () => {
  test.for(['sec1', 'pkcs8'] as const)('versions 2 and 3, key as %s', (type) => {
    const found = read({ le: { Account: traefikAccount(), Certificates: [traefikEntry(pair, { type })] } });
    expect(found.certificates.map(({ certificate }) => certificate.names)).toEqual([['app.test', 'www.app.test']]);
    expect(found.certificates[0]).toMatchObject({
      accountUrl: traefikAccount().Registration.uri,
      place: 'resolver le',
    });
    expect(createPrivateKey(found.certificates[0]!.certificate.keyPem).asymmetricKeyType).toBe('ec');
    expect(found.skipped).toEqual([]);
  });

  test('version 1.7: one part, keys in capitals', () => {
    const { certificate, key, domain } = traefikEntry(pair);
    const Domain = { Main: domain.main, SANs: null };
    const found = read({
      Account: traefikAccount(),
      Certificates: [{ Domain, Certificate: certificate, Key: key }],
      HTTPChallenges: {},
      TLSChallenges: {},
    });
    expect(found.certificates).toHaveLength(1);
    expect(found.accounts.map(({ url }) => url)).toEqual([traefikAccount().Registration.uri]);
  });

  test('an RSA certificate with its key as PKCS#1', async () => {
    const rsa = await issueCertificate(ca, { names: ['rsa.test'], notBefore: NOW, notAfter: NOW + 1e9, isRsa: true });
    const found = read({ le: { Account: null, Certificates: [traefikEntry(rsa, { type: 'pkcs1' })] } });
    expect(found.certificates[0]!.certificate.keyPem).toBe(rsa.keyPem);
    expect(found.certificates[0]!.accountUrl).toBeUndefined();
  });

  test('two resolvers with an account each', () => {
    const found = read({
      one: { Account: traefikAccount('https://a.test/acct/1'), Certificates: [traefikEntry(pair)] },
      two: { Account: traefikAccount('https://b.test/acct/2'), Certificates: null },
    });
    expect(found.accounts.map(({ url }) => url)).toEqual(['https://a.test/acct/1', 'https://b.test/acct/2']);
  });

  test.for(['', ' \n', '{}', 'null', '{"le":null}', '{"le":{"Account":null,"Certificates":null}}', '{"le":{}}'])(
    'nothing in %j',
    (text) => expect(readAcmeJson(text)).toEqual({ accounts: [], certificates: [], skipped: [] }),
  );
});

describe('an account', () => {
  test('of 4096 bits in PKCS#1 becomes PKCS#8', () => {
    const [account] = read({ le: { Account: traefikAccount(), Certificates: [] } }).accounts;
    expect(account).toMatchObject({ url: traefikAccount().Registration.uri, email: 'ops@app.test' });
    expect(account!.keyPem).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    expect(createPrivateKey(account!.keyPem).asymmetricKeyType).toBe('rsa');
  });

  test.for<[what: string, account: object]>([
    ['that never registered', { ...traefikAccount(), Registration: null }],
    ['without a key', { ...traefikAccount(), PrivateKey: null }],
  ])('%s is none', ([, account]) => expect(read({ le: { Account: account } }).accounts).toEqual([]));

  test('that cannot be read is said to be, and costs no certificate', () => {
    const Account = { ...traefikAccount(), PrivateKey: 'bm90aGluZw==' };
    const found = read({ le: { Account, Certificates: [traefikEntry(pair)] } });
    expect(found.accounts).toEqual([]);
    expect(found.certificates).toHaveLength(1);
    expect(found.skipped).toEqual([{ place: 'resolver le, account', reason: 'its key or its URL cannot be read' }]);
  });
});

describe('what is wrong costs itself', () => {
  test('a key of another certificate, a torn text, an entry that is none', async () => {
    const other = await issueCertificate(ca, { names: ['other.test'], notBefore: NOW, notAfter: NOW + 1e9 });
    const found = read({
      le: {
        Certificates: [
          { ...traefikEntry(pair), key: traefikEntry(other).key },
          { ...traefikEntry(pair), certificate: 'AAAA' },
          17,
          traefikEntry(other),
        ],
      },
    });
    expect(found.certificates.map(({ certificate }) => certificate.names)).toEqual([['other.test']]);
    expect(found.skipped).toEqual([
      { place: 'resolver le, app.test', reason: 'the private key does not belong to the certificate' },
      { place: 'resolver le, app.test', reason: 'no PEM certificate in the text' },
    ]);
  });

  test.for<[what: string, change: object]>([
    ['an entry that is being ordered', { certificate: '', key: '' }],
    ['an entry without texts', { certificate: null, key: null }],
    ['what a challenge left', { domain: { main: 'TEMP-app.test' } }],
  ])('%s is passed over', ([, change]) => {
    expect(read({ le: { Certificates: [{ ...traefikEntry(pair), ...change }] } })).toEqual({
      accounts: [],
      certificates: [],
      skipped: [],
    });
  });

  test.for(['[]', '"x"', '17', '{', 'not JSON'])('%j is no file of Traefik’s', (text) => {
    expect(() => readAcmeJson(text)).toThrow(expect.objectContaining({ code: 'acme_json_unreadable' }));
  });

  test('a part that is no object', () => {
    expect(read({ le: 17 }).skipped).toEqual([{ place: 'resolver le', reason: 'expected an object' }]);
  });
});
