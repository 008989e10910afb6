import type { CaStatus, RenewOutcome, RollOutcome } from '../certs/ca-status.ts';
import type { Certificate } from '../certs/certificate.ts';
import type { CertificateStatus } from '../certs/certificate-status.ts';
import type { LocalAuthority } from '../certs/local-authority.ts';
import type { StoreFault } from '../certs/store-fault.ts';
import type { CertificateStore } from '../certs/store.ts';
import type { AcmeConfig } from '../config/static-config.ts';
import type { Logger } from '../observe/logger.ts';
import type { WantedCertificate } from '../routing/snapshot.ts';
import { createAcmeCounters } from './acme-counters.ts';
import { describeCas } from './acme-status.ts';
import { createCaSessions } from './ca-sessions.ts';
import { createCertificateBook } from './certificate-book.ts';
import { collectFacts, unusedFacts } from './certificate-facts.ts';
import { describeStatus } from './certificate-status.ts';
import type { ChallengePublisher } from './challenge.ts';
import { createChallengeDesk } from './challenge-desk.ts';
import { foldCovered } from './covered.ts';
import { createDnsLookup, type DnsLookup } from './dns-lookup.ts';
import { openDnsSolver } from './dns/open-dns-solver.ts';
import { classifyFailure } from './failure.ts';
import { createNameChecks } from './name-checks.ts';
import { createOrderQueue } from './order-queue.ts';
import { createLifeWarnings } from './life-warnings.ts';
import { createOrderRunner } from './order-runner.ts';
import { renewNow } from './renew-now.ts';
import { createRenewalWatch } from './renewal-watch.ts';
import type { SelfCheck } from './self-check.ts';
import { createServingList } from './serving-list.ts';
import { sortWanted, type SortedWanted } from './sort-wanted.ts';
import { createSpecs } from './specs.ts';
import { splitGroups } from './split-groups.ts';
import { createUnusedCertificates } from './unused-certificates.ts';
import { withoutUserNames } from './user-coverage.ts';

const TICK_MS = 30_000;
const RETRY_STORE_MS = 60_000;
/** The end of one order makes room for the next; many ends at once are one look. */
const NEXT_ORDER_MS = 20;

export interface CertificateManagerOptions {
  readonly store: CertificateStore;
  readonly localAuthority: LocalAuthority;
  readonly acme: AcmeConfig;
  readonly challenges: ChallengePublisher;
  /** Absent: one over the system's servers. */
  readonly dns?: DnsLookup;
  /** Asked before the CA. Absent: nobody is. */
  readonly selfCheck?: SelfCheck | undefined;
  /** Addresses of this server that its interfaces do not show. */
  readonly publicAddresses?: readonly string[];
  /** Where names are asked for a challenge after a failure; 80 but in tests. */
  readonly probePort?: number;
  /** Certificates of the user's own: they serve before others, and no CA is asked for their names. Absent: none. */
  readonly userCertificates?: () => readonly Certificate[];
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
  /** To be called when `userCertificates` has others. */
  userCertificatesChanged(): void;
  /** Aborts work in flight; what can be resumed is on disk. */
  stop(): Promise<void>;
  /** What workers must have now. */
  certificates(): readonly Certificate[];
  status(): readonly CertificateStatus[];
  /**
   * Orders the certificates for these names again at once, whatever failed before; answers what became of each. Joins an
   * attempt that runs.
   */
  renewNow(names: readonly string[]): Promise<readonly RenewOutcome[]>;
  /** Gives the account at the first CA a new key. */
  rollAccountKey(): Promise<RollOutcome>;
  /** The CAs in use. */
  cas(): readonly CaStatus[];
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
  let soon: { readonly timer: NodeJS.Timeout; readonly at: number } | undefined;

