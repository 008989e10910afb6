import type { Upstream } from '../upstream/upstream.ts';
import type { Strategy } from './strategy.ts';

/** Each ready server in turn. */
export class RoundRobin implements Strategy {
  private next = 0;

  pick<U extends Upstream>(upstreams: readonly U[], tried: readonly U[] | undefined): U | undefined {
    const count = upstreams.length;
    for (let i = 0; i < count; i++) {
      const index = (this.next + i) % count;
      const upstream = upstreams[index]!;
      if (upstream.state !== 'ready' || tried?.includes(upstream) === true) continue;
      this.next = index + 1;
      return upstream;
    }
    return undefined;
  }
}
