import { expect, test } from 'vitest';
import { createCertificateBook, type CertificateBook } from '../../../src/acme/certificate-book.ts';
import { createUnusedCertificates, type UnusedCertificates } from '../../../src/acme/unused-certificates.ts';
import { NO_RENEWAL, type RenewalRecord } from '../../../src/certs/renewal-record.ts';
import type { StoredCertificate } from '../../../src/certs/store-records.ts';
import { parseCertificate } from '../../../src/certs/parse-certificate.ts';
import { createCertificateStore } from '../../../src/certs/store.ts';
import { wantedFor } from '../../support/certificate-bench.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { createTestCa, issueCertificate } from '../../support/issue-certificate.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 5, 1);
const CA = 'https://ca.test/dir';

interface Bench {
  readonly book: CertificateBook;
  readonly unused: UnusedCertificates;
  readonly messages: () => readonly string[];
  readonly at: (time: number) => void;
  /** What a restart finds. */
  readonly onDisk: () => Promise<
    readonly { readonly names: readonly string[]; readonly unusedSince: number | undefined }[]
  >;
}

/** A store with one certificate that ends so many days after the start. */
async function open(leftDays: number, directory = CA): Promise<Bench> {
  let now = START;
  const { logger, lines } = collectLogger();
  const store = createCertificateStore({ dataDir: await temporaryFolder(), now: () => now, logger });
  const book = createCertificateBook({ store, logger });
  await book.load();
  const notAfter = START + leftDays * DAY;
  const dates = { notBefore: notAfter - 90 * DAY, notAfter };
  const pair = await issueCertificate(await createTestCa(), { names: ['a.test'], ...dates });
  await book.putCertificate({
    spec: { names: ['a.test'], directory, profile: undefined, keyType: 'ec256' },
    certificate: parseCertificate(pair.chainPem, pair.keyPem, 'acme'),
    issuedAt: dates.notBefore,
    accountUrl: 'a',
    orderUrl: 'o',
  });
  return {
    book,
    unused: createUnusedCertificates({ book, directories: [CA], now: () => now, logger }),
    messages: () => lines.map(({ message }) => message),
    at: (time) => void (now = time),
    onDisk: async () => {
      const { entries } = await store.load();
      return entries.map(({ names, renewal }) => ({ names, unusedSince: renewal?.unusedSince }));
    },
  };
}

test('a wanted certificate is not written about', async () => {
  const { unused, onDisk } = await open(60);
  await unused.review([wantedFor('a.test')]);
  expect(await onDisk()).toEqual([{ names: ['a.test'], unusedSince: undefined }]);
  expect(unused.inGrace([wantedFor('a.test')])).toEqual([]);
});

test('one that nobody wants is noted on disk, and renewed for a day as if it were wanted', async () => {
  const { unused, at, onDisk } = await open(60);
  await unused.review([]);
  expect(await onDisk()).toEqual([{ names: ['a.test'], unusedSince: START }]);
  at(START + DAY - 1);
  await unused.review([]);
  expect(unused.inGrace([])).toEqual([{ names: ['a.test'], issuer: 'acme', routers: [] }]);
  at(START + DAY);
  expect(unused.inGrace([])).toEqual([]);
  expect(await onDisk()).toEqual([{ names: ['a.test'], unusedSince: START }]);
});

test('one that is wanted again counts from the beginning the next time', async () => {
  const { unused, at, onDisk } = await open(60);
  await unused.review([]);
  at(START + 3 * DAY);
  await unused.review([wantedFor('a.test')]);
  expect(await onDisk()).toEqual([{ names: ['a.test'], unusedSince: undefined }]);
  await unused.review([]);
  expect(await onDisk()).toEqual([{ names: ['a.test'], unusedSince: START + 3 * DAY }]);
});

test('an expired one, and one of a CA that is not in use, get no grace', async () => {
  const expired = await open(-1);
  await expired.unused.review([]);
  expect(expired.unused.inGrace([])).toEqual([]);
  const foreign = await open(60, 'https://former.test/dir');
  await foreign.unused.review([]);
  expect(foreign.unused.inGrace([])).toEqual([]);
});

test('it goes thirty days after its end, and not when it is wanted', async () => {
  const { book, unused, at, onDisk, messages } = await open(2);
  await unused.review([]);
  at(START + 32 * DAY);
  await unused.review([]);
  expect(book.certificates()).toHaveLength(1);
  at(START + 32 * DAY + 1);
  await unused.review([wantedFor('a.test')]);
  await unused.review([]);
  expect(await onDisk()).toHaveLength(1);
  at(START + 34 * DAY);
  await unused.review([]);
  expect([book.certificates(), await onDisk()]).toEqual([[], []]);
  expect(messages()).toEqual(['unused certificate removed']);
});

test('of ten thousand unused ones some are noted in each review: each is a write to the disk', async () => {
  const noted = new Map<string, Partial<RenewalRecord>>();
  const certificates = Array.from({ length: 1000 }, (_, index) => {
    const spec = { names: [`n${index}.test`], directory: CA, profile: undefined, keyType: 'ec256' as const };
    return { spec, certificate: { notAfter: START + 60 * DAY } } as unknown as StoredCertificate;
  });
  const book = {
    certificates: () => certificates,
    renewal: ({ names }) => ({ ...NO_RENEWAL, ...noted.get(names[0]!) }),
    putRenewal: async ({ names }, change) => void noted.set(names[0]!, change),
  } as Partial<CertificateBook> as CertificateBook;
  const { logger } = collectLogger();
  const unused = createUnusedCertificates({ book, directories: [CA], now: () => START, logger });
  for (const count of [400, 800, 1000, 1000]) {
    await unused.review([]);
    expect(noted.size).toBe(count);
  }
});

test('one that is unused since a time to come, by a wrong clock, counts from now', async () => {
  const { unused, at, onDisk } = await open(60);
  at(START + 100 * DAY);
  await unused.review([]);
  at(START);
  await unused.review([]);
  expect(await onDisk()).toEqual([{ names: ['a.test'], unusedSince: START }]);
});
