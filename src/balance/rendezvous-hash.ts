import type { HashKey } from '../config/dynamic.ts';
import { mixBits, textHash } from '../lib/text-hash.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { requestKey } from './request-key.ts';
import type { LeaseRequest, Strategy } from './strategy.ts';
import type { Weights } from './weights.ts';

/**
 * The same ready server for the same key. Each server has a score for each key and the highest is picked, so all workers agree without a
 * word, and a server that comes or goes moves only the keys that are its own, in proportion to its weight.
 */
export class RendezvousHash implements Strategy {
  private readonly weights: Weights;
  private readonly servers: Int32Array;
  private readonly key: HashKey | undefined;

  /** `ids` of the servers, in their order. `key` undefined: the visitor's address. */
  constructor(weights: Weights, ids: readonly string[], key: HashKey | undefined) {
    this.weights = weights;
    this.servers = Int32Array.from(ids, (id) => mixBits(textHash(id)));
    this.key = key;
  }

  pick<U extends Upstream>(
    upstreams: readonly U[],
    tried: readonly U[] | undefined,
    request: LeaseRequest,
  ): U | undefined {
    const { servers, weights } = this;
    const key = mixBits(textHash(requestKey(this.key, request)));
    let picked: U | undefined = undefined;
    let highest = -Infinity;
    for (let i = 0; i < upstreams.length; i++) {
      const weight = weights.of(i, upstreams[i]!, tried);
      if (weight <= 0) continue;
      const score = scoreOf(mixBits(key ^ servers[i]!), weight);
      if (score > highest) {
        highest = score;
        picked = upstreams[i];
      }
    }
    return picked;
  }
}

/** The logarithm makes the chance to be the highest proportional to the weight. */
function scoreOf(hash: number, weight: number): number {
  return -weight / Math.log(((hash >>> 0) + 0.5) / 2 ** 32);
}
