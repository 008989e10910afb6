import { RoundRobin } from '../balance/round-robin.ts';
import { Service } from '../balance/service.ts';
import { DEFAULT_TRANSPORT } from '../config/default-transport.ts';
import type { TransportConfig } from '../config/dynamic.ts';
import type { Counters } from '../http/counters.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Route, RouteTable } from '../http/route.ts';
import type { UpstreamConnection } from '../http/upstream-connection.ts';
import { compileMiddleware } from '../middleware/catalog.ts';
import { buildPipeline } from '../middleware/pipeline.ts';
import { HostIndex } from '../routing/host-index.ts';
import type { RouterSnapshot, ServiceSnapshot, Snapshot } from '../routing/snapshot.ts';
import type { UpstreamRegistry } from '../upstream/registry.ts';
import type { Upstream } from '../upstream/upstream.ts';

interface Built {
  readonly config: string;
  readonly transport: TransportConfig;
  readonly service: Service<UpstreamConnection>;
}

type Services = ReadonlyMap<string, Built>;
type Transports = ReadonlyMap<string, TransportConfig>;

/**
 * The live counterpart of one snapshot: compiled rules, middlewares and services. Built whole beside the one in use and then
 * put in its place by a single assignment; a request keeps the route it was given.
 */
export class Runtime implements RouteTable {
  /** Kept apart: a router answers TLS requests or plain ones, never both. */
  private readonly plain = new Map<string, HostIndex<Route>>();
  private readonly tls = new Map<string, HostIndex<Route>>();
  private readonly services: Services;
  private readonly transports: Transports;

  /**
   * `previous`: services whose configuration is unchanged are taken over with their balancing state. `broken` hears of a router
   * that cannot be built; the others do not notice.
   */
  constructor(
    snapshot: Snapshot,
    registry: UpstreamRegistry<UpstreamConnection>,
    counters: Counters,
    previous: Runtime | undefined,
    broken: (router: string, error: unknown) => void,
  ) {
    this.transports = takeOver(snapshot.transports, previous?.transports);
    this.services = this.buildServices(snapshot.services, registry, previous?.services);
    for (const router of snapshot.routers) {
      try {
        this.add(router, this.compile(router, counters, broken));
      } catch (error) {
        broken(router.name, error);
      }
    }
  }

  /** Every upstream that a service may lease. */
  get upstreams(): ReadonlySet<Upstream<UpstreamConnection>> {
    return new Set([...this.services.values()].flatMap(({ service }) => service.upstreams));
  }

  match(exchange: Exchange): Route | undefined {
    const { down } = exchange;
    return (down.peer.isTls ? this.tls : this.plain).get(down.entrypoint)?.match(exchange);
  }

  private add(router: RouterSnapshot, route: Route): void {
    const tables = router.tls ? this.tls : this.plain;
    for (const entrypoint of router.entrypoints) {
      tables.getOrInsertComputed(entrypoint, () => new HostIndex<Route>()).add(router.matcher, route);
    }
  }

  private compile(router: RouterSnapshot, counters: Counters, broken: (router: string, error: unknown) => void): Route {
    let pipeline = buildPipeline([]);
    let { disabled } = router;
    try {
      pipeline = buildPipeline(router.middlewares.map(({ options }) => compileMiddleware(options)));
    } catch (error) {
      // A middleware may be the site's protection: without it the router must not serve.
      disabled ??= 'a middleware cannot be built';
      broken(router.name, error);
    }
    return {
      name: router.name,
      disabled,
      ...pipeline,
      service: this.services.get(router.service)?.service,
      counters: counters.router(router.name),
    };
  }

  private buildServices(
    snapshots: readonly ServiceSnapshot[],
    registry: UpstreamRegistry<UpstreamConnection>,
    previous: Services | undefined,
  ): Services {
    const services = new Map<string, Built>();
    for (const snapshot of snapshots) {
      const config = JSON.stringify(snapshot);
      const transport = this.transportOf(snapshot);
      const known = previous?.get(snapshot.name);
      if (known?.config === config && known.transport === transport) {
        services.set(snapshot.name, known);
        continue;
      }
      const upstreams = snapshot.servers.map((server) => registry.get(server, transport));
      const service = new Service(snapshot.name, upstreams, new RoundRobin(), snapshot.passHostHeader);
      services.set(snapshot.name, { config, transport, service });
    }
    return services;
  }

  private transportOf({ name, transport }: ServiceSnapshot): TransportConfig {
    if (transport === undefined) return DEFAULT_TRANSPORT;
    const found = this.transports.get(transport);
    // Never the defaults instead: they may verify less, or otherwise.
    if (found === undefined) throw new Error(`no transport ${transport} for the service ${name}`);
    return found;
  }
}

/** An equal transport stays the same object, so that the services over it are taken over as they are. */
function takeOver(next: Snapshot['transports'], previous: Transports | undefined): Transports {
  return new Map(
    Object.entries(next).map(([name, transport]) => {
      const known = previous?.get(name);
      return [name, JSON.stringify(known) === JSON.stringify(transport) ? known! : transport];
    }),
  );
}
