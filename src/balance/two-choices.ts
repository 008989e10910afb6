import type { Upstream } from '../upstream/upstream.ts';
import type { Strategy } from './strategy.ts';
import type { Weights } from './weights.ts';

/** Two ready servers by lot, the heavier ones more likely; of them the one with fewer requests in flight for its weight. */
export class TwoChoices implements Strategy {
  readonly usesLoad = true;
  private readonly weights: Weights;
  private readonly random: () => number;
  /** Of the pick at hand. */
  private readonly drawn: Float64Array;

  constructor(weights: Weights, random: () => number) {
    this.weights = weights;
    this.random = random;
    this.drawn = new Float64Array(weights.count);
  }

  pick<U extends Upstream>(upstreams: readonly U[], tried: readonly U[] | undefined): U | undefined {
    const { drawn } = this;
    let total = 0;
    for (let i = 0; i < upstreams.length; i++) {
      const weight = this.weights.of(i, upstreams[i]!, tried);
      drawn[i] = weight;
      total += weight;
    }
    const first = this.draw(total);
    if (first < 0) return undefined;
    const weight = drawn[first]!;
    drawn[first] = 0;
    const second = this.draw(total - weight);
    if (second < 0) return upstreams[first];
    const one = upstreams[first]!;
    const other = upstreams[second]!;
    // Of two equally busy ones the first: it was drawn by its weight.
    return other.load * weight < one.load * drawn[second]! ? other : one;
  }

  /** An index by lot among those that have a weight; -1: none has. */
  private draw(total: number): number {
    let left = this.random() * total;
    let last = -1;
    for (let i = 0; i < this.drawn.length; i++) {
      const weight = this.drawn[i]!;
      if (weight <= 0) continue;
      last = i;
      left -= weight;
      if (left < 0) break;
    }
    return last;
  }
}
