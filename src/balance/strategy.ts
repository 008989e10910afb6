import type { Upstream } from '../upstream/upstream.ts';

/** Picks a server for one request. Must return only servers that are `ready` and not in `tried`. */
export interface Strategy {
  pick<U extends Upstream>(upstreams: readonly U[], tried: readonly U[] | undefined): U | undefined;
}
