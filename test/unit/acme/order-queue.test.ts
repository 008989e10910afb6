import { expect, test } from 'vitest';
import type { CertificateBook } from '../../../src/acme/certificate-book.ts';
import { createOrderQueue, type OrderQueue } from '../../../src/acme/order-queue.ts';
import type { OrderRunner } from '../../../src/acme/order-runner.ts';
import { createSpecs, type Specs } from '../../../src/acme/specs.ts';
import type { CertificateSpec } from '../../../src/certs/certificate-spec.ts';
import { NO_RENEWAL, type RenewalAdvice } from '../../../src/certs/renewal-record.ts';
import type { AttemptRecord, StoredCertificate } from '../../../src/certs/store-records.ts';
import { DEFAULT_DIRECTORY } from '../../../src/config/acme-directories.ts';
import type { AcmeConfig } from '../../../src/config/static-config.ts';
import type { WantedCertificate } from '../../../src/routing/snapshot.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 5, 1);
const CA = 'https://ca.test/dir';
const FALLBACK = 'https://fallback.test/dir';

const wanted = (name: string): WantedCertificate => ({ names: [name], issuer: 'acme', routers: [] });

function certificate(name: string, leftDays: number): StoredCertificate {
  const notAfter = START + leftDays * DAY;
  const dates = { notBefore: notAfter - 90 * DAY, notAfter };
  const spec = { names: [name], directory: CA, profile: undefined, keyType: 'ec256' as const };
  return {
    spec,
    certificate: { id: '00000000', names: [name], keyPem: '', chainPem: '', ...dates, source: 'acme', issuer: '' },
    issuedAt: dates.notBefore,
    accountUrl: '',
    orderUrl: '',
  };
}

function adviceAt(selected: number): RenewalAdvice {
  const window = { start: selected, end: selected + DAY, selected, explanationUrl: undefined };
  return { certificateId: '00000000', ariId: 'a.b', window, askAt: START, isReplaced: false };
}

function failing(waitMs: number): AttemptRecord {
  const error = { type: 'connection', detail: '', hint: '' };
  return {
    failures: 1,
    validations: 1,
    class: 'validation',
    since: START,
    lastAt: START,
    nextAt: START + waitMs,
    error,
  };
}

/** A queue over a book made of two maps, with a runner that only notes what it was given. */
function open(
  facts: {
    certificates?: readonly StoredCertificate[];
    attempts?: Readonly<Record<string, AttemptRecord>>;
    parked?: Readonly<Record<string, number>>;
    directories?: readonly string[];
    running?: readonly string[];
    suggested?: Readonly<Record<string, number>>;
    random?: number;
  } = {},
): {
  readonly queue: OrderQueue;
  readonly specs: Specs;
  readonly started: string[];
  readonly finish: (name: string) => void;
  readonly at: (ms: number) => void;
} {
  let now = START;
  const started: string[] = [];
  const running = new Map<string, string>((facts.running ?? []).map((name) => [name, CA]));
  const book = {
    withName: () => [],
    get: ({ names, directory }: CertificateSpec) => ({
      current: facts.certificates?.find(({ spec }) => spec.names[0] === names[0] && spec.directory === directory),
      attempt: directory === CA ? facts.attempts?.[names[0]!] : undefined,
      pending: undefined,
    }),
    renewal: ({ names }: CertificateSpec) => {
      const at = facts.suggested?.[names[0]!];
      return at === undefined ? NO_RENEWAL : { ...NO_RENEWAL, advice: adviceAt(at) };
    },
    parked: (directory: string) => {
      const until = facts.parked?.[directory];
      return until === undefined ? undefined : { until, detail: '' };
    },
  } as Partial<CertificateBook> as CertificateBook;
  const runner: OrderRunner = {
    isRunning: (names) => running.has(names[0]!),
    count: (directory) => [...running.values()].filter((value) => value === directory).length,
    start: ({ names, directory }, reason) => {
      running.set(names[0]!, directory);
      started.push(`${names[0]} ${reason}${directory === CA ? '' : ' fallback'}`);
    },
    stop: async () => undefined,
  };
  const acme = { directories: facts.directories ?? [CA] } as Partial<AcmeConfig> as AcmeConfig;
  const specs = createSpecs({ book, acme, now: () => now });
  const queue = createOrderQueue({
    book,
    runner,
    specs,
    now: () => now,
    random: () => facts.random ?? 0.5,
    tickMs: 30_000,
    startedAt: START,
  });
  return { queue, specs, started, finish: (name) => void running.delete(name), at: (ms) => void (now = START + ms) };
}

