import type { Upstream } from '../upstream/upstream.ts';
import type { Strategy } from './strategy.ts';
import { Turns } from './turns.ts';
import type { Weights } from './weights.ts';

/** The ready server with the fewest requests in flight for its weight, counted over all workers; among equal ones in turn. */
export class LeastConnections implements Strategy {
  readonly usesLoad = true;
  private readonly weights: Weights;
  private readonly turns: Turns;
  /** Of the pick at hand: another worker may change a count between two looks. */
  private readonly burdens: Float64Array;

  constructor(weights: Weights) {
    this.weights = weights;
    this.turns = new Turns(weights.count);
    this.burdens = new Float64Array(weights.count);
  }

  pick<U extends Upstream>(upstreams: readonly U[], tried: readonly U[] | undefined): U | undefined {
    const { burdens, turns, weights } = this;
    let least = Infinity;
    for (let i = 0; i < upstreams.length; i++) {
      const weight = weights.of(i, upstreams[i]!, tried);
      const burden = weight > 0 ? upstreams[i]!.load / weight : Infinity;
      burdens[i] = burden;
      if (burden < least) least = burden;
    }
    if (least === Infinity) return undefined;
    turns.begin();
    for (let i = 0; i < upstreams.length; i++) {
      if (burdens[i] === least) turns.join(i, weights.of(i, upstreams[i]!, tried));
    }
    return upstreams[turns.end()];
  }
}
