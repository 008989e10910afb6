import { chmod, mkdir, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { CertificateSpec } from '../../../src/certs/certificate-spec.ts';
import { parseCertificate } from '../../../src/certs/parse-certificate.ts';
import type {
  AccountRecord,
  AttemptRecord,
  PendingOrder,
  StoredCertificate,
} from '../../../src/certs/store-records.ts';
import { createCertificateStore, storePath, type CertificateStore } from '../../../src/certs/store.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { createTestCa, issueCertificate, type TestCa } from '../../support/issue-certificate.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { wholeCertificate } from '../../support/whole-certificate.ts';

const NOW = Date.UTC(2026, 5, 1);
const DIRECTORY = 'https://ca.test/dir';
let ca: TestCa;

beforeAll(async () => {
  ca = await createTestCa();
});

function specOf(...names: readonly string[]): CertificateSpec {
  return { names, directory: DIRECTORY, profile: undefined, keyType: 'ec256' };
}

async function storedFor(spec: CertificateSpec): Promise<StoredCertificate> {
  const pair = await issueCertificate(ca, { names: spec.names, notBefore: NOW, notAfter: NOW + 90 * 86_400_000 });
  return {
    spec,
    certificate: parseCertificate(pair.chainPem, pair.keyPem, 'acme'),
    issuedAt: NOW,
    accountUrl: 'https://ca.test/account/1',
    orderUrl: 'https://ca.test/order/1',
  };
}

const attempt: AttemptRecord = {
  failures: 2,
  validations: 2,
  class: 'validation',
  since: NOW - 1000,
  lastAt: NOW,
  nextAt: NOW + 60_000,
  error: { type: 'connection', detail: 'refused', hint: 'open port 80' },
};
const pending: PendingOrder = {
  orderUrl: 'https://ca.test/order/2',
  accountUrl: 'https://ca.test/account/1',
  keyPem: 'KEY',
  createdAt: NOW,
};
const account: AccountRecord = {
  directory: DIRECTORY,
  keyPem: 'KEY',
  url: 'https://ca.test/account/1',
  contact: ['mailto:ops@a.test'],
  eabKid: 'kid-1',
  createdAt: NOW,
};

function open(
  dataDir: string,
  options: { readOnly?: boolean } = {},
): { store: CertificateStore; lines: ReturnType<typeof collectLogger>['lines'] } {
  const { logger, lines } = collectLogger();
  return { store: createCertificateStore({ dataDir, now: () => NOW, logger, ...options }), lines };
}

const specFolder = (dataDir: string, spec: CertificateSpec): string => {
  const [caFolder, name] = storePath(spec).split('/');
  return join(dataDir, 'acme', 'ca', caFolder!, 'certs', name!);
};

test('an absent store is an empty one', async () => {
  const { store } = open(join(await temporaryFolder(), 'nothing', 'here'));
  expect(await store.load()).toEqual({
    entries: [],
    accounts: new Map(),
    parked: new Map(),
    issues: [],
    fault: undefined,
  });
});

test('what was saved is read back by another store', async () => {
  const dataDir = await temporaryFolder();
  const { store } = open(dataDir);
  const stored = await storedFor(specOf('a.test', 'www.a.test'));
  const failing = specOf('*.b.test');
  const faults = [
    await store.probe(),
    await store.saveCertificate(stored),
    await store.saveAttempt(failing, attempt),
    await store.savePending(failing, pending),
    await store.saveAccount(account),
    await store.saveParked(DIRECTORY, { until: NOW + 5, detail: 'too many new orders' }),
  ];
  expect(faults.every((fault) => fault === undefined)).toBe(true);
  const contents = await open(dataDir).store.load();
  const byPath = new Map(contents.entries.map((entry) => [entry.path, entry]));
  const { certificate, ...rest } = stored;
  const entry = byPath.get(storePath(stored.spec))!;
  expect(entry).toMatchObject({ names: ['a.test', 'www.a.test'], current: rest });
  expect([entry.attempt, entry.pending]).toEqual([undefined, undefined]);
  expect(wholeCertificate(entry.current!.certificate)).toEqual(certificate);
  expect(byPath.get(storePath(failing))).toEqual({
    path: storePath(failing),
    names: ['*.b.test'],
    current: undefined,
    attempt,
    pending,
  });
  expect(contents.accounts).toEqual(new Map([['ca.test-dir', account]]));
  expect(contents.parked.get('ca.test-dir')).toEqual({ until: NOW + 5, detail: 'too many new orders' });
});

test('undefined removes a record, and removing twice is no fault', async () => {
  const dataDir = await temporaryFolder();
  const { store } = open(dataDir);
  const spec = specOf('a.test');
  await store.saveAttempt(spec, attempt);
  await store.savePending(spec, pending);
  expect(await store.saveAttempt(spec, undefined)).toBeUndefined();
  expect(await store.savePending(spec, undefined)).toBeUndefined();
  expect(await store.savePending(spec, undefined)).toBeUndefined();
  expect(await readdir(specFolder(dataDir, spec))).toEqual([]);
});

test('a renewed certificate keeps the one before it', async () => {
  const dataDir = await temporaryFolder();
  const { store } = open(dataDir);
  const [first, second] = [await storedFor(specOf('a.test')), await storedFor(specOf('a.test'))];
  await store.saveCertificate(first);
  await store.saveCertificate(second);
  const folder = specFolder(dataDir, first.spec);
  expect((await readdir(folder)).sort()).toEqual(['current.json', 'previous.json']);
  expect((await open(dataDir).store.load()).entries[0]!.current!.certificate.id).toBe(second.certificate.id);
});

const damages = [
  { name: 'cut in the middle', damage: (text: string) => text.slice(0, text.length / 2) },
  { name: 'empty', damage: () => '' },
  { name: 'of another shape', damage: () => '[1,2]' },
  { name: 'without a key', damage: (text: string) => text.replace('"keyPem"', '"other"') },
  { name: 'with the key of another certificate', damage: (text: string, other: string) => swapKey(text, other) },
];

function swapKey(text: string, other: string): string {
  return JSON.stringify({ ...JSON.parse(text), keyPem: JSON.parse(other).keyPem });
}

test.for(damages)('a current.json $name is moved aside and previous.json serves', async ({ damage }) => {
  const dataDir = await temporaryFolder();
  const { store } = open(dataDir);
  const [first, second, neighbour] = [
    await storedFor(specOf('a.test')),
    await storedFor(specOf('a.test')),
    await storedFor(specOf('b.test')),
  ];
  for (const stored of [first, second, neighbour]) await store.saveCertificate(stored);
  const folder = specFolder(dataDir, first.spec);
  const path = join(folder, 'current.json');
  await writeFile(path, damage(await readFile(path, 'utf8'), await readFile(join(folder, 'previous.json'), 'utf8')));
  const { store: reopened, lines } = open(dataDir);
  const contents = await reopened.load();
  const current = new Map(contents.entries.map((entry) => [entry.path, entry.current?.certificate.id]));
  expect(current.get(storePath(first.spec))).toBe(first.certificate.id);
  expect(current.get(storePath(neighbour.spec))).toBe(neighbour.certificate.id);
  expect((await readdir(folder)).sort()).toEqual([`current.json.corrupt-${NOW}`, 'previous.json']);
  expect(contents.issues.map((issue) => issue.path)).toEqual([path]);
  expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
});

test('with both files damaged there is no certificate, and saving a new one works', async () => {
  const dataDir = await temporaryFolder();
  const { store } = open(dataDir);
  const stored = await storedFor(specOf('a.test'));
  await store.saveCertificate(stored);
  await store.saveCertificate(stored);
  for (const name of ['current.json', 'previous.json'])
    await writeFile(join(specFolder(dataDir, stored.spec), name), '{');
  const contents = await open(dataDir).store.load();
  expect(contents.entries.map(({ current }) => current)).toEqual([undefined]);
  expect(contents.issues).toHaveLength(2);
  expect(await store.saveCertificate(stored)).toBeUndefined();
  expect((await open(dataDir).store.load()).entries[0]!.current!.certificate.id).toBe(stored.certificate.id);
});

test.for([
  { name: 'state.json', file: 'state.json', text: '{"failures":"many"}' },
  { name: 'pending.json', file: 'pending.json', text: 'x' },
  {
    name: 'a class nobody knows',
    file: 'state.json',
    text: JSON.stringify({ names: ['a.test'], ...attempt, class: 'weird' }),
  },
])('damage to $name leaves the certificate alone', async ({ file, text }) => {
  const dataDir = await temporaryFolder();
  const { store } = open(dataDir);
  const stored = await storedFor(specOf('a.test'));
  await store.saveCertificate(stored);
  await writeFile(join(specFolder(dataDir, stored.spec), file), text, { mode: 0o600 });
  const contents = await open(dataDir).store.load();
  expect(contents.entries[0]).toMatchObject({ attempt: undefined, pending: undefined });
  expect(contents.entries[0]!.current!.certificate.id).toBe(stored.certificate.id);
  expect(contents.issues).toHaveLength(1);
});

test('what cannot be read for another reason is reported and left where it is', async () => {
  const dataDir = await temporaryFolder();
  const { store } = open(dataDir);
  const stored = await storedFor(specOf('a.test'));
  await store.saveCertificate(stored);
  const folder = specFolder(dataDir, stored.spec);
  await mkdir(join(folder, 'state.json'), { mode: 0o700 });
  const contents = await open(dataDir).store.load();
  expect(contents.issues).toEqual([{ path: join(folder, 'state.json'), message: expect.stringContaining('EISDIR') }]);
  expect((await readdir(folder)).sort()).toEqual(['current.json', 'state.json']);
  expect(contents.entries[0]!.current!.certificate.id).toBe(stored.certificate.id);
});

test('what a crash left behind goes, and only that', async () => {
  const dataDir = await temporaryFolder();
  const { store } = open(dataDir);
  const stored = await storedFor(specOf('a.test'));
  await store.saveCertificate(stored);
  const folder = specFolder(dataDir, stored.spec);
  await writeFile(join(folder, '.current.json.x.tmp'), '');
  const old = (NOW - 7_200_000) / 1000;
  await utimes(join(folder, '.current.json.x.tmp'), old, old);
  await open(dataDir, { readOnly: true }).store.load();
  expect(await readdir(folder)).toHaveLength(2);
  await open(dataDir).store.load();
  expect(await readdir(folder)).toEqual(['current.json']);
});

test('a read-only store reports damage and open modes but changes nothing', async () => {
  const dataDir = await temporaryFolder();
  const { store } = open(dataDir);
  const stored = await storedFor(specOf('a.test'));
  await store.saveCertificate(stored);
  const folder = specFolder(dataDir, stored.spec);
  await writeFile(join(folder, 'state.json'), '{', { mode: 0o644 });
  const contents = await open(dataDir, { readOnly: true }).store.load();
  expect(contents.issues).toHaveLength(1);
  expect((await readdir(folder)).sort()).toEqual(['current.json', 'state.json']);
  expect((await stat(join(folder, 'state.json'))).mode & 0o777).toBe(0o644);
});

test('files that others can read are closed, said, and used', async () => {
  const dataDir = await temporaryFolder();
  const { store } = open(dataDir);
  const stored = await storedFor(specOf('a.test'));
  await store.probe();
  await store.saveCertificate(stored);
  const path = join(specFolder(dataDir, stored.spec), 'current.json');
  await chmod(path, 0o644);
  await chmod(store.root, 0o755);
  const contents = await open(dataDir).store.load();
  expect(contents.entries[0]!.current!.certificate.id).toBe(stored.certificate.id);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(store.root)).mode & 0o777).toBe(0o700);
  expect(contents.issues[0]!.message).toContain('644');
});

