import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { openLocalAuthority } from '../../../src/certs/local-authority.ts';
import { parseCertificate } from '../../../src/certs/parse-certificate.ts';
import type { CertificateSpec } from '../../../src/certs/certificate-spec.ts';
import { createCertificateStore } from '../../../src/certs/store.ts';
import { runCerts } from '../../../src/cli/certs.ts';
import type { StaticConfig } from '../../../src/config/static-config.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { createTestCa, issueCertificate, type TestCa } from '../../support/issue-certificate.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const DAY = 86_400_000;
const NOW = Date.now();
let ca: TestCa;

beforeAll(async () => {
  ca = await createTestCa('CN=Test CA');
});

async function run(
  dataDir: string,
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly text: string }> {
  const parts: string[] = [];
  const code = await runCerts(
    args,
    { dataDir } as Partial<StaticConfig> as StaticConfig,
    (text) => void parts.push(text),
  );
  return { code, text: parts.join('') };
}

/** A store with a certificate of 90 days, one that is expired, a name that fails, and one of the local authority. */
async function fillStore(dataDir: string): Promise<void> {
  const { logger } = collectLogger();
  const store = createCertificateStore({ dataDir, now: Date.now, logger });
  const specOf = (...names: readonly string[]): CertificateSpec => ({
    names,
    directory: 'https://ca.test/dir',
    profile: undefined,
    keyType: 'ec256',
  });
  for (const [names, from, to] of [
    [['www.example.test', 'example.test'], NOW - DAY, NOW + 89 * DAY],
    [['old.test'], NOW - 90 * DAY, NOW - DAY],
  ] as const) {
    const pair = await issueCertificate(ca, { names, notBefore: from, notAfter: to });
    const certificate = parseCertificate(pair.chainPem, pair.keyPem, 'acme');
    await store.saveCertificate({
      spec: specOf(...names),
      certificate,
      issuedAt: from,
      accountUrl: 'a',
      orderUrl: 'o',
    });
  }
  await store.saveAttempt(specOf('broken.test'), {
    failures: 2,
    validations: 2,
    class: 'validation',
    since: NOW,
    lastAt: NOW,
    nextAt: Date.UTC(2099, 0, 1, 12),
    error: { type: 'dns', detail: 'NXDOMAIN looking up A for broken.test', hint: 'create a DNS record' },
  });
  const authority = await openLocalAuthority({ dataDir, now: Date.now, logger });
  await authority.leaf(['app.localhost'], { keep: true });
}

const minute = (time: number): string => `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

test('lists names, issuer, expiry, renewal and state, with the error below', async () => {
  const dataDir = await temporaryFolder();
  await fillStore(dataDir);
  const { code, text } = await run(dataDir);
  const lines = text.split('\n');
  const cells = lines.slice(0, 5).map((line) => line.split(/ {2,}/));
  expect(code).toBe(0);
  expect(cells[0]).toEqual(['NAMES', 'ISSUER', 'EXPIRES', 'RENEWAL', 'STATE']);
  expect(cells[1]!.slice(0, 1)).toEqual(['app.localhost']);
  expect(cells[1]!.at(-1)).toBe('internal');
  expect(cells[2]).toEqual(['broken.test', '-', '-', '2099-01-01 12:00 UTC', 'failed']);
  expect(cells[3]).toEqual(['old.test', 'Test CA', minute(NOW - DAY), 'due', 'expired']);
  expect(cells[4]!.slice(0, 3)).toEqual(['www.example.test, example.test', 'Test CA', minute(NOW + 89 * DAY)]);
  expect(cells[4]!.at(-1)).toBe('ok');
  expect(lines.slice(5)).toEqual([
    '',
    'broken.test: NXDOMAIN looking up A for broken.test',
    '  create a DNS record',
    '',
  ]);
});

test('columns are aligned', async () => {
  const dataDir = await temporaryFolder();
  await fillStore(dataDir);
  const rows = (await run(dataDir)).text.split('\n').slice(0, 5);
  const column = rows[0]!.indexOf('ISSUER');
  for (const line of rows.slice(1)) expect(line.slice(column - 2, column + 1)).toMatch(/^ {2}\S$/);
});

test('no secret is printed', async () => {
  const dataDir = await temporaryFolder();
  await fillStore(dataDir);
  expect((await run(dataDir)).text).not.toContain('PRIVATE KEY');
  expect((await run(dataDir, 'root')).text).not.toContain('PRIVATE KEY');
});

test('an empty store says where it looked', async () => {
  const dataDir = await temporaryFolder();
  expect(await run(dataDir)).toEqual({ code: 1, text: `no certificates below ${dataDir}\n` });
});

test('a damaged file is named, the rest is listed', async () => {
  const dataDir = await temporaryFolder();
  await fillStore(dataDir);
  const folder = join(dataDir, 'acme', 'ca', 'ca.test-dir', 'certs', 'torn.test-000000000000');
  await mkdir(folder);
  await writeFile(join(folder, 'current.json'), '{');
  const { code, text } = await run(dataDir);
  expect(code).toBe(0);
  expect(text).toContain(`${join(folder, 'current.json')}: not JSON`);
  expect(text).toContain('www.example.test');
});

test('a store that cannot be read is said with the fix', async () => {
  const dataDir = join(await temporaryFolder(), 'file');
  await writeFile(dataDir, '');
  const { code, text } = await run(dataDir);
  expect(code).toBe(1);
  expect(text).toMatch(/cannot read .*ENOTDIR; .*--data/);
});

test('root prints the PEM of the local authority and nothing else', async () => {
  const dataDir = await temporaryFolder();
  const { logger } = collectLogger();
  const { rootPem } = await openLocalAuthority({ dataDir, now: Date.now, logger });
  expect(await run(dataDir, 'root')).toEqual({ code: 0, text: rootPem });
});

test('root without a local authority says how to get one', async () => {
  const dataDir = await temporaryFolder();
  const { code, text } = await run(dataDir, 'root');
  expect(code).toBe(1);
  expect(text).toContain(`no local authority below ${dataDir}`);
});

test.for([{ args: ['list'] }, { args: ['root', 'extra'] }, { args: ['--help'] }])(
  '$args is a usage error',
  async ({ args }) => {
    expect(await run('/nowhere', ...args)).toEqual({ code: 2, text: 'usage: sluice certs [root]\n' });
  },
);
