import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { parseCertificate } from '../../../src/certs/parse-certificate.ts';
import { createStoreScan } from '../../../src/certs/store-scan.ts';
import { createCertificateStore, storePath } from '../../../src/certs/store.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { createTestCa, issueCertificate, type TestCa } from '../../support/issue-certificate.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

let ca: TestCa;
beforeAll(async () => {
  ca = await createTestCa();
});

const specOf = (name: string) =>
  ({ names: [name], directory: 'https://ca.test/dir', profile: undefined, keyType: 'ec256' }) as const;

test('what another process puts there is found once, and nothing else', async () => {
  const dataDir = await temporaryFolder();
  const open = (): ReturnType<typeof createCertificateStore> =>
    createCertificateStore({ dataDir, now: Date.now, logger: collectLogger().logger });
  const put = async (name: string): Promise<string> => {
    const pair = await issueCertificate(ca, { names: [name], notBefore: 0, notAfter: 1e12 });
    const certificate = parseCertificate(pair.chainPem, pair.keyPem, 'acme');
    await open().saveCertificate({ spec: specOf(name), certificate, issuedAt: 1, accountUrl: 'a', orderUrl: 'o' });
    return certificate.id;
  };
  await put('a.test');
  await put('b.test');
  const scan = createStoreScan(join(dataDir, 'acme'));
  const idsFound = async (): Promise<readonly string[]> =>
    (await scan.changes()).map(({ certificate }) => certificate.id);
  expect(await idsFound()).toEqual([]);
  const [renewed, added] = [await put('b.test'), await put('c.test')];
  expect((await idsFound()).toSorted()).toEqual([renewed, added].toSorted());
  expect(await idsFound()).toEqual([]);

  await writeFile(
    join(dataDir, 'acme', 'ca', storePath(specOf('a.test')).replace('/', '/certs/'), 'current.json'),
    '{',
  );
  expect(await idsFound()).toEqual([]);
  await rm(join(dataDir, 'acme'), { recursive: true });
  expect(await idsFound()).toEqual([]);
  const back = await put('d.test');
  expect(await idsFound()).toEqual([back]);
});

test('a store that is not there yet has nothing', async () => {
  expect(await createStoreScan(join(await temporaryFolder(), 'acme')).changes()).toEqual([]);
});