test('folders and files are for the owner only, and the version is written', async () => {
  const dataDir = await temporaryFolder();
  const { store } = open(dataDir);
  const stored = await storedFor(specOf('a.test'));
  await store.probe();
  await store.saveCertificate(stored);
  const folder = specFolder(dataDir, stored.spec);
  for (const path of [store.root, join(folder, '..'), folder]) expect((await stat(path)).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, 'current.json'))).mode & 0o777).toBe(0o600);
  expect(await readFile(join(store.root, 'version'), 'utf8')).toBe('1\n');
  expect((await readdir(store.root)).sort()).toEqual(['ca', 'version']);
});

test('probes at the same time do not disturb each other', async () => {
  const { store } = open(await temporaryFolder());
  const faults = await Promise.all(Array.from({ length: 20 }, () => store.probe()));
  expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
  expect(await store.probe()).toBeUndefined();
  expect(await readdir(store.root)).toEqual(['version']);
});

test('a store of a later release is left alone', async () => {
  const dataDir = await temporaryFolder();
  await mkdir(join(dataDir, 'acme'));
  await writeFile(join(dataDir, 'acme', 'version'), '7\n');
  const { fault, entries } = await open(dataDir).store.load();
  expect(entries).toEqual([]);
  expect(fault).toMatchObject({ code: 'store_version', message: expect.stringContaining('"7"') });
});