  const book = createCertificateBook({ store, logger });
  const specs = createSpecs({ book, acme, now });
  const list = createServingList({ ...options, book });
  const lookup = options.dns ?? createDnsLookup();
  const dns = acme.dns === undefined ? undefined : openDnsSolver(acme.dns, { lookup, now, logger });
  const desk = createChallengeDesk({ publisher: options.challenges, dns, selfCheck: options.selfCheck, logger });
  const counters = createAcmeCounters({ now, logger });
  const sessions = createCaSessions({ store, acme, book, now, counters, logger });
  const onDone = (): void => {
    list.refresh(effective());
    tickSoon(NEXT_ORDER_MS);
  };
  const { challenges: challengeTypes, testDirectory } = acme;
  const common = { book, sessionOf: sessions.of, now, random, logger };
  const { challenges, publicAddresses = [], probePort } = options;
  const turned = (): void => tickSoon(0);
  const checks = createNameChecks({ ...common, acme, lookup, challenges, publicAddresses, probePort, turned });
  const runner = createOrderRunner({ ...common, store, desk, challengeTypes, testDirectory, counters, checks, onDone });
  const watch = createRenewalWatch({ ...common, onChange: () => tickSoon(0) });
  const unused = createUnusedCertificates({ book, directories: acme.directories, now, logger });
  const warnOfLives = createLifeWarnings({ specs, now, logger });
  const queue = createOrderQueue({ book, runner, specs, now, random, tickMs, startedAt: now() });

  const effective = (): readonly SortedWanted[] =>
    withoutUserNames(splitGroups(sorted, { specs, book, now }), options.userCertificates?.() ?? [], now());
  const wantedOfCa = (): readonly WantedCertificate[] =>
    foldCovered(effective(), specs)
      .filter(({ kind }) => kind === 'acme')
      .map((entry) => entry.wanted);
  const tick = (): void => {
    if (!isRunning) return;
    list.refresh(effective());
    if (isHeld || !book.canOrder()) return;
    const wanted = wantedOfCa();
    const nextMs = queue.startDue([...wanted, ...unused.inGrace(wanted)]);
    // A tick may be a long time in the life of a certificate.
    if (nextMs !== undefined) tickSoon(Math.max(nextMs, NEXT_ORDER_MS));
    watch.ask(wanted.flatMap(({ names }) => specs.serving(names) ?? []));
  };
  const tickSoon = (waitMs: number): void => {
    const at = performance.now() + waitMs;
    if (soon !== undefined && soon.at <= at) return;
    clearTimeout(soon?.timer);
    const timer = setTimeout(() => {
      soon = undefined;
      tick();
    }, waitMs).unref();
    soon = { timer, at };
  };
  const retryStore = async (): Promise<void> => {
    // A clock that is set back must not put it off until it is there again.
    if (Math.abs(now() - storeTriedAt) < RETRY_STORE_MS) return;
    storeTriedAt = now();
    await book.retry();
    await book.takeIn();
  };
  const review = async (): Promise<void> => {
    if (!isRunning || isHeld || !book.canOrder()) return;
    await unused.review(wantedOfCa());
    warnOfLives(wantedOfCa());
    await checks.look(wantedOfCa().flatMap(({ names }) => acme.directories.map((ca) => specs.at(names, ca))));
  };
  const beat = (): void => {
    retryStore()
      .then(tick)
      .then(review)
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
    userCertificatesChanged: tick,
    stop: async () => {
      isRunning = false;
      clearInterval(timer);
      clearTimeout(soon?.timer);
      desk.close();
      checks.close();
      const stopped = Promise.all([runner.stop(), watch.stop()]);
      sessions.close();
      await stopped;
      await desk.idle();
      await list.idle();
    },
    certificates: list.certificates,
    status: () => {
      const sources = { acme, book, list, specs, runner, now };
      const wanted = foldCovered(effective(), specs);
      const facts = [...wanted.map((entry) => collectFacts(entry, sources)), ...unusedFacts(effective(), sources)];
      return facts.map((entry) => describeStatus(entry, now()));
    },
    renewNow: async (names) => {
      if (!isRunning || isHeld || !book.canOrder())
        return names.map(() => ({ fault: 'certificates are not loaded yet' }));
      const parts = { wanted: effective(), specs, book, runner, queue, now };
      const outcomes = await Promise.all(names.map((name) => renewNow(name, parts)));
      tick();
      return outcomes.flat();
    },
    rollAccountKey: async () => {
      const [directory] = acme.directories;
      if (directory === undefined) return { fault: 'no CA is in use' };
      // What runs is signed with the old key.
      if (isHeld || runner.count(directory) > 0) return { fault: 'orders are running: try again in a minute' };
      isHeld = true;
      try {
        return { account: (await sessions.of(directory).rollAccountKey()).url };
      } catch (cause) {
        return { fault: classifyFailure(cause).detail };
      } finally {
        isHeld = false;
        tick();
      }
    },
    cas: () => describeCas(acme.directories, { book, sessions, counters, now: now() }),
    storeFault: book.fault,
  };
}
