import type { Upstream } from '../upstream/upstream.ts';
import type { Strategy } from './strategy.ts';
import type { Weights } from './weights.ts';

/**
 * The ready server that is expected to begin its answer first: its time to first byte, times the requests it would then have in flight,
 * for its weight. One whose time is unknown comes first while it has nothing to do, and else counts as the slowest, so that a new
 * server is not buried before its first answer.
 */
export class LeastTime implements Strategy {
  readonly usesLoad = true;
  readonly isTimed = true;
  private readonly weights: Weights;
  private readonly now: () => number;
  /** Where the next look begins, so that equal ones take turns. */
  private next = 0;

  constructor(weights: Weights, now: () => number) {
    this.weights = weights;
    this.now = now;
  }

  pick<U extends Upstream>(upstreams: readonly U[], tried: readonly U[] | undefined): U | undefined {
    const count = upstreams.length;
    const now = this.now();
    const slowest = this.slowest(upstreams, tried, now);
    let picked: U | undefined = undefined;
    let least = Infinity;
    let at = 0;
    for (let i = 0; i < count; i++) {
      const index = (this.next + i) % count;
      const upstream = upstreams[index]!;
      const weight = this.weights.of(index, upstream, tried);
      if (weight <= 0) continue;
      const { load, responseTime } = upstream;
      const ms = responseTime.isKnown ? responseTime.at(now) : load === 0 ? 0 : slowest;
      const wait = (ms * (load + 1)) / weight;
      if (wait < least) {
        least = wait;
        picked = upstream;
        at = index;
      }
    }
    this.next = at + 1;
    return picked;
  }

  /** The longest known time; any, when none is known. */
  private slowest(upstreams: readonly Upstream[], tried: readonly Upstream[] | undefined, now: number): number {
    let slowest = 0;
    for (let i = 0; i < upstreams.length; i++) {
      const upstream = upstreams[i]!;
      if (this.weights.of(i, upstream, tried) > 0) slowest = Math.max(slowest, upstream.responseTime.at(now));
    }
    return slowest === 0 ? 1 : slowest;
  }
}