test('a data folder that is a file is a fault that says so, for reading and for writing', async () => {
  const dataDir = join(await temporaryFolder(), 'file');
  await writeFile(dataDir, '');
  const { store } = open(dataDir);
  const spec = specOf('a.test');
  expect((await store.load()).fault).toMatchObject({
    code: 'store_unreadable',
    message: expect.stringContaining('ENOTDIR'),
  });
  const faults = [
    await store.probe(),
    await store.saveCertificate(await storedFor(spec)),
    await store.saveAttempt(spec, attempt),
    await store.saveAccount(account),
  ];
  for (const fault of faults) {
    expect(fault).toMatchObject({ code: 'store_unwritable', hint: expect.stringContaining('--data') });
    expect(fault!.message).toMatch(/cannot write .*: E(NOTDIR|EXIST)/);
  }
});

test('a folder in the place of current.json is a fault, and other specs are unhurt', async () => {
  const dataDir = await temporaryFolder();
  const { store } = open(dataDir);
  const [blocked, free] = [await storedFor(specOf('a.test')), await storedFor(specOf('b.test'))];
  await mkdir(join(specFolder(dataDir, blocked.spec), 'current.json', 'x'), { recursive: true });
  expect(await store.saveCertificate(blocked)).toMatchObject({ code: 'store_unwritable' });
  expect(await store.saveCertificate(free)).toBeUndefined();
  await rm(join(specFolder(dataDir, blocked.spec), 'current.json'), { recursive: true });
  expect(await store.saveCertificate(blocked)).toBeUndefined();
});
