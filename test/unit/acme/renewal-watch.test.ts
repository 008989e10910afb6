import { expect, test } from 'vitest';
import { AcmeProblem, AcmeTransportError } from '../../../src/acme/acme-error.ts';
import type { CaSession, RenewalAnswer } from '../../../src/acme/ca-session.ts';
import type { CertificateBook } from '../../../src/acme/certificate-book.ts';
import { createRenewalWatch, type RenewalWatch } from '../../../src/acme/renewal-watch.ts';
import type { RenewalAdvice, RenewalRecord } from '../../../src/certs/renewal-record.ts';
import { NO_RENEWAL } from '../../../src/certs/renewal-record.ts';
import type { StoredCertificate } from '../../../src/certs/store-records.ts';
import { collectLogger } from '../../support/collect-logger.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 5, 1);
const CA = 'https://ca.test/dir';
const OTHER = 'https://other.test/dir';

function stored(name: string, issuedAt = NOW - DAY, directory = CA): StoredCertificate {
  const dates = { notBefore: NOW - DAY, notAfter: NOW + 89 * DAY };
  return {
    spec: { names: [name], directory, profile: undefined, keyType: 'ec256' },
    certificate: { id: name, names: [name], keyPem: '', chainPem: '', ...dates, source: 'acme', issuer: '' },
    issuedAt,
    accountUrl: '',
    orderUrl: '',
  };
}

interface Question {
  readonly name: string;
  readonly directory: string;
  readonly answer: (answer: RenewalAnswer) => void;
  readonly fail: (cause: Error) => void;
}

/** A watch whose questions are answered by the test. */
function open(askAt = NOW): {
  readonly watch: RenewalWatch;
  readonly asked: readonly Question[];
  readonly names: () => readonly string[];
  readonly at: (ms: number) => void;
} {
  let now = NOW;
  const asked: Question[] = [];
  const records = new Map<string, RenewalRecord>();
  const current = new Map<string, StoredCertificate>();
  const adviceOf = (id: string): RenewalAdvice => ({
    certificateId: id,
    ariId: id,
    window: undefined,
    askAt,
    isReplaced: false,
  });
  const book = {
    get: ({ names }) => ({ current: current.get(names[0]!), attempt: undefined, pending: undefined }),
    renewal: ({ names }) => records.get(names[0]!) ?? { ...NO_RENEWAL, advice: adviceOf(names[0]!) },
    putRenewal: async ({ names }, change) => void records.set(names[0]!, { ...NO_RENEWAL, ...change }),
  } as Partial<CertificateBook> as CertificateBook;
  const sessionOf = (directory: string): CaSession =>
    ({
      directory: async () => ({ renewalInfo: `${directory}/ari` }),
      renewalInfo: (name: string) => {
        const { promise, resolve, reject } = Promise.withResolvers<RenewalAnswer>();
        asked.push({ name, directory, answer: resolve, fail: reject });
        return promise;
      },
    }) as unknown as CaSession;
  const watch = createRenewalWatch({
    book,
    sessionOf,
    now: () => now,
    random: () => 0.5,
    logger: collectLogger().logger,
    onChange: () => undefined,
  });
  return {
    watch: {
      ...watch,
      ask: (list) => {
        for (const one of list) current.set(one.spec.names[0]!, one);
        watch.ask(list);
      },
    },
    asked,
    names: () => asked.map(({ name }) => name),
    at: (ms) => void (now = NOW + ms),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
const NOTHING: RenewalAnswer = { data: undefined, retryAt: undefined };

test('two at once for a CA, and a new certificate does not wait for the end of a round', async () => {
  const { watch, asked, names } = open();
  const old = Array.from({ length: 10 }, (_, index) => stored(`n${index}.test`));
  watch.ask(old);
  await turn();
  expect(asked).toHaveLength(2);
  watch.ask([...old, stored('new.test', NOW)]);
  await turn();
  expect(asked).toHaveLength(2);
  asked[0]!.answer(NOTHING);
  await turn();
  expect(names().slice(2)).toEqual(['new.test']);
});

test('each is asked about once, however often the watch is called meanwhile', async () => {
  const { watch, asked, names } = open();
  const list = Array.from({ length: 5 }, (_, index) => stored(`n${index}.test`));
  for (let index = 0; index < 5; index++) {
    watch.ask(list);
    await turn();
    asked.at(index)!.answer(NOTHING);
    await turn();
  }
  watch.ask(list);
  await turn();
  expect(names().toSorted()).toEqual(['n0.test', 'n1.test', 'n2.test', 'n3.test', 'n4.test']);
});

test('a CA that hangs holds up no other', async () => {
  const { watch, asked } = open();
  const list = Array.from({ length: 10 }, (_, index) => stored(`n${index}.test`));
  watch.ask([...list, stored('other.test', NOW - DAY, OTHER)]);
  await turn();
  expect(asked.filter(({ directory }) => directory === OTHER)).toHaveLength(1);
});

test.for([
  {
    name: 'a limit, until it is over',
    cause: new AcmeProblem({ type: 'rateLimited', status: 429, detail: '', url: '', retryAt: NOW + HOUR }),
    silentMs: HOUR,
  },
  {
    name: 'an error of the server, for a minute',
    cause: new AcmeProblem({ type: '', status: 503, detail: '', url: '' }),
    silentMs: MINUTE,
  },
  { name: 'no answer, for a minute', cause: new AcmeTransportError('timeout', '', ''), silentMs: MINUTE },
])('$name: the other certificates are not asked about', async ({ cause, silentMs }) => {
  const { watch, asked, at } = open();
  const list = Array.from({ length: 10 }, (_, index) => stored(`n${index}.test`));
  watch.ask(list);
  await turn();
  for (const question of [...asked]) question.fail(cause);
  await turn();
  at(silentMs - 1);
  watch.ask(list);
  await turn();
  expect(asked).toHaveLength(2);
  at(silentMs);
  watch.ask(list);
  await turn();
  expect(asked).toHaveLength(4);
});

test('one that the CA does not know silences nothing', async () => {
  const { watch, asked } = open();
  watch.ask([stored('a.test'), stored('b.test'), stored('c.test')]);
  await turn();
  asked[0]!.fail(new AcmeProblem({ type: 'malformed', status: 404, detail: '', url: '' }));
  await turn();
  expect(asked).toHaveLength(3);
});

test('a time to ask that a wrong clock put years ahead is none', async () => {
  const far = open(NOW + 365 * DAY);
  far.watch.ask([stored('a.test')]);
  const near = open(NOW + DAY);
  near.watch.ask([stored('a.test')]);
  await turn();
  expect([far.names(), near.names()]).toEqual([['a.test'], []]);
});

test('after stop nothing is asked any more', async () => {
  const { watch, asked } = open();
  watch.ask(Array.from({ length: 10 }, (_, index) => stored(`n${index}.test`)));
  await turn();
  const stopped = watch.stop();
  for (const question of [...asked]) question.fail(new AcmeTransportError('stopped', '', ''));
  await stopped;
  watch.ask([stored('later.test')]);
  await turn();
  expect(asked).toHaveLength(2);
});
