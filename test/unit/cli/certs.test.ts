import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { beforeAll, describe, expect, test } from 'vitest';
import { openLocalAuthority } from '../../../src/certs/local-authority.ts';
import { parseCertificate } from '../../../src/certs/parse-certificate.ts';
import type { CertificateSpec } from '../../../src/certs/certificate-spec.ts';
import { NO_RENEWAL } from '../../../src/certs/renewal-record.ts';
import { createCertificateStore } from '../../../src/certs/store.ts';
import { readCertsArguments, runCerts } from '../../../src/cli/certs/certs.ts';
import type { StaticConfig } from '../../../src/config/static-config.ts';
import { traefikAccount, traefikEntry } from '../../support/acme-json.ts';
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
  const read = readCertsArguments(args);
  if (typeof read === 'string') return { code: 2, text: read };
  const parts: string[] = [];
  const add = (text: string): void => void parts.push(text);
  const config = { dataDir, acme: { directories: [] } } as unknown as StaticConfig;
  const code = await runCerts(read, config, { out: add, err: add });
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

test('the time that the CA suggests is listed as the renewal', async () => {
  const dataDir = await temporaryFolder();
  await fillStore(dataDir);
  const store = createCertificateStore({ dataDir, now: Date.now, logger: collectLogger().logger });
  const entry = (await store.load()).entries.find(({ names }) => names.includes('www.example.test'))!;
  const [start, end, selected] = [NOW + 20 * DAY, NOW + 22 * DAY, NOW + 21 * DAY];
  const { spec, certificate } = entry.current!;
  await store.saveRenewal(spec, {
    ...NO_RENEWAL,
    advice: {
      certificateId: certificate.id,
      ariId: 'a.b',
      window: { start, end, selected, explanationUrl: undefined },
      askAt: NOW,
      isReplaced: false,
    },
  });
  expect((await run(dataDir)).text).toContain(`renews ${minute(selected)} (the CA says when)`);
});

