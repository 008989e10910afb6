import type { Certificate } from '../certs/certificate.ts';
import type { CertificateStatus } from '../certs/certificate-status.ts';
import type { LocalAuthority } from '../certs/local-authority.ts';
import type { StoreFault } from '../certs/store-fault.ts';
import type { CertificateStore } from '../certs/store.ts';
import type { AcmeConfig } from '../config/static-config.ts';
import type { Logger } from '../observe/logger.ts';
import type { WantedCertificate } from '../routing/snapshot.ts';
import { createCaSessions } from './ca-sessions.ts';
import { createCertificateBook, type CertificateBook } from './certificate-book.ts';
import { describeStatus, type StatusFacts } from './certificate-status.ts';
import type { ChallengePublisher } from './challenge.ts';
import { createChallengeDesk } from './challenge-desk.ts';
import { createDnsLookup, type DnsLookup } from './dns-lookup.ts';
import { openDnsSolver } from './dns/open-dns-solver.ts';
import { createOrderQueue } from './order-queue.ts';
import { createOrderRunner, type OrderRunner } from './order-runner.ts';
import { createRenewalWatch } from './renewal-watch.ts';
import { createServingList, type ServingList } from './serving-list.ts';
import { sortWanted, type SortedWanted } from './sort-wanted.ts';
import { createSpecs, type Specs } from './specs.ts';

const TICK_MS = 30_000;
const RETRY_STORE_MS = 60_000;
/** An order that waits for the start limit is looked at again after this. */
const THROTTLED_MS = 2000;
/** The end of one order makes room for the next; many ends at once are one look. */
const NEXT_ORDER_MS = 20;

export interface CertificateManagerOptions {
  readonly store: CertificateStore;
  readonly localAuthority: LocalAuthority;
  readonly acme: AcmeConfig;
  readonly challenges: ChallengePublisher;
  /** Absent: one over the system's servers. */
  readonly dns?: DnsLookup;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  /** Told the whole list whenever it changed. */
  readonly onCertificates: (certificates: readonly Certificate[]) => void;
  /** How often clocks are compared; default 30 s. */
  readonly tickMs?: number;
  /** No order before `releaseOrders`: until the listeners are open the CA would find nobody to answer it. */
  readonly holdOrders?: boolean;
}

/** Keeps a certificate ready for every wanted name: obtains, renews, stores, and bridges the time until then. */
export interface CertificateManager {
  /** Called after every configuration change; equal calls cost a comparison. */
  setWanted(wanted: readonly WantedCertificate[]): void;
  /** Reads the store; resolves when what is on disk can serve. Never rejects, and does not wait for the CA. */
  start(): Promise<void>;
  /** Ends what `holdOrders` began. */
  releaseOrders(): void;
  /** Aborts work in flight; what can be resumed is on disk. */
  stop(): Promise<void>;
  /** What workers must have now. */
  certificates(): readonly Certificate[];
  status(): readonly CertificateStatus[];
  /** What is wrong with the store, if anything: certificates then live in memory only, or are not ordered. */
  storeFault(): StoreFault | undefined;
}

/** Does nothing before `start`. Several calls of `start` are a mistake. */
export function createCertificateManager(options: CertificateManagerOptions): CertificateManager {
  const { store, acme, now, random, logger } = options;
  const tickMs = options.tickMs ?? TICK_MS;
  let sorted: readonly SortedWanted[] = [];
  let wantedKey = '';
  let isRunning = false;
  let isHeld = options.holdOrders === true;
  let storeTriedAt = now();
  let timer: NodeJS.Timeout | undefined;
  let soon: NodeJS.Timeout | undefined;

  const book = createCertificateBook({ store, logger });
  const specs = createSpecs({ book, acme, now });
  const list = createServingList({ ...options, book });
  const lookup = options.dns ?? createDnsLookup();
  const dns = acme.dns === undefined ? undefined : openDnsSolver(acme.dns, { lookup, now, logger });
  const desk = createChallengeDesk({ publisher: options.challenges, dns, logger });
  const sessions = createCaSessions({ store, acme, book, now, logger });
  const onDone = (): void => {
    list.refresh(sorted);
    tickSoon(NEXT_ORDER_MS);
  };
  const challengeTypes = acme.challenges;
  const attempts = { book, store, sessionOf: sessions.of, desk, challengeTypes, now, random, logger, onDone };
  const runner = createOrderRunner(attempts);
  const watch = createRenewalWatch({ book, sessionOf: sessions.of, now, random, logger, onChange: () => tickSoon(0) });
  const queue = createOrderQueue({ book, runner, specs, now, random, tickMs, startedAt: now() });

  const tick = (): void => {
    if (!isRunning) return;
    list.refresh(sorted);
    if (isHeld || !book.canOrder()) return;
    const wanted = sorted.filter(({ kind }) => kind === 'acme').map((entry) => entry.wanted);
    if (queue.startDue(wanted)) tickSoon(THROTTLED_MS);
    void watch.ask(wanted.flatMap(({ names }) => specs.stored(names) ?? []));
  };
  const tickSoon = (waitMs: number): void => {
    soon ??= setTimeout(() => {
      soon = undefined;
      tick();
    }, waitMs).unref();
  };
  const retryStore = async (): Promise<void> => {
    if (now() - storeTriedAt < RETRY_STORE_MS) return;
    storeTriedAt = now();
    await book.retry();
  };
  const beat = (): void => {
    retryStore()
      .then(tick)
      .catch((cause: unknown) => logger.error({ reason: String(cause) }, 'certificate tick failed'));
  };
  return {
    setWanted: (wanted) => {
      const key = JSON.stringify(wanted);
      if (key === wantedKey) return;
      wantedKey = key;
      sorted = sortWanted(wanted, acme);
      tick();
    },
    start: async () => {
      await book.load();
      isRunning = true;
      timer = setInterval(beat, tickMs).unref();
      tick();
    },
    releaseOrders: () => {
      isHeld = false;
      tick();
    },
    stop: async () => {
      isRunning = false;
      clearInterval(timer);
      clearTimeout(soon);
      desk.close();
      const stopped = runner.stop();
      sessions.close();
      await stopped;
      await desk.idle();
      await Promise.all([watch.idle(), list.idle()]);
    },
    certificates: list.certificates,
    status: () =>
      sorted.map((entry) => describeStatus(collectFacts(entry, { acme, book, list, specs, runner }), now())),
    storeFault: book.fault,
  };
}

function collectFacts(
  { wanted, kind, note }: SortedWanted,
  parts: {
    readonly acme: AcmeConfig;
    readonly book: CertificateBook;
    readonly list: ServingList;
    readonly specs: Specs;
    readonly runner: OrderRunner;
  },
): StatusFacts {
  const { names, routers } = wanted;
  const first = parts.acme.directories[0];
  return {
    names,
    routers,
    kind,
    note,
    certificate: parts.list.find(names),
    suggestedAt: kind === 'acme' ? parts.specs.held(names)?.suggestedAt : undefined,
    local: parts.list.findLocal(names),
    attempt: kind === 'acme' ? parts.specs.latestAttempt(names) : undefined,
    parkedUntil: first === undefined ? undefined : parts.book.parked(first)?.until,
    isRunning: parts.runner.isRunning(names),
  };
}
