import { DEFAULT_EJECTION } from '../config/default-ejection.ts';
import type { EjectionConfig } from '../config/dynamic.ts';
import type { IdleConnection, Upstream } from '../upstream/upstream.ts';
import { Pause } from './pause.ts';
import { RetryBudget } from './retry-budget.ts';
import type { StickyCookie } from './sticky.ts';
import type { LeaseRequest, Strategy } from './strategy.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** Where requests of a service wait while no server is ready, and for how long at most. */
export interface Hold {
  readonly room: WaitingRoom;
  readonly ms: number;
}

/** What a service is beside its servers and its strategy. */
export interface ServiceTraits {
  readonly passHostHeader: boolean;
  /** Undefined: nobody waits. */
  readonly hold?: Hold | undefined;
  /** Outlives snapshots. Undefined: one of its own. */
  readonly retryBudget?: RetryBudget | undefined;
  /** Outlives snapshots. Undefined: one of its own. */
  readonly pause?: Pause | undefined;
  /** Which failures take a server out of service; undefined: as by default. */
  readonly ejection?: EjectionConfig | 'off' | undefined;
  /** Binds visitors to these servers, in their order; undefined: they are not bound. */
  readonly sticky?: StickyCookie | undefined;
}

/** A service as the data plane uses it: its servers and the strategy that picks one. */
export class Service<C extends IdleConnection = IdleConnection> {
  readonly name: string;
  readonly upstreams: readonly Upstream<C>[];
  readonly passHostHeader: boolean;
  /** Its strategy wants to know how long answers take. */
  readonly isTimed: boolean;
  readonly hold: Hold | undefined;
  readonly retryBudget: RetryBudget;
  readonly pause: Pause;
  /** Undefined where outcomes do not matter: a sole server is never ejected. */
  readonly ejection: EjectionConfig | undefined;
  readonly sticky: StickyCookie | undefined;
  private readonly strategy: Strategy;

  constructor(name: string, upstreams: readonly Upstream<C>[], strategy: Strategy, traits: ServiceTraits) {
    this.name = name;
    this.upstreams = upstreams;
    this.strategy = strategy;
    this.isTimed = strategy.isTimed === true;
    this.passHostHeader = traits.passHostHeader;
    this.hold = traits.hold;
    this.sticky = traits.sticky;
    this.retryBudget = traits.retryBudget ?? new RetryBudget();
    this.pause = traits.pause ?? new Pause();
    const { ejection = DEFAULT_EJECTION } = traits;
    this.ejection = ejection === 'off' || upstreams.length < 2 ? undefined : ejection;
  }

  /**
   * Takes a lease on a ready server outside `tried`. Picking and counting it in flight is one step, so no other request
   * sees the server between the two. Every lease ends with `release`.
   * None while the service is paused.
   */
  lease(tried: readonly Upstream<C>[] | undefined, request: LeaseRequest): Upstream<C> | undefined {
    if (this.pause.isOn) return undefined;
    const upstream =
      (this.sticky === undefined ? undefined : this.boundTo(this.sticky.memberOf(request), tried)) ??
      this.strategy.pick(this.upstreams, tried, request);
    upstream?.countLease(1);
    return upstream;
  }

  /** Some server outside `tried` can take a request. */
  hasReady(tried: readonly Upstream<C>[] | undefined): boolean {
    return this.upstreams.some((upstream) => upstream.state === 'ready' && tried?.includes(upstream) !== true);
  }

  /** The server of a visitor's cookie, whatever its weight, unless it cannot take the request. */
  private boundTo(index: number, tried: readonly Upstream<C>[] | undefined): Upstream<C> | undefined {
    const upstream = this.upstreams[index];
    return upstream?.state === 'ready' && tried?.includes(upstream) !== true ? upstream : undefined;
  }
}

/** Ends a lease. */
export function release(upstream: Upstream): void {
  upstream.countLease(-1);
}
