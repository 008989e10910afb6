import { isKnownDirectory } from '../config/acme-directories.ts';
import { createTokenBucket, type TokenBucket } from '../lib/token-bucket.ts';
import type { WantedCertificate } from '../routing/snapshot.ts';
import type { CertificateBook } from './certificate-book.ts';
import type { OrderRunner } from './order-runner.ts';
import { pickDirectory, type DirectoryFacts } from './pick-directory.ts';
import { emergencyTime, planRenewals, type HeldCertificate, type PlannedRenewal } from './plan.ts';
import { limitUntil, nextAttemptAt } from './schedule.ts';
import { keyOfNames } from './serving.ts';
import type { Specs } from './specs.ts';

const SPREAD_MS = 3_600_000;
const ORDERS_IN_FLIGHT = 5;
/** A CA that is not known by name is mostly somebody's own, without the limits of the public ones. */
const ORDER_BURST = { public: 10, own: 20 } as const;
const ORDERS_PER_SECOND = 0.5;
/** An order that waits for the start limit is looked at again after this. */
const THROTTLED_MS = 2000;

/** Starts what is due, within the CAs' limits. */
export interface OrderQueue {
  /**
   * Plans the wanted certificates and starts those whose time has come: by urgency, five at a time for each CA, ten at
   * once (twenty at a CA of one's own) and then one every two seconds. Answers after how many milliseconds to call again when
   * that is before the next tick: something had to stay behind for that last limit, or its time comes until then.
   */
  startDue(wanted: readonly WantedCertificate[]): number | undefined;
  /** Somebody wants this one ordered now: it is the first to start, within the same limits, at the next `startDue`. */
  ask(wanted: WantedCertificate): void;
}

/** `startedAt`: what was overdue then is spread over an hour, so that a restart is no burst of renewals. */
export function createOrderQueue(options: {
  readonly book: CertificateBook;
  readonly runner: OrderRunner;
  readonly specs: Specs;
  readonly now: () => number;
  readonly random: () => number;
  readonly tickMs: number;
  readonly startedAt: number;
}): OrderQueue {
  const { book, runner, specs, now, tickMs, startedAt } = options;
  const starts = new Map<string, TokenBucket>();
  const asked = new Map<string, WantedCertificate>();
  const spread = new Map<string, number>();

  /** A share of the hour, drawn once for each certificate; none when there is no time to lose. */
  const delayOf = ({ reason, dueAt }: PlannedRenewal, certificate: HeldCertificate | undefined): number => {
    if (reason !== 'due' || certificate === undefined || dueAt > startedAt) return 0;
    const share = spread.get(certificate.id) ?? options.random();
    spread.set(certificate.id, share);
    const slackMs = Math.max(emergencyTime(certificate, tickMs) - startedAt, 0);
    return startedAt - dueAt + share * Math.min(SPREAD_MS, slackMs);
  };

  const factsOf = (names: readonly string[], directory: string, isEmergency: boolean): DirectoryFacts => {
    const { attempt } = book.get(specs.at(names, directory));
    const own = attempt === undefined ? undefined : nextAttemptAt(attempt, { now: now(), isEmergency });
    const times = [own, limitUntil(book.parked(directory), now())].filter((time) => time !== undefined);
    return { directory, attempt, notBefore: times.length === 0 ? undefined : Math.max(...times) };
  };

  const mayStart = (directory: string): boolean => {
    const burst = isKnownDirectory(directory) ? ORDER_BURST.public : ORDER_BURST.own;
    const bucket = starts.getOrInsertComputed(directory, () =>
      createTokenBucket({ burst, perSecond: ORDERS_PER_SECOND, now }),
    );
    return bucket.tryTake();
  };
  /** The CAs for these names, and the one to order from now, if any. */
  const choose = (
    names: readonly string[],
    current: HeldCertificate | undefined,
    isEmergency: boolean,
  ): { readonly facts: readonly DirectoryFacts[]; readonly directory: string | undefined } => {
    const facts = specs.directories(names).map((directory) => factsOf(names, directory, isEmergency));
    return { facts, directory: pickDirectory(facts, current, now()) };
  };
  /** Answers whether the limit of starts holds one back. What no CA takes now has its turn by the plan. */
  const startAsked = (): boolean => {
    for (const [key, { names }] of asked) {
      const current = specs.held(names);
      const { directory } = choose(names, current, false);
      if (directory === undefined || runner.isRunning(names)) asked.delete(key);
      else if (runner.count(directory) < ORDERS_IN_FLIGHT) {
        if (!mayStart(directory)) return true;
        asked.delete(key);
        runner.start(specs.at(names, directory), 'asked', current);
      }
    }
    return false;
  };

  return {
    ask: (wanted) => void asked.set(keyOfNames(wanted.names), wanted),
    startDue: (wanted) => {
      let nextMs = startAsked() ? Math.min(tickMs, THROTTLED_MS) : tickMs;
      const noteTime = (at: number): void => {
        if (at > now()) nextMs = Math.min(nextMs, at - now());
      };
      for (const planned of planRenewals(({ names }) => specs.held(names), wanted, { now: now(), tickMs })) {
        const { names } = planned.wanted;
        const current = specs.held(names);
        const startAt = planned.dueAt + delayOf(planned, current);
        noteTime(startAt);
        if (startAt > now() || runner.isRunning(names)) continue;
        const isEmergency = planned.reason === 'emergency' || planned.reason === 'expired';
        const { facts, directory } = choose(names, current, isEmergency);
        if (directory === undefined) for (const { notBefore = 0 } of facts) noteTime(notBefore);
        if (directory === undefined || runner.count(directory) >= ORDERS_IN_FLIGHT) continue;
        if (!mayStart(directory)) return Math.min(nextMs, THROTTLED_MS);
        runner.start(specs.at(names, directory), planned.reason, current);
      }
      return nextMs < tickMs ? nextMs : undefined;
    },
  };
}
