import { expect, test } from 'vitest';
import { createCertificateBook, type CertificateBook } from '../../../src/acme/certificate-book.ts';
import type { CertificateSpec } from '../../../src/certs/certificate-spec.ts';
import type { StoreContents } from '../../../src/certs/store-load.ts';
import type { StoreFault } from '../../../src/certs/store-fault.ts';
import type { AttemptRecord, PendingOrder, StoredCertificate } from '../../../src/certs/store-records.ts';
import { storePath, type CertificateStore } from '../../../src/certs/store.ts';
import { collectLogger } from '../../support/collect-logger.ts';

const spec: CertificateSpec = {
  names: ['a.test'],
  directory: 'https://ca.test/dir',
  profile: undefined,
  keyType: 'ec256',
};
const FULL: StoreFault = { code: 'store_unwritable', message: 'disk full', hint: 'free space' };
const attempt: AttemptRecord = {
  failures: 1,
  validations: 0,
  class: 'transient',
  since: 0,
  lastAt: 0,
  nextAt: 1,
  error: { type: '', detail: '', hint: '' },
};
const pending: PendingOrder = { orderUrl: 'o', accountUrl: 'a', keyPem: 'k', createdAt: 0 };

function stored(id: string): StoredCertificate {
  const dates = { notBefore: 0, notAfter: 1 };
  const certificate = {
    id,
    names: ['a.test'],
    keyPem: '',
    chainPem: '',
    ...dates,
    source: 'acme',
    issuer: '',
  } as const;
  return { spec, certificate, issuedAt: 0, accountUrl: '', orderUrl: '' };
}

/** A store whose disk a test can break; it notes what was written. */
function brokenStore(contents: Partial<StoreContents & { fault: StoreFault | undefined }> = {}): {
  readonly store: CertificateStore;
  readonly writes: string[];
  found: StoredCertificate[];
  fault: StoreFault | undefined;
  loadFault: StoreFault | undefined;
} {
  const writes: string[] = [];
  const write = async (what: string): Promise<StoreFault | undefined> => {
    if (state.fault === undefined) writes.push(what);
    return state.fault;
  };
  const nothing = { entries: [], accounts: new Map(), parked: new Map(), issues: [] };
  const state = {
    writes,
    /** What another process has put there. */
    found: [] as StoredCertificate[],
    fault: undefined as StoreFault | undefined,
    loadFault: undefined as StoreFault | undefined,
    store: {
      root: '/nowhere',
      load: async () => ({ ...nothing, ...contents, fault: state.loadFault }),
      saveCertificate: ({ certificate }: StoredCertificate) => write(`certificate ${certificate.id}`),
      readCertificate: async () => state.found[0],
      readAttempt: async () => undefined,
      changes: async () => state.found,
      lock: async () => undefined,
      saveAttempt: (_: CertificateSpec, record: unknown) => write(record === undefined ? 'no attempt' : 'attempt'),
      savePending: (_: CertificateSpec, record: unknown) => write(record === undefined ? 'no pending' : 'pending'),
      saveRenewal: () => write('renewal'),
      removeSpec: () => write('removed'),
      saveAccount: () => write('account'),
      saveNextKey: () => write('next key'),
      readNextKey: async () => undefined,
      saveParked: () => write('parked'),
      probe: () => write('probe'),
    },
  };
  return state;
}

function open(disk: ReturnType<typeof brokenStore>): { book: CertificateBook; messages: () => readonly string[] } {
  const { logger, lines } = collectLogger();
  return {
    book: createCertificateBook({ store: disk.store, logger }),
    messages: () => lines.map(({ message }) => message),
  };
}

const FAILS = 'certificate store fails, going on from memory';
const WORKS = 'certificate store works again';

test('what was loaded is there', async () => {
  const entry = { path: storePath(spec), names: spec.names, current: stored('one'), attempt, pending };
  const disk = brokenStore({ entries: [entry], parked: new Map([['ca.test-dir', { until: 9, detail: 'limit' }]]) });
  const { book } = open(disk);
  expect(book.canOrder()).toBe(false);
  await book.load();
  expect(book.canOrder()).toBe(true);
  expect(book.get(spec)).toEqual({ current: stored('one'), attempt, pending, path: undefined, names: undefined });
  expect(book.get({ ...spec })).toMatchObject({ attempt });
  expect(book.parked(spec.directory)).toEqual({ until: 9, detail: 'limit' });
  expect(book.certificates()).toEqual([stored('one')]);
});

test('a certificate is written first, and only then its pending order and its failures go', async () => {
  const disk = brokenStore();
  const { book } = open(disk);
  await book.putPending(spec, pending);
  await book.putAttempt(spec, attempt);
  await book.putCertificate(stored('one'));
  expect(disk.writes).toEqual(['pending', 'attempt', 'certificate one', 'no pending', 'no attempt']);
  expect(book.get(spec)).toMatchObject({ attempt: undefined, pending: undefined });
});

