import { setTimeout as delay } from 'node:timers/promises';
import type { CertificateSpec } from '../certs/certificate-spec.ts';
import type { StoredCertificate } from '../certs/store-records.ts';
import type { StoreLock } from '../certs/store-lock.ts';
import type { CertificateStore } from '../certs/store.ts';
import type { ChallengeType, TestDirectory } from '../config/static-config.ts';
import type { Logger } from '../observe/logger.ts';
import { OrderError } from './acme-error.ts';
import type { AcmeCounters } from './acme-counters.ts';
import type { CaSession } from './ca-session.ts';
import type { CertificateBook } from './certificate-book.ts';
import type { ChallengeDesk } from './challenge.ts';
import { classifyFailure, type Failure } from './failure.ts';
import { obtainCertificate, type OrderDeps } from './order.ts';
import type { NameChecks } from './name-checks.ts';
import type { RenewalReason } from './plan.ts';
import { predecessorOf } from './predecessor.ts';
import { noteRefused } from './refused-members.ts';
import { recordFailure, type Validity } from './schedule.ts';
import { nextProbe } from './staging-probe.ts';

/** How long another process is left alone with its order before it is looked at again. */
const OTHER_MS = 10_000;

export interface AttemptParts {
  readonly book: CertificateBook;
  readonly store: CertificateStore;
  readonly sessionOf: (directory: string) => CaSession;
  readonly desk: ChallengeDesk;
  /** In order of preference. */
  readonly challengeTypes: readonly ChallengeType[];
  /** Where a set-up is proved after a failure. */
  readonly testDirectory: TestDirectory | undefined;
  readonly counters: AcmeCounters;
  readonly checks: NameChecks;
  readonly now: () => number;
  readonly random: () => number;
  readonly logger: Logger;
}

/** One attempt at a certificate. */
export interface Attempt {
  readonly spec: CertificateSpec;
  readonly reason: RenewalReason;
  /** The certificate that serves meanwhile. */
  readonly current: Validity | undefined;
  readonly signal: AbortSignal;
}

/** A failure, and where it happened. */
interface Outcome {
  readonly failure: Failure;
  readonly isProbe: boolean;
  readonly wasProbed: boolean;
  /** Names that could not be proved. */
  readonly unproved: ReadonlySet<string>;
}

/**
 * Orders a certificate and puts it into the book, or else the failure; never rejects. With `isGivenUp` nothing is noted: a
 * router that stops is nobody's failure.
 */
export async function runAttempt(attempt: Attempt, parts: AttemptParts, isGivenUp: () => boolean): Promise<void> {
  const unproved = new Set<string>();
  let isProbe = false;
  let wasProbed = false;
  let lock: StoreLock | undefined;
  try {
    await checkStore(parts);
    lock = await parts.store.lock(attempt.spec);
    if (lock === undefined) return await waitForOther(attempt, parts);
    if (await parts.book.takeInOne(attempt.spec)) return;
    await parts.checks.before(attempt.spec.names, attempt.current === undefined);
    isProbe = shallProbe(attempt, parts);
    if (isProbe) {
      await probe(attempt, parts, unproved);
      unproved.clear();
      isProbe = false;
      wasProbed = true;
    }
    await obtain(attempt, parts, unproved);
  } catch (cause) {
    if (isGivenUp()) return;
    const failure = classifyFailure(attempt.signal.aborted ? attempt.signal.reason : cause);
    await noteFailure(attempt, { failure, isProbe, wasProbed, unproved }, parts);
  } finally {
    void lock?.release();
  }
}

/** Another process orders this certificate at this moment: what it gets is ours as well. */
async function waitForOther({ spec, signal }: Attempt, { book, logger }: AttemptParts): Promise<void> {
  logger.info({ names: spec.names }, 'another process orders this certificate');
  await delay(OTHER_MS, undefined, { signal });
  await book.takeInOne(spec);
}

async function checkStore({ store }: AttemptParts): Promise<void> {
  const fault = await store.probe();
  if (fault !== undefined) throw new OrderError('store', `${fault.message}; ${fault.hint}`);
}

function shallProbe({ spec }: Attempt, { book, testDirectory }: AttemptParts): boolean {
  return testDirectory?.of === spec.directory && book.get(spec).attempt?.probe?.next === 'test';
}