const minute = (time: number): string => `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

test('lists names, issuer, expiry, days left, state and what comes next, with the error below', async () => {
  const dataDir = await temporaryFolder();
  await fillStore(dataDir);
  const { code, text } = await run(dataDir);
  const lines = text.split('\n');
  const cells = lines.slice(0, 5).map((line) => line.split(/ {2,}/));
  expect(code).toBe(0);
  expect(cells[0]).toEqual(['NAMES', 'ISSUER', 'EXPIRES', 'DAYS', 'STATE', 'NEXT']);
  expect(cells[1]!.slice(0, 1)).toEqual(['app.localhost']);
  expect(cells[1]!.slice(-3)).toEqual(['6', 'internal', '-']);
  expect(cells[2]).toEqual(['broken.test', '-', '-', '-', 'failed', 'tries again 2099-01-01 12:00 UTC']);
  expect(cells[3]).toEqual(['old.test', 'Test CA', minute(NOW - DAY), '-1', 'expired', 'renewal is due']);
  expect(cells[4]!.slice(0, 3)).toEqual(['www.example.test, example.test', 'Test CA', minute(NOW + 89 * DAY)]);
  expect(cells[4]!.slice(3)).toEqual(['88', 'ok', expect.stringMatching(/^renews \d{4}-/)]);
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

test.for<[args: readonly string[], fault: string]>([
  [['lst'], 'certs knows no lst; did you mean list?'],
  [['root', 'extra'], 'certs root takes no extra'],
  [['renew'], 'the name is missing'],
  [['import', '--dry-run'], 'the file is missing'],
  [['root', '--dry-run'], 'certs root takes no --dry-run'],
  [['import', 'x', '--p12', 'y'], 'certs import takes no --p12'],
  [['export', 'a.test', '--out'], '--out: a value is missing'],
])('%j is a usage error', ([args, fault]) => expect(readCertsArguments(args)).toBe(fault));

test('flags of the router stand behind', () => {
  const given = ['export', '--p12', 'f', 'a.test', '--data', '/d'];
  expect(readCertsArguments(given)).toMatchObject({ verb: 'export', operand: 'a.test', rest: ['--data', '/d'] });
  expect(readCertsArguments(['--data', '/d'])).toMatchObject({ verb: 'list', rest: ['--data', '/d'] });
});

describe('import', () => {
  const acmeJson = async (names: readonly string[]): Promise<string> => {
    const pair = await issueCertificate(ca, { names, notBefore: NOW - DAY, notAfter: NOW + 60 * DAY });
    const path = join(await temporaryFolder(), 'acme.json');
    await writeFile(path, JSON.stringify({ le: { Account: traefikAccount(), Certificates: [traefikEntry(pair)] } }));
    return path;
  };

  test('takes what the file holds and says so; a trial only says so', async () => {
    const dataDir = await temporaryFolder();
    const path = await acmeJson(['app.test', 'www.app.test']);
    const before = await readFile(path);
    const trial = await run(dataDir, 'import', path, '--dry-run');
    expect(trial.text).toMatch(/WOULD BE\napp\.test, www\.app\.test +Test CA +\d{4}-.* +resolver le +imported\n/);
    expect(trial.text).toContain(`account ${traefikAccount().Registration.uri} would be taken over`);
    expect((await run(dataDir)).code).toBe(1);
    const real = await run(dataDir, 'import', path);
    expect([real.code, real.text]).toEqual([0, expect.stringContaining('acct/1234567890 taken over')]);
    expect((await run(dataDir)).text).toMatch(/app\.test, www\.app\.test +Test CA .* ok/);
    expect((await run(dataDir, 'import', path)).text).toMatch(/resolver le +known\n$/);
    expect(await readFile(path)).toEqual(before);
  });

  test.for<[what: string, text: string | undefined, fault: string]>([
    ['a file that is not there', undefined, 'cannot be read: ENOENT'],
    ['a file of something else', '[]', 'no acme.json of Traefik: expected an object of resolvers'],
  ])('%s', async ([, text, fault]) => {
    const path = join(await temporaryFolder(), 'acme.json');
    if (text !== undefined) await writeFile(path, text);
    const { code, text: said } = await run(await temporaryFolder(), 'import', path);
    expect([code, said]).toEqual([1, expect.stringContaining(`${path}: ${fault}`)]);
  });
});

describe('export', () => {
  test('of a name prints the chain and its key', async () => {
    const dataDir = await temporaryFolder();
    await fillStore(dataDir);
    const { code, text } = await run(dataDir, 'export', 'WWW.example.test');
    expect(code).toBe(0);
    expect(parseCertificate(text, text, 'acme').names).toContain('www.example.test');
  });

  test('into a folder, for the eyes of the owner only', async () => {
    const dataDir = await temporaryFolder();
    await fillStore(dataDir);
    const folder = join(await temporaryFolder(), 'out');
    expect(await run(dataDir, 'export', 'example.test', '--out', folder)).toEqual({ code: 0, text: '' });
    const [chain, key] = ['fullchain.pem', 'privkey.pem'].map((file) => join(folder, file));
    expect(parseCertificate(await readFile(chain!, 'utf8'), await readFile(key!, 'utf8'), 'acme').issuer).toBe(
      'Test CA',
    );
    expect((await stat(key!)).mode & 0o777).toBe(0o600);
  });

  test('as PKCS#12, with a password of a file or one that is made', async () => {
    const dataDir = await temporaryFolder();
    await fillStore(dataDir);
    const folder = await temporaryFolder();
    const [file, secret] = [join(folder, 'a.p12'), join(folder, 'secret')];
    await writeFile(secret, 'from a file\n');
    const args = ['export', 'example.test', '--p12', file] as const;
    expect(await run(dataDir, ...args, '--password-file', secret)).toEqual({ code: 0, text: '' });
    createSecureContext({ pfx: await readFile(file), passphrase: 'from a file' });
    const made = /^password of .*: (\S{16})\n$/.exec((await run(dataDir, ...args)).text)![1]!;
    createSecureContext({ pfx: await readFile(file), passphrase: made });
  });

  test.for<[what: string, args: readonly string[], fault: RegExp]>([
    ['a name nobody has', ['nobody.test'], /no certificate for nobody\.test below .*; `sluice certs` lists them/],
    ['a folder that cannot be made', ['example.test', '--out', '/dev/null/x'], /ENOTDIR/],
    ['a password that cannot be read', ['example.test', '--p12', '/tmp/x', '--password-file', '/nowhere'], /ENOENT/],
  ])('%s', async ([, args, fault]) => {
    const dataDir = await temporaryFolder();
    await fillStore(dataDir);
    expect(await run(dataDir, 'export', ...args)).toEqual({ code: 1, text: expect.stringMatching(fault) });
  });
});
