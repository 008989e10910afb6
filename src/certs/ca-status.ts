import type { FailureClass } from './store-records.ts';

/** What was asked of one CA since the start. */
export interface CaCounters {
  readonly ordersObtained: number;
  /** By class. */
  readonly ordersFailed: Readonly<Partial<Record<FailureClass, number>>>;
  /** Of orders that were obtained: all together, and the longest. */
  readonly orderMs: { readonly total: number; readonly longest: number };
  /** By status, or why there was no answer. */
  readonly requests: Readonly<Record<string, number>>;
  /** The CA's clock less ours, in milliseconds, at its last answer. */
  readonly clockAheadMs: number | undefined;
}

/** How it stands with one CA: the account there, limits, what was asked of it. No secrets. Times: Unix milliseconds. */
export interface CaStatus {
  readonly directory: string;
  /** URL of the account: CAA records name it (RFC 8657). */
  readonly account: string | undefined;
  readonly contact: readonly string[];
  readonly limitedUntil: number | undefined;
  readonly limit: string | undefined;
  readonly counters: CaCounters;
}

/** What became of a wish to renew: an attempt began, or the one that runs goes on; or why not. */
export type RenewOutcome =
  | { readonly names: readonly string[]; readonly state: 'started' | 'running' }
  | { readonly fault: string };

/** The account that has a new key, or why it has not. */
export type RollOutcome = { readonly account: string } | { readonly fault: string };
