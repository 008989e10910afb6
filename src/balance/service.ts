import type { IdleConnection, Upstream } from '../upstream/upstream.ts';
import type { LeaseRequest, Strategy } from './strategy.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** Where requests of a service wait while no server is ready, and for how long at most. */
export interface Hold {
  readonly room: WaitingRoom;
  readonly ms: number;
}

/** A service as the data plane uses it: its servers and the strategy that picks one. */
export class Service<C extends IdleConnection = IdleConnection> {
  readonly name: string;
  readonly upstreams: readonly Upstream<C>[];
  readonly passHostHeader: boolean;
  /** Its strategy wants to know how long answers take. */
  readonly isTimed: boolean;
  readonly hold: Hold | undefined;
  private readonly strategy: Strategy;

  constructor(
    name: string,
    upstreams: readonly Upstream<C>[],
    strategy: Strategy,
    passHostHeader: boolean,
    hold?: Hold,
  ) {
    this.name = name;
    this.upstreams = upstreams;
    this.strategy = strategy;
    this.isTimed = strategy.isTimed === true;
    this.passHostHeader = passHostHeader;
    this.hold = hold;
  }

  /**
   * Takes a lease on a ready server outside `tried`. Picking and counting it in flight is one step, so no other request
   * sees the server between the two. Every lease ends with `release`.
   */
  lease(tried: readonly Upstream<C>[] | undefined, request: LeaseRequest): Upstream<C> | undefined {
    const upstream = this.strategy.pick(this.upstreams, tried, request);
    upstream?.countLease(1);
    return upstream;
  }
}

/** Ends a lease. */
export function release(upstream: Upstream): void {
  upstream.countLease(-1);
}
