import type { IdleConnection, Upstream } from '../upstream/upstream.ts';
import type { Strategy } from './strategy.ts';

/** A service as the data plane uses it: its servers and the strategy that picks one. */
export class Service<C extends IdleConnection = IdleConnection> {
  readonly name: string;
  readonly upstreams: readonly Upstream<C>[];
  readonly passHostHeader: boolean;
  private readonly strategy: Strategy;

  constructor(name: string, upstreams: readonly Upstream<C>[], strategy: Strategy, passHostHeader: boolean) {
    this.name = name;
    this.upstreams = upstreams;
    this.strategy = strategy;
    this.passHostHeader = passHostHeader;
  }

  /**
   * Takes a lease on a ready server outside `tried`. Picking and counting it in flight is one step, so no other request
   * sees the server between the two. Every lease ends with `release`.
   */
  lease(tried: readonly Upstream<C>[] | undefined): Upstream<C> | undefined {
    const upstream = this.strategy.pick(this.upstreams, tried);
    if (upstream !== undefined) upstream.inFlight += 1;
    return upstream;
  }
}

/** Ends a lease. */
export function release(upstream: Upstream): void {
  upstream.inFlight -= 1;
}