test('a certificate that cannot be written is in the book, its pending order stays on disk, and it is written later', async () => {
  const disk = brokenStore();
  const { book, messages } = open(disk);
  await book.putPending(spec, pending);
  disk.fault = FULL;
  await book.putCertificate(stored('one'));
  expect(book.get(spec).current?.certificate.id).toBe('one');
  expect(book.fault()).toBe(FULL);
  await book.putAttempt(spec, attempt);
  await book.load();
  await book.retry();
  expect(disk.writes).toEqual(['pending']);
  expect(messages()).toEqual([FAILS]);
  disk.fault = undefined;
  await book.retry();
  expect(disk.writes).toEqual(['pending', 'certificate one', 'no pending', 'no attempt']);
  expect(book.fault()).toBeUndefined();
  expect(messages()).toEqual([FAILS, WORKS]);
  await book.retry();
  expect(disk.writes).toHaveLength(4);
});

test('of two certificates that could not be written for one spec the newer is', async () => {
  const disk = brokenStore();
  const { book } = open(disk);
  await book.load();
  disk.fault = FULL;
  await book.putCertificate(stored('old'));
  await book.putCertificate(stored('new'));
  disk.fault = undefined;
  await book.retry();
  expect(disk.writes.filter((entry) => entry.startsWith('certificate'))).toEqual(['certificate new']);
});

test('a fault of a small write ends with the next that works', async () => {
  const disk = brokenStore();
  const { book } = open(disk);
  disk.fault = FULL;
  await book.putAttempt(spec, attempt);
  expect(book.fault()).toBe(FULL);
  disk.fault = undefined;
  await book.putAttempt(spec, attempt);
  expect(book.fault()).toBeUndefined();
});

test('an order is told when its record could not be kept', async () => {
  const disk = brokenStore();
  const { book } = open(disk);
  expect(await book.putPending(spec, pending)).toBeUndefined();
  disk.fault = FULL;
  expect(await book.putPending(spec, pending)).toBe(FULL);
});

test('a store that cannot be read allows no orders until it can', async () => {
  const disk = brokenStore({
    entries: [{ path: storePath(spec), names: [], current: stored('one'), attempt: undefined, pending: undefined }],
  });
  const { book, messages } = open(disk);
  disk.loadFault = { ...FULL, code: 'store_unreadable' };
  await book.load();
  await book.retry();
  expect([book.canOrder(), book.certificates().length]).toEqual([false, 0]);
  disk.loadFault = undefined;
  await book.retry();
  expect([book.canOrder(), book.certificates().length]).toEqual([true, 1]);
  expect(messages()).toEqual([FAILS, WORKS]);
});

test('a limit of a CA is kept by directory', async () => {
  const disk = brokenStore();
  const { book } = open(disk);
  await book.park(spec.directory, { until: 5, detail: 'limit' });
  expect(book.parked(spec.directory)?.until).toBe(5);
  expect(book.parked('https://other.test/dir')).toBeUndefined();
  expect(disk.writes).toEqual(['parked']);
});

test.for([
  {
    name: 'the same order',
    orderUrl: 'o',
    issuedAt: 1,
    expected: { attempt: undefined, pending: undefined },
    writes: ['no pending'],
  },
  { name: 'an earlier order', orderUrl: 'earlier', issuedAt: 0, expected: { attempt, pending }, writes: [] },
])('what a crash left of $name beside a certificate', async ({ orderUrl, issuedAt, expected, writes }) => {
  const current = { ...stored('1'), orderUrl, issuedAt };
  const disk = brokenStore({ entries: [{ path: storePath(spec), names: ['a.test'], current, attempt, pending }] });
  const { book } = open(disk);
  await book.load();
  expect(book.get(spec)).toEqual({ current, ...expected });
  expect(disk.writes).toEqual(writes);
});

test('what another process obtained is taken in if it is newer, and ends our own failures', async () => {
  const entry = { path: storePath(spec), names: spec.names, current: stored('ours'), attempt, pending };
  const disk = brokenStore({ entries: [entry] });
  const { book } = open(disk);
  await book.load();
  const at = (notBefore: number): StoredCertificate => {
    const one = stored(`at ${notBefore}`);
    return { ...one, certificate: { ...one.certificate, notBefore } };
  };
  const { notBefore } = stored('ours').certificate;
  for (const find of [() => book.takeIn(), () => book.takeInOne(spec)]) {
    disk.found = [at(notBefore)];
    expect(await find()).toBe(false);
    expect(book.get(spec)).toMatchObject({ attempt, pending });
  }
  disk.found = [{ ...at(notBefore), issuedAt: stored('ours').issuedAt + 1 }];
  expect(await book.takeIn()).toBe(true);
  disk.found = [at(notBefore + 1)];
  expect(await book.takeIn()).toBe(true);
  expect(book.get(spec)).toMatchObject({ current: at(notBefore + 1), attempt: undefined, pending: undefined });
  disk.found = [at(notBefore + 2)];
  expect(await book.takeInOne(spec)).toBe(true);
  expect([book.certificates(), disk.writes]).toEqual([[at(notBefore + 2)], []]);
});