test('a name without a certificate is ordered at once, one that runs is not', () => {
  const { queue, started } = open({ running: ['busy.test'] });
  expect(queue.startDue([wanted('new.test'), wanted('busy.test')])).toBeUndefined();
  expect(started).toEqual(['new.test missing']);
});

test('a certificate with time left is let be until it is due', () => {
  const { queue, started, at } = open({ certificates: [certificate('a.test', 31)] });
  queue.startDue([wanted('a.test')]);
  expect(started).toEqual([]);
  at(DAY + 1);
  queue.startDue([wanted('a.test')]);
  expect(started).toEqual(['a.test due']);
});

test('the time its CA suggests goes before the one of its dates, earlier or later, and is not spread', () => {
  const { queue, started, at } = open({
    certificates: [certificate('soon.test', 80), certificate('later.test', 31)],
    suggested: { 'soon.test': START - HOUR, 'later.test': START + 20 * DAY },
  });
  queue.startDue([wanted('soon.test'), wanted('later.test')]);
  expect(started).toEqual(['soon.test ari']);
  at(2 * DAY);
  queue.startDue([wanted('later.test')]);
  expect(started).toEqual(['soon.test ari']);
  at(20 * DAY);
  queue.startDue([wanted('later.test')]);
  expect(started).toEqual(['soon.test ari', 'later.test ari']);
});

test('what was due when the router started is spread over an hour', () => {
  const { queue, started, at } = open({ certificates: [certificate('a.test', 20)], random: 0.5 });
  queue.startDue([wanted('a.test')]);
  at(HOUR / 2 - 1);
  queue.startDue([wanted('a.test')]);
  expect(started).toEqual([]);
  at(HOUR / 2);
  queue.startDue([wanted('a.test')]);
  expect(started).toEqual(['a.test due']);
});

test('what is nearly expired or expired is not spread', () => {
  const { queue, started } = open({
    certificates: [certificate('late.test', 2), certificate('gone.test', -2)],
    random: 0.99,
  });
  queue.startDue([wanted('late.test'), wanted('gone.test')]);
  expect(started).toEqual(['gone.test expired', 'late.test emergency']);
});

test('a record of failures holds an order back until its time', () => {
  const { queue, specs, started, at } = open({ attempts: { 'a.test': failing(HOUR) } });
  queue.startDue([wanted('a.test'), wanted('b.test')]);
  expect(started).toEqual(['b.test missing']);
  at(HOUR);
  queue.startDue([wanted('a.test')]);
  expect(started).toEqual(['b.test missing', 'a.test missing']);
  expect(specs.latestAttempt(['a.test'])?.nextAt).toBe(START + HOUR);
  expect(specs.latestAttempt(['b.test'])).toBeUndefined();
});

test("with little time left, a day's wait for the user is cut to an hour", () => {
  const facts = { certificates: [certificate('a.test', 2)], attempts: { 'a.test': failing(DAY) } };
  const { queue, started, at } = open(facts);
  at(HOUR - 1);
  queue.startDue([wanted('a.test')]);
  expect(started).toEqual([]);
  at(HOUR);
  queue.startDue([wanted('a.test')]);
  expect(started).toEqual(['a.test emergency']);
});

test('a limit of the CA holds every name back, unless there is another', () => {
  const parked = { [CA]: START + 2 * HOUR };
  const alone = open({ parked });
  alone.queue.startDue([wanted('a.test')]);
  expect(alone.started).toEqual([]);
  const two = open({ parked, directories: [CA, FALLBACK] });
  two.queue.startDue([wanted('a.test')]);
  expect(two.started).toEqual(['a.test missing fallback']);
});

