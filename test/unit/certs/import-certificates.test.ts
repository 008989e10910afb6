import { beforeEach, expect, test } from 'vitest';
import { importCertificates, type ImportReport } from '../../../src/certs/import-certificates.ts';
import { parseCertificate } from '../../../src/certs/parse-certificate.ts';
import type { FoundCertificate, FoundCertificates } from '../../../src/certs/read-acme-json.ts';
import { createCertificateStore, type CertificateStore } from '../../../src/certs/store.ts';
import { directoryAt } from '../../../src/config/acme-directories.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { createTestCa, issueCertificate } from '../../support/issue-certificate.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { wholeCertificate } from '../../support/whole-certificate.ts';

const NOW = Date.UTC(2026, 10, 1);
const DAY = 86_400_000;
const LETSENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory';
const STAGING = 'https://acme-staging-v02.api.letsencrypt.org/directory';
const OWN = 'https://ca.corp.test/dir';

let store: CertificateStore;

beforeEach(async () => {
  store = createCertificateStore({ dataDir: await temporaryFolder(), now: () => NOW, logger: collectLogger().logger });
});

async function certificateFor(
  names: readonly string[],
  days: number,
  {
    issuer = 'CN=Test CA',
    account = 'https://acme-v02.api.letsencrypt.org/acme/acct/1',
  }: { issuer?: string; account?: string | null } = {},
): Promise<FoundCertificate> {
  const ca = await createTestCa(issuer);
  const pair = await issueCertificate(ca, { names, notBefore: NOW - DAY, notAfter: NOW + days * DAY });
  return {
    certificate: parseCertificate(pair.chainPem, pair.keyPem, 'acme'),
    accountUrl: account ?? undefined,
    place: 'resolver le',
  };
}

function take(
  found: Partial<FoundCertificates>,
  { directories = [LETSENCRYPT], isTrial = false }: { directories?: readonly string[]; isTrial?: boolean } = {},
): Promise<ImportReport> {
  return importCertificates(
    { accounts: [], certificates: [], skipped: [], ...found },
    {
      store,
      directories,
      directoryAt,
      specFor: (names, directory) => ({ names, directory, profile: undefined, keyType: 'ec256' }),
      now: () => NOW,
      isTrial,
    },
  );
}

const actions = ({ rows }: ImportReport): readonly string[] => rows.map(({ names, action }) => `${names[0]} ${action}`);

const account = { keyPem: 'KEY', url: 'https://acme-v02.api.letsencrypt.org/acme/acct/1', email: 'ops@a.test' };

test('what is taken is in the store, whole, and a second time changes nothing', async () => {
  const found = await certificateFor(['www.a.test', 'a.test'], 30);
  const report = await take({ certificates: [found], accounts: [account] });
  expect([actions(report), report.accounts]).toEqual([['www.a.test imported'], [account.url]]);
  const contents = await store.load();
  expect(
    contents.entries.map(({ current }) => ({ ...current, certificate: wholeCertificate(current!.certificate) })),
  ).toEqual([
    {
      spec: { names: ['a.test', 'www.a.test'], directory: LETSENCRYPT, profile: undefined, keyType: 'ec256' },
      certificate: found.certificate,
      issuedAt: found.certificate.notBefore,
      accountUrl: account.url,
      orderUrl: '',
    },
  ]);
  expect([...contents.accounts.values()]).toEqual([
    {
      directory: LETSENCRYPT,
      keyPem: 'KEY',
      url: account.url,
      contact: ['mailto:ops@a.test'],
      eabKid: undefined,
      createdAt: NOW,
    },
  ]);
  const again = await take({ certificates: [found], accounts: [account] });
  expect([actions(again), again.accounts]).toEqual([['www.a.test known'], []]);
});

test('a trial tells the same and writes nothing', async () => {
  const found = { certificates: [await certificateFor(['a.test'], 30)], accounts: [account] };
  const trial = await take(found, { isTrial: true });
  expect((await store.load()).entries).toEqual([]);
  expect((await store.load()).accounts.size).toBe(0);
  expect(trial).toEqual(await take(found));
});

test('of doubles the longest-lived is taken, and one in the store gives way to it only', async () => {
  const [short, long, longer] = [
    await certificateFor(['a.test'], 10),
    await certificateFor(['a.test'], 30),
    await certificateFor(['a.test'], 60),
  ];
  expect(actions(await take({ certificates: [short, long] }))).toEqual(['a.test imported', 'a.test older']);
  expect(actions(await take({ certificates: [short] }))).toEqual(['a.test older']);
  expect(actions(await take({ certificates: [longer] }))).toEqual(['a.test imported']);
  expect((await store.load()).entries[0]!.current!.certificate.id).toBe(longer.certificate.id);
});

test('expired ones, and those of a staging CA that is not ours, stay out', async () => {
  const staged = 'https://acme-staging-v02.api.letsencrypt.org/acme/acct/1';
  const certificates = [
    await certificateFor(['expired.test'], -0.5),
    await certificateFor(['account.test'], 30, { account: staged }),
    await certificateFor(['issuer.test'], 30, { issuer: 'CN=(STAGING) Fake Root', account: null }),
  ];
  expect(actions(await take({ certificates })).toSorted()).toEqual([
    'account.test staging',
    'expired.test expired',
    'issuer.test staging',
  ]);
  expect(actions(await take({ certificates: [certificates[1]!] }, { directories: [STAGING] }))).toEqual([
    'account.test imported',
  ]);
});

test.for<[accountUrl: string | null, directories: readonly string[], directory: string]>([
  ['https://ca.corp.test/acct/7', [LETSENCRYPT, OWN], OWN],
  ['https://acme.zerossl.com/v2/DV90/account/x', [LETSENCRYPT], 'https://acme.zerossl.com/v2/DV90'],
  ['https://nobody.test/acct/7', [OWN, LETSENCRYPT], OWN],
  [null, [OWN], OWN],
])('a certificate of account %j, with %j in use, belongs to %s', async ([accountUrl, directories, directory]) => {
  await take({ certificates: [await certificateFor(['a.test'], 30, { account: accountUrl })] }, { directories });
  const [entry] = (await store.load()).entries;
  expect(entry!.current).toMatchObject({ spec: { directory }, accountUrl: accountUrl ?? '' });
});

test('an account is taken where there is none, the first of each CA, and only of CAs that are known', async () => {
  const own = { ...account, url: 'https://ca.corp.test/acct/1' };
  await take({ accounts: [own] }, { directories: [OWN] });
  const others = [{ ...own, url: 'https://ca.corp.test/acct/2' }, account, { ...account, url: `${account.url}2` }];
  const unknown = { ...account, url: 'https://nobody.test/acct/1' };
  const report = await take({ accounts: [...others, unknown] }, { directories: [OWN] });
  expect(report.accounts).toEqual([account.url]);
});

test('a store that cannot be written is told, before anything else', async () => {
  store = createCertificateStore({ dataDir: '/dev/null', now: () => NOW, logger: collectLogger().logger });
  const report = await take({ certificates: [await certificateFor(['a.test'], 30)] });
  expect(report.fault?.message).toContain('/dev/null');
  expect(report.rows).toEqual([]);
});
