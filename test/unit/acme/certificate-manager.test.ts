import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { CertificateSpec } from '../../../src/certs/certificate-spec.ts';
import { openLocalAuthority } from '../../../src/certs/local-authority.ts';
import { parseCertificate } from '../../../src/certs/parse-certificate.ts';
import type { AttemptRecord } from '../../../src/certs/store-records.ts';
import { createCertificateStore } from '../../../src/certs/store.ts';
import {
  ACME_OFF,
  eventually,
  startCertificateBench,
  wantedFor,
  type CertificateBench,
} from '../../support/certificate-bench.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { createTestCa, issueCertificate, type TestCa } from '../../support/issue-certificate.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const DAY = 86_400_000;
const CA = 'https://127.0.0.1:9/dir';
const FORMER_CA = 'https://127.0.0.1:9/staging';
const NOW = Date.UTC(2026, 5, 1);
let ca: TestCa;
let dataDir: string;

beforeAll(async () => {
  ca = await createTestCa();
});

beforeEach(async () => {
  dataDir = await temporaryFolder();
});

const specOf = (names: readonly string[], directory: string): CertificateSpec => ({
  names,
  directory,
  profile: undefined,
  keyType: 'ec256',
});

/** Puts a certificate into the store, born 90 days before its end. */
async function keep(names: readonly string[], leftDays: number, directory = CA): Promise<string> {
  const notAfter = NOW + leftDays * DAY;
  const pair = await issueCertificate(ca, { names, notBefore: notAfter - 90 * DAY, notAfter });
  const certificate = parseCertificate(pair.chainPem, pair.keyPem, 'acme');
  const stored = {
    spec: specOf(names, directory),
    certificate,
    issuedAt: notAfter - 90 * DAY,
    accountUrl: 'a',
    orderUrl: 'o',
  };
  await createCertificateStore({ dataDir, now: () => NOW, logger: collectLogger().logger }).saveCertificate(stored);
  return certificate.id;
}

/** A record that keeps the name away from the CA for the length of a test. */
async function holdBack(...names: readonly string[]): Promise<void> {
  const error = { type: 'dns', detail: 'NXDOMAIN', hint: 'create a DNS record' };
  const attempt: AttemptRecord = {
    failures: 1,
    validations: 1,
    class: 'rate-limited',
    since: NOW,
    lastAt: NOW,
    nextAt: NOW + DAY,
    error,
  };
  const store = createCertificateStore({ dataDir, now: () => NOW, logger: collectLogger().logger });
  await store.saveAttempt(specOf(names, CA), attempt);
}

function start(
  wanted: Parameters<typeof startCertificateBench>[0]['wanted'],
  directories: readonly string[] = [CA],
): Promise<CertificateBench> {
  const publisher = { publish: async () => undefined, withdraw: () => undefined };
  return startCertificateBench({ dataDir, acme: { directories }, publisher, wanted, now: () => NOW });
}

const ids = (run: CertificateBench): readonly string[] => run.manager.certificates().map(({ id }) => id);

test('what is on disk serves as soon as start is done, though nothing is known to be wanted yet', async () => {
  const id = await keep(['a.test'], 60);
  const run = await start([]);
  expect(ids(run)).toEqual([id]);
  expect(run.published).toHaveLength(1);
});

test('a certificate nobody wants stays while it is valid and goes when it expires', async () => {
  const valid = await keep(['valid.test'], 1);
  await keep(['gone.test'], -1);
  expect(ids(await start([]))).toEqual([valid]);
});

test('a certificate that serves although nobody wants it is shown as unused', async () => {
  await keep(['idle.test'], 60);
  const run = await start([]);
  expect(run.manager.status()).toMatchObject([{ names: ['idle.test'], state: 'unused', routers: [] }]);
  run.manager.setWanted([wantedFor('idle.test')]);
  expect(run.manager.status()).toMatchObject([{ names: ['idle.test'], state: 'ok' }]);
});

test('an expired certificate that is wanted keeps serving: a warning beats nothing', async () => {
  const id = await keep(['a.test'], -5);
  await holdBack('a.test');
  const run = await start([wantedFor('a.test')]);
  expect(ids(run)).toEqual([id]);
  expect(run.status('a.test')).toMatchObject({ state: 'rate-limited', notAfter: NOW - 5 * DAY });
});

