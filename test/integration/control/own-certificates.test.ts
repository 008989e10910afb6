import { renameSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { handshake } from '../../support/handshake.ts';
import { createTestCa, type IssuedPair, issueCertificate, type TestCa } from '../../support/issue-certificate.ts';
import { type RouterProcess, startRouter } from '../../support/router-process.ts';
import { answering, ScriptedBackend } from '../../support/scripted-backend.ts';
import { visit } from '../../support/tls-client.ts';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';

const DAY = 86_400_000;

let folder: string;
let ca: TestCa;
let backend: ScriptedBackend;
let router: RouterProcess;

function issue(by: TestCa, ...names: string[]): Promise<IssuedPair> {
  return issueCertificate(by, { names, notBefore: Date.now() - DAY, notAfter: Date.now() + 90 * DAY });
}

/** As programs do it that care: the new file takes the place of the old one at once. */
function put(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

function putPair(name: string, { chainPem, keyPem }: IssuedPair): void {
  put(join(folder, 'data/certs', `${name}.crt`), chainPem);
  put(join(folder, 'data/certs', `${name}.key`), keyPem);
}

function pairOf({ chainPem, keyPem }: IssuedPair) {
  return { cert: chainPem, key: keyPem };
}

function status(host: string, pair: ReturnType<typeof pairOf> | object = {}): Promise<readonly number[]> {
  return visit(router.ports.https, [host], { servername: host, ...pair }).then(({ statuses }) => statuses);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-own-'));
  mkdirSync(join(folder, 'data/certs'), { recursive: true });
  ca = await createTestCa();
  backend = await new ScriptedBackend(answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')).listen();
  putPair('a', await issue(ca, 'a.test'));
  put(join(folder, 'clients.pem'), ca.rootPem);
  put(
    join(folder, 'services.yml'),
    `app:
  servers: [http://127.0.0.1:${backend.port}]
  labels: {sluice.host: 'a.test,b.test'}
inner:
  servers: [http://127.0.0.1:${backend.port}]
  labels: {sluice.host: inner.test, sluice.tls.clientca: ${join(folder, 'clients.pem')}}
`,
  );
  router = await startRouter({
    dataDir: join(folder, 'data'),
    docker: 'off',
    flags: ['--file', join(folder, 'services.yml'), '--workers', '2'],
  });
});

afterAll(async () => {
  await router.stop();
  await backend.refuse();
  rmSync(folder, { recursive: true, force: true });
});

test('a certificate of the folder serves from the first handshake, and only for its names', async () => {
  expect(await handshake({ at: router.https, name: 'a.test', caPem: ca.rootPem })).toMatchObject({ isTrusted: true });
  expect((await handshake({ at: router.https, name: 'b.test', caPem: ca.rootPem })).isTrusted).toBe(false);
  expect(await status('a.test')).toEqual([200]);
});

test('one that is put there serves within seconds, and the default one for unknown names', async () => {
  putPair('b', await issue(ca, 'b.test'));
  putPair('default', await issue(ca, 'default.test'));
  const names = async (name: string): Promise<string> => (await handshake({ at: router.https, name })).names;
  await vi.waitFor(async () => expect(await names('b.test')).toBe('DNS:b.test'), { timeout: 5000, interval: 100 });
  await vi.waitFor(async () => expect(await names('unknown.test')).toBe('DNS:default.test'), {
    timeout: 5000,
    interval: 100,
  });
  putPair('b', await issue(ca, 'b.test', 'more.test'));
  await vi.waitFor(async () => expect(await names('more.test')).toContain('DNS:more.test'), {
    timeout: 5000,
    interval: 100,
  });
  for (const file of ['b.crt', 'b.key']) rmSync(join(folder, 'data/certs', file));
  await vi.waitFor(async () => expect(await names('more.test')).toBe('DNS:default.test'), {
    timeout: 5000,
    interval: 100,
  });
});

test('roots of clients are read again when they change; without them nobody comes in', async () => {
  const other = await createTestCa('CN=Other');
  const [first, second] = [pairOf(await issue(ca, 'client')), pairOf(await issue(other, 'client'))];
  const came = async (): Promise<unknown[]> => [
    await status('inner.test', first),
    await status('inner.test', second),
    await status('inner.test'),
  ];
  expect(await came()).toEqual([[200], [], []]);
  put(join(folder, 'clients.pem'), other.rootPem);
  await vi.waitFor(async () => expect(await came()).toEqual([[], [200], []]), { timeout: 15_000, interval: 200 });
  rmSync(join(folder, 'clients.pem'));
  await vi.waitFor(async () => expect(await came()).toEqual([[], [], []]), { timeout: 15_000, interval: 200 });
  expect(router.records.some((line) => line['code'] === 'ca_unusable')).toBe(true);
  expect(await status('a.test')).toEqual([200]);
  put(join(folder, 'clients.pem'), ca.rootPem);
  await vi.waitFor(async () => expect(await came()).toEqual([[200], [], []]), { timeout: 15_000, interval: 200 });
}, 60_000);
