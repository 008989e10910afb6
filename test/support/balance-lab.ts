import { createStrategy } from '../../src/balance/create-strategy.ts';
import { release, Service } from '../../src/balance/service.ts';
import type { LeaseRequest } from '../../src/balance/strategy.ts';
import { StickyCookie } from '../../src/balance/sticky.ts';
import type { BalanceConfig, ServerConfig } from '../../src/config/dynamic.ts';
import { Upstream } from '../../src/upstream/upstream.ts';
import { Xorshift } from './random.ts';
import { server } from './server-config.ts';

/** A visitor with these field lines, one value for each. */
export function visitor(address: string, fields: Readonly<Record<string, string>> = {}): LeaseRequest {
  return {
    visitorAddress: address,
    host: 'a.test',
    headerValues: (name) => (fields[name] === undefined ? [] : [fields[name]]),
  };
}

export const ANYONE = visitor('192.0.2.1');

/** A visitor with an address of its own for each number. */
export function visitorNumber(n: number): LeaseRequest {
  return visitor(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
}

/** A service whose servers are all ready, with a clock and a chance of its own. */
export class BalanceLab {
  readonly service: Service;
  readonly upstreams: readonly Upstream[];
  /** Milliseconds. */
  now = 1_000_000;

  /** Server 0 has port 1, and so on; `order` is the order in which the service is given them. */
  constructor(
    balance: Partial<BalanceConfig> & Pick<BalanceConfig, 'strategy'>,
    weights: readonly number[],
    order: readonly number[] = weights.map((_, index) => index),
    isSticky = false,
  ) {
    const configs: readonly ServerConfig[] = weights.map((weight, index) => server(index + 1, { weight }));
    this.upstreams = configs.map((config) => new Upstream(config));
    for (const upstream of this.upstreams) upstream.state = 'ready';
    const lot = new Xorshift(7);
    const chance = { now: () => this.now, random: () => lot.below(2 ** 30) / 2 ** 30 };
    const given = order.map((index) => configs[index]!);
    const strategy = createStrategy({ slowStartMs: 0, ...balance }, given, chance);
    this.service = new Service(
      's',
      order.map((index) => this.upstreams[index]!),
      strategy,
      { passHostHeader: true, ...(isSticky ? { sticky: stickyOf(given) } : {}) },
    );
  }

  /** The number of the server that is leased, or -1. The lease is held. */
  lease(request: LeaseRequest = ANYONE, tried?: readonly number[]): number {
    const upstream = this.service.lease(
      tried?.map((index) => this.upstreams[index]!),
      request,
    );
    return upstream === undefined ? -1 : this.upstreams.indexOf(upstream);
  }

  release(index: number): void {
    release(this.upstreams[index]!);
  }

  /** How often each server got one of so many requests of as many visitors, one after the other. */
  serve(requests: number, msEach = 0): readonly number[] {
    const counts = this.upstreams.map(() => 0);
    for (let n = 0; n < requests; n++) {
      const index = this.lease(visitorNumber(n));
      if (index >= 0) {
        counts[index]! += 1;
        this.release(index);
      }
      this.now += msEach;
    }
    return counts;
  }
}

/** The cookie `s` over these servers. */
function stickyOf(servers: readonly ServerConfig[]): StickyCookie {
  const config = { name: 's', path: '/', httpOnly: true, sameSite: 'lax' } as const;
  const ids = servers.map(({ id }) => id);
  return new StickyCookie(config, 's', ids, new Uint8Array(32));
}