test('a certificate of a former CA bridges the time, and loses to one of the CA in use', async () => {
  const former = await keep(['a.test', 'b.test'], 80, FORMER_CA);
  await keep(['c.test'], 89, FORMER_CA);
  const current = await keep(['c.test'], 60, CA);
  await holdBack('a.test', 'b.test');
  const run = await start([wantedFor('a.test', 'b.test'), wantedFor('c.test')]);
  expect(new Set(ids(run))).toEqual(new Set([former, current]));
});

test('every wanted name is covered: by the CA, by its wildcard, or by the local authority', async () => {
  const wildcard = await keep(['*.wild.test'], 60);
  await holdBack('new.test');
  await holdBack('x.wild.test', 'other.test');
  const internal = { names: ['app.localhost'], issuer: 'internal' as const, routers: [] };
  const run = await start([wantedFor('new.test'), wantedFor('x.wild.test', 'other.test'), internal]);
  await eventually(() => {
    const local = run.manager.certificates().filter(({ source }) => source === 'local');
    expect(local.map(({ names }) => names)).toEqual([['new.test'], ['other.test'], ['app.localhost']]);
  });
  expect(ids(run)[0]).toBe(wildcard);
});

test('an equal list of wishes changes nothing, another one does', async () => {
  const run = await start([], []);
  run.manager.setWanted([wantedFor('a.test')]);
  await eventually(() => expect(run.serving('a.test')).toBeDefined());
  const before = run.published.length;
  run.manager.setWanted([wantedFor('a.test')]);
  expect(run.published.length).toBe(before);
  run.manager.setWanted([]);
  expect(run.published.length).toBe(before + 1);
  expect(run.published.at(-1)).toEqual([]);
});

test("without a CA every name is the local authority's, and nothing is asked of anyone", async () => {
  const run = await start([wantedFor('a.example.com')], []);
  await eventually(() => expect(run.serving('a.example.com')?.source).toBe('local'));
  expect(run.status('a.example.com')).toMatchObject({ state: 'internal', nextAttempt: undefined });
});

test('a failure on disk is known after a restart, with its words', async () => {
  await holdBack('a.test');
  const run = await start([wantedFor('a.test')]);
  expect(run.status('a.test')).toMatchObject({
    state: 'rate-limited',
    nextAttempt: NOW + DAY,
    lastError: { detail: 'NXDOMAIN', hint: 'create a DNS record' },
  });
});

test('nothing is done and nobody is told before start, nor after stop', async () => {
  const { logger } = collectLogger();
  const { createCertificateManager } = await import('../../../src/acme/certificate-manager.ts');
  const told: number[] = [];
  const manager = createCertificateManager({
    store: createCertificateStore({ dataDir, now: () => NOW, logger }),
    localAuthority: await openLocalAuthority({ dataDir, now: () => NOW, logger }),
    acme: ACME_OFF,
    challenges: { publish: async () => undefined, withdraw: () => undefined },
    now: () => NOW,
    random: () => 0.5,
    logger,
    onCertificates: (list) => void told.push(list.length),
  });
  manager.setWanted([wantedFor('a.test')]);
  expect([told, manager.certificates()]).toEqual([[], []]);
  await manager.start();
  await eventually(() => expect(told.at(-1)).toBe(1));
  await manager.stop();
  const count = told.length;
  manager.setWanted([]);
  expect(told.length).toBe(count);
});

test('with everything on disk neither of the slow libraries is loaded', async () => {
  const id = await keep(['a.test'], 60);
  const { logger } = collectLogger();
  const authority = await openLocalAuthority({ dataDir, now: () => NOW, logger });
  await authority.leaf(['app.localhost'], { keep: true });
  for (const library of ['acme-client', '@peculiar/x509']) {
    vi.doMock(library, () => {
      throw new Error(`${library} was loaded`);
    });
  }
  vi.resetModules();
  const fresh = await import('../../support/certificate-bench.ts');
  const internal = { names: ['app.localhost'], issuer: 'internal' as const, routers: [] };
  const run = await fresh.startCertificateBench({
    dataDir,
    acme: { directories: [CA] },
    publisher: { publish: async () => undefined, withdraw: () => undefined },
    wanted: [wantedFor('a.test'), internal],
    now: () => NOW,
  });
  await eventually(() => expect(run.serving('app.localhost')).toBeDefined());
  expect(run.serving('a.test')?.id).toBe(id);
  expect(run.lines.filter(({ level }) => level === 'error')).toEqual([]);
  vi.doUnmock('acme-client');
  vi.doUnmock('@peculiar/x509');
});