/** Rejects when the test CA finds fault with the set-up. That it cannot be asked, or will not answer, holds nothing up. */
async function probe(attempt: Attempt, parts: AttemptParts, unproved: Set<string>): Promise<void> {
  const { logger } = parts;
  const spec = { ...attempt.spec, directory: parts.testDirectory!.url };
  const facts = { names: spec.names, directory: spec.directory };
  const forget = async (): Promise<undefined> => undefined;
  try {
    logger.info(facts, 'proving the set-up at the test CA');
    const deps = { ...depsOf(spec, attempt, parts, unproved), predecessor: undefined, savePending: forget };
    await obtainCertificate(spec, undefined, deps);
    logger.info(facts, 'the set-up works at the test CA');
  } catch (cause) {
    const { class: kind, detail } = classifyFailure(cause);
    if (attempt.signal.aborted || kind === 'validation') throw cause;
    logger.info({ ...facts, reason: detail }, 'the test CA could not be asked');
  }
}

async function obtain(attempt: Attempt, parts: AttemptParts, unproved: Set<string>): Promise<void> {
  const { spec, reason } = attempt;
  const { book, logger, now } = parts;
  const facts = { names: spec.names, directory: spec.directory };
  logger.info({ event: 'cert.obtaining', ...facts, reason }, 'obtaining certificate');
  const startedAt = now();
  const stored = await obtainCertificate(spec, book.get(spec).pending, depsOf(spec, attempt, parts, unproved));
  const tookMs = now() - startedAt;
  parts.counters.obtained(spec.directory, tookMs);
  await keep(stored, book);
  const { notAfter, issuer } = stored.certificate;
  const isRenewal = attempt.current !== undefined;
  const result = { issuer, notAfter: new Date(notAfter).toISOString(), renewal: isRenewal, tookMs };
  logger.info({ event: 'cert.obtained', ...facts, ...result }, 'certificate obtained');
}

async function keep(stored: StoredCertificate, book: CertificateBook): Promise<void> {
  await book.putCertificate(stored);
  if (Object.keys(book.renewal(stored.spec).refused).length > 0) await book.putRenewal(stored.spec, { refused: {} });
}

function depsOf(
  spec: CertificateSpec,
  { signal, spec: wanted }: Attempt,
  parts: AttemptParts,
  unproved: Set<string>,
): OrderDeps {
  const { book, now, random } = parts;
  return {
    session: parts.sessionOf(spec.directory),
    desk: parts.desk,
    choice: { types: parts.challengeTypes, turn: book.get(wanted).attempt?.validations ?? 0 },
    clock: { now, random, sleep: (ms) => delay(ms, undefined, { signal }), signal },
    logger: parts.logger,
    predecessor: predecessorOf(spec, book, now),
    savePending: (pending) => book.putPending(spec, pending),
    onUnproved: (name) => void unproved.add(name),
  };
}

async function noteFailure(attempt: Attempt, outcome: Outcome, parts: AttemptParts): Promise<void> {
  const { spec, reason, current } = attempt;
  const { book, now, random, logger, testDirectory } = parts;
  const { failure, isProbe } = outcome;
  const directory = isProbe ? testDirectory!.url : spec.directory;
  parts.counters.failed(directory, failure.class);
  const before = book.get(spec).attempt;
  const context = { now: now(), random: random(), current };
  const record = recordFailure(before, failure, context);
  const next = testDirectory?.of === spec.directory ? nextProbe(before?.probe, failure, outcome) : undefined;
  await book.putAttempt(spec, next === undefined ? record : { ...record, probe: next });
  if (failure.scope === 'ca' && !isProbe) {
    await book.park(spec.directory, { until: record.nextAt, detail: failure.detail });
  }
  await noteMembers(spec, outcome, context, book);
  const facts = {
    event: 'cert.failed',
    names: spec.names,
    directory,
    class: failure.class,
    type: failure.type,
    reason: failure.detail,
    hint: failure.hint,
    attempt: record.failures,
    nextAttempt: new Date(record.nextAt).toISOString(),
  };
  if (reason === 'expired' || reason === 'emergency') logger.error(facts, 'certificate not obtained');
  else logger.warn(facts, 'certificate not obtained');
  parts.checks.after(spec);
}

/** A name the CA rejects is not asked for again at once just because it is ordered apart now. */
async function noteMembers(
  spec: CertificateSpec,
  { failure, unproved }: Outcome,
  context: { readonly now: number; readonly random: number },
  book: CertificateBook,
): Promise<void> {
  const before = book.renewal(spec).refused;
  const refused = noteRefused(before, spec.names, failure, unproved, context.now);
  if (JSON.stringify(refused) === JSON.stringify(before)) return;
  // Before the group is split, or a look in between would find such a name without a failure and order it.
  if (failure.type === 'rejectedIdentifier') {
    for (const name of Object.keys(refused)) {
      const alone = { ...spec, names: [name] };
      if (book.get(alone).attempt !== undefined || refused[name]?.isApart !== true) continue;
      await book.putAttempt(alone, recordFailure(undefined, failure, { ...context, current: undefined }));
    }
  }
  await book.putRenewal(spec, { refused });
}
