import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestCa, issueCertificate } from '../../support/issue-certificate.ts';
import { ensurePrograms } from '../../support/lab/packages.ts';
import { runCommand } from '../../support/lab/shell.ts';
import { type RouterProcess, startRouter } from '../../support/router-process.ts';
import { answering, ScriptedBackend } from '../../support/scripted-backend.ts';

const DAY = 86_400_000;
const HOST = 'scanned.test';

let folder: string;
let backend: ScriptedBackend;
let router: RouterProcess;

beforeAll(async () => {
  await ensurePrograms(['sslscan', 'testssl']);
  folder = mkdtempSync(join(tmpdir(), 'sluice-scan-'));
  backend = await new ScriptedBackend(answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')).listen();
  const life = { notBefore: Date.now() - DAY, notAfter: Date.now() + 89 * DAY };
  const { chainPem, keyPem } = await issueCertificate(await createTestCa(), { names: [HOST], ...life });
  mkdirSync(join(folder, 'certs'));
  writeFileSync(join(folder, 'certs', 'scanned.crt'), chainPem);
  writeFileSync(join(folder, 'certs', 'scanned.key'), keyPem);
  const file = join(folder, 'services.yml');
  writeFileSync(file, `app: {servers: ['http://127.0.0.1:${backend.port}'], labels: {sluice.host: ${HOST}}}\n`);
  router = await startRouter({ dataDir: folder, docker: 'off', flags: ['--file', file] });
}, 120_000);

afterAll(async () => {
  await router.stop();
  await backend.refuse();
  rmSync(folder, { recursive: true, force: true });
});

test('sslscan finds TLS 1.2 and 1.3 with forward secrecy and authenticated ciphers, and nothing else', async () => {
  const xml = await runCommand('sslscan', ['--xml=-', `--sni-name=${HOST}`, router.https]);
  const protocols = [...xml.matchAll(/<protocol type="(\w+)" version="([\d.]+)" enabled="1"/g)];
  expect(protocols.map(([, type, version]) => `${type} ${version}`).sort()).toEqual(['tls 1.2', 'tls 1.3']);
  const ciphers = [...xml.matchAll(/<cipher [^>]*\bcipher="([^"]+)"/g)].map(([, name]) => name!);
  expect(ciphers.length).toBeGreaterThan(5);
  expect(ciphers.filter((name) => !/^(TLS_(AES|CHACHA20)|ECDHE-.*(GCM|CHACHA20-POLY1305))/.test(name))).toEqual([]);
  expect([...xml.matchAll(/<heartbleed [^>]*vulnerable="(\d)"/g)].map(([, found]) => found)).toEqual(['0', '0']);
}, 60_000);

interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

/**
 * Its exit code counts findings of any kind. Half a minute on a busy machine; what needs suites or versions that the first checks have not
 * found (BEAST, SWEET32, LUCKY13, FREAK, LOGJAM, DROWN, RC4) is left out.
 */
async function scan(): Promise<readonly Finding[]> {
  const report = join(folder, 'testssl.json');
  const suites = ['--protocols', '--std', '--pfs', '--fast', '--sneaky'];
  const attacks = ['--heartbleed', '--ccs', '--robot', '--renegotiation', '--compression', '--tls-fallback'];
  const output = ['--quiet', '--color', '0', '--warnings', 'batch', '--nodns', 'none', '--jsonfile', report];
  const words = [...suites, ...attacks, ...output, '--ip', '127.0.0.1', `${HOST}:${router.ports.https}`];
  await runCommand('/bin/sh', ['-c', '"$@" || true', 'sh', 'testssl', ...words]);
  return JSON.parse(readFileSync(report, 'utf8')) as readonly Finding[];
}

test('testssl finds no weakness above "low"', async () => {
  const findings = await scan();
  const of = (id: string): string => findings.find((one) => one.id === id)?.severity ?? 'not looked for';
  // It did look.
  const looked = [
    'SSLv3',
    'cipherlist_NULL',
    'cipherlist_aNULL',
    'PFS',
    'heartbleed',
    'secure_client_renego',
    'CRIME_TLS',
  ];
  expect(looked.map(of)).toEqual(looked.map(() => 'OK'));
  const weak = findings.filter(({ severity }) => /MEDIUM|HIGH|CRITICAL/.test(severity));
  expect(weak).toEqual([]);
}, 120_000);
