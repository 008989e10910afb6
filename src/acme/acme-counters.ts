import type { CaCounters } from '../certs/ca-status.ts';
import type { FailureClass } from '../certs/store-records.ts';
import type { Logger } from '../observe/logger.ts';

/** More than clocks differ by themselves: renewal times and validity go wrong. */
const SKEW_MS = 5 * 60_000;

/** Counts orders and requests by CA, and says once when a CA's clock and ours differ. */
export interface AcmeCounters {
  obtained(directory: string, tookMs: number): void;
  failed(directory: string, failureClass: FailureClass): void;
  answered(directory: string, code: number | string, caTime: number | undefined): void;
  of(directory: string): CaCounters;
}

const NOTHING: CaCounters = {
  ordersObtained: 0,
  ordersFailed: {},
  orderMs: { total: 0, longest: 0 },
  requests: {},
  clockAheadMs: undefined,
};

export function createAcmeCounters(options: { readonly now: () => number; readonly logger: Logger }): AcmeCounters {
  const all = new Map<string, CaCounters>();
  let isSkewTold = false;
  const of = (directory: string): CaCounters => all.get(directory) ?? NOTHING;
  const change = (directory: string, part: Partial<CaCounters>): void =>
    void all.set(directory, { ...of(directory), ...part });
  const tellSkew = (directory: string, aheadMs: number): void => {
    if (isSkewTold || Math.abs(aheadMs) <= SKEW_MS) return;
    isSkewTold = true;
    const hint = 'set the clock of this machine: certificates look valid or expired at the wrong time';
    options.logger.warn({ directory, aheadMs, hint }, 'the clock of the CA differs from ours');
  };
  return {
    obtained: (directory, tookMs) => {
      const { ordersObtained, orderMs } = of(directory);
      const longest = Math.max(orderMs.longest, tookMs);
      change(directory, { ordersObtained: ordersObtained + 1, orderMs: { total: orderMs.total + tookMs, longest } });
    },
    failed: (directory, failureClass) => {
      const { ordersFailed } = of(directory);
      const count = (ordersFailed[failureClass] ?? 0) + 1;
      change(directory, { ordersFailed: { ...ordersFailed, [failureClass]: count } });
    },
    answered: (directory, code, caTime) => {
      const { requests, clockAheadMs } = of(directory);
      const ahead = caTime === undefined ? clockAheadMs : caTime - options.now();
      change(directory, { requests: { ...requests, [code]: (requests[code] ?? 0) + 1 }, clockAheadMs: ahead });
      if (ahead !== undefined) tellSkew(directory, ahead);
    },
    of,
  };
}
