import { createTokenBucket } from '../lib/token-bucket.ts';
import type { WantedCertificate } from '../routing/snapshot.ts';
import type { CertificateBook } from './certificate-book.ts';
import type { OrderRunner } from './order-runner.ts';
import { pickDirectory, type DirectoryFacts } from './pick-directory.ts';
import { emergencyTime, planRenewals, type HeldCertificate, type PlannedRenewal } from './plan.ts';
import { nextAttemptAt } from './schedule.ts';
import type { Specs } from './specs.ts';

const SPREAD_MS = 3_600_000;
const ORDERS_IN_FLIGHT = 5;
const ORDER_BURST = 10;
const ORDERS_PER_SECOND = 0.5;

/** Starts what is due, within the CAs' limits. */
export interface OrderQueue {
  /**
   * Plans the wanted certificates and starts those whose time has come: by urgency, five at a time for each CA, ten at
   * once and then one every two seconds. Answers whether something due had to stay behind for that last limit.
   */
  startDue(wanted: readonly WantedCertificate[]): boolean;
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
  const starts = createTokenBucket({ burst: ORDER_BURST, perSecond: ORDERS_PER_SECOND, now });
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
    const parked = book.parked(directory)?.until;
    const times = [own, parked].filter((time) => time !== undefined);
    return { directory, attempt, notBefore: times.length === 0 ? undefined : Math.max(...times) };
  };

  return {
    startDue: (wanted) => {
      for (const planned of planRenewals(({ names }) => specs.held(names), wanted, { now: now(), tickMs })) {
        const { names } = planned.wanted;
        const current = specs.held(names);
        if (planned.dueAt + delayOf(planned, current) > now() || runner.isRunning(names)) continue;
        const isEmergency = planned.reason === 'emergency' || planned.reason === 'expired';
        const facts = specs.directories(names).map((directory) => factsOf(names, directory, isEmergency));
        const directory = pickDirectory(facts, current, now());
        if (directory === undefined || runner.count(directory) >= ORDERS_IN_FLIGHT) continue;
        if (!starts.tryTake()) return true;
        runner.start(specs.at(names, directory), planned.reason, current);
      }
      return false;
    },
  };
}
