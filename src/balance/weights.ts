import type { Upstream } from '../upstream/upstream.ts';

/** What a server has of its weight in the moment it becomes ready, with slow start. */
const FIRST_SHARE = 0.1;

/** How much each server of a service is to get, in proportion; in the order of the servers. */
export class Weights {
  /** All have the same, always. */
  readonly isEven: boolean;
  private readonly full: Float64Array;
  private readonly slowStartMs: number;
  private readonly now: () => number;

  /** `slowStartMs`: the time in which a server that became ready comes to its full weight; 0: at once. */
  constructor(full: readonly number[], slowStartMs: number, now: () => number) {
    this.full = Float64Array.from(full);
    this.slowStartMs = slowStartMs;
    this.now = now;
    this.isEven = slowStartMs === 0 && full.every((weight) => weight === full[0]);
  }

  get count(): number {
    return this.full.length;
  }

  /** The weight that the server at this index has now; 0: it may not be picked. */
  of(index: number, upstream: Upstream, tried: readonly Upstream[] | undefined): number {
    if (upstream.state !== 'ready' || tried?.includes(upstream) === true) return 0;
    const full = this.full[index]!;
    if (this.slowStartMs === 0) return full;
    const share = (this.now() - upstream.readySince) / this.slowStartMs;
    return share >= 1 ? full : full * Math.max(FIRST_SHARE, share);
  }
}
