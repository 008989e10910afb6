import type { Upstream } from '../upstream/upstream.ts';
import type { Strategy } from './strategy.ts';
import { Turns } from './turns.ts';
import type { Weights } from './weights.ts';

/** Each ready server in turn, the heavier ones more often and evenly spread. */
export class WeightedRoundRobin implements Strategy {
  private readonly weights: Weights;
  private readonly turns: Turns;

  constructor(weights: Weights) {
    this.weights = weights;
    this.turns = new Turns(weights.count);
  }

  pick<U extends Upstream>(upstreams: readonly U[], tried: readonly U[] | undefined): U | undefined {
    const { turns, weights } = this;
    turns.begin();
    for (let i = 0; i < upstreams.length; i++) {
      const weight = weights.of(i, upstreams[i]!, tried);
      if (weight > 0) turns.join(i, weight);
    }
    return upstreams[turns.end()];
  }
}