test('five at a time for a CA; the end of one makes room', () => {
  const { queue, started, finish } = open();
  const list = Array.from({ length: 8 }, (_, index) => wanted(`n${index}.test`));
  queue.startDue(list);
  expect(started).toHaveLength(5);
  finish('n2.test');
  queue.startDue(list.filter(({ names }) => names[0] !== 'n2.test'));
  expect(started).toHaveLength(6);
});

test.for([
  { ca: 'a public CA', directory: DEFAULT_DIRECTORY, atOnce: 10 },
  { ca: 'a CA of our own', directory: CA, atOnce: 20 },
])('$atOnce at once at $ca, then one every two seconds, and it says that more wait', ({ directory, atOnce }) => {
  const { queue, started, finish, at } = open({ directories: [directory] });
  const list = Array.from({ length: 30 }, (_, index) => wanted(`n${index}.test`));
  const done = new Set<string>();
  const round = (): number | undefined => {
    const nextMs = queue.startDue(list.filter(({ names }) => !done.has(names[0]!)));
    for (const entry of started) {
      const name = entry.split(' ')[0]!;
      finish(name);
      done.add(name);
    }
    return nextMs;
  };
  for (let count = 5; count <= atOnce; count += 5) {
    expect(round()).toBeUndefined();
    expect(started).toHaveLength(count);
  }
  expect(round()).toBe(2000);
  expect(started).toHaveLength(atOnce);
  at(2000);
  expect(round()).toBe(2000);
  expect(started).toHaveLength(atOnce + 1);
  at(12_000);
  round();
  round();
  expect(started).toHaveLength(atOnce + 6);
});

test('what comes due before the next tick is told of', () => {
  const isDueIn = (ms: number): StoredCertificate => {
    const stored = certificate('a.test', 30);
    const notAfter = stored.certificate.notAfter + ms;
    return { ...stored, certificate: { ...stored.certificate, notAfter, notBefore: notAfter - 90 * DAY } };
  };
  const nextOf = (facts: Parameters<typeof open>[0]): number | undefined =>
    open(facts).queue.startDue([wanted('a.test')]);
  expect(nextOf({ certificates: [isDueIn(12_000)] })).toBe(12_000);
  expect(nextOf({ certificates: [isDueIn(30_000)] })).toBeUndefined();
  expect(nextOf({ attempts: { 'a.test': failing(7000) } })).toBe(7000);
  expect(nextOf({ attempts: { 'a.test': failing(HOUR) } })).toBeUndefined();
  expect(nextOf({ parked: { [CA]: START + 9000 } })).toBe(9000);
});

test('what somebody asks for is first, though not due, and within the same limits', () => {
  const certificates = Array.from({ length: 7 }, (_, index) => certificate(`n${index}.test`, 80));
  const { queue, started, finish } = open({ certificates });
  for (const { spec } of certificates) queue.ask(wanted(spec.names[0]!));
  queue.startDue([wanted('new.test')]);
  expect(started).toEqual(['n0.test', 'n1.test', 'n2.test', 'n3.test', 'n4.test'].map((name) => `${name} asked`));
  finish('n0.test');
  finish('n1.test');
  queue.startDue([wanted('new.test')]);
  expect(started.slice(5)).toEqual(['n5.test asked', 'n6.test asked']);
  finish('n2.test');
  queue.startDue([wanted('new.test')]);
  expect(started.slice(7)).toEqual(['new.test missing']);
});

test('what somebody asks for while the CA takes nothing is not kept for later', () => {
  const { queue, started, at } = open({ certificates: [certificate('a.test', 80)], parked: { [CA]: START + HOUR } });
  queue.ask(wanted('a.test'));
  queue.startDue([]);
  at(2 * HOUR);
  queue.startDue([]);
  expect(started).toEqual([]);
});

test('each CA has limits of its own', () => {
  const attempts = {
    'n.test': { ...failing(DAY), class: 'config' as const, error: { type: 'caa', detail: '', hint: '' } },
  };
  const { queue, started, finish } = open({ attempts, directories: [CA, FALLBACK] });
  for (let count = 0; count < 21; count++) {
    queue.startDue([wanted(`m${count}.test`)]);
    finish(`m${count}.test`);
  }
  expect(started).toHaveLength(20);
  queue.startDue([wanted('n.test')]);
  expect(started.slice(20)).toEqual(['n.test missing fallback']);
});
