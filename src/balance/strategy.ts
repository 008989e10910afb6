import type { Upstream } from '../upstream/upstream.ts';

/** What a strategy may ask of the request that it picks for. */
export interface LeaseRequest {
  /** The visitor behind trusted proxies (F3). */
  readonly visitorAddress: string;
  /** Lower-case host without port. */
  readonly host: string;
  /** Values of a field (lower-case name), one per line. */
  headerValues(name: string): readonly string[];
}

/**
 * Picks a server for one request. Must return only servers that are `ready`, not in `tried`, and of a weight above zero. It is made for
 * the servers of one service, and gets them in the same order each time.
 */
export interface Strategy {
  /** Goes by requests in flight, which are then counted over all workers. */
  readonly usesLoad?: boolean;
  /** Goes by the time that answers take, which is then measured. */
  readonly isTimed?: boolean;
  pick<U extends Upstream>(
    upstreams: readonly U[],
    tried: readonly U[] | undefined,
    request: LeaseRequest,
  ): U | undefined;
}

/** Where strategies get time and chance from. */
export interface Chance {
  /** Milliseconds; never steps back. The clock of the registry. */
  readonly now: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
}
