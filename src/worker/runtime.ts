import { RoundRobin } from '../balance/round-robin.ts';
import { Service } from '../balance/service.ts';
import type { Counters } from '../http/counters.ts';
import type { Exchange } from '../http/exchange.ts';
import type { RequestStep, Route, RouteTable } from '../http/route.ts';
import type { UpstreamConnection } from '../http/upstream-connection.ts';
import { compileMiddleware } from '../middleware/catalog.ts';
import { HostIndex } from '../routing/host-index.ts';
import type { RouterSnapshot, ServiceSnapshot, Snapshot } from '../routing/snapshot.ts';
import type { UpstreamRegistry } from '../upstream/registry.ts';

type Services = Map<string, { readonly config: string; readonly service: Service<UpstreamConnection> }>;

/**
 * The live counterpart of one snapshot: compiled rules, middlewares and services. Built whole beside the one in use and then
 * put in its place by a single assignment; a request keeps the route it was given.
 */
export class Runtime implements RouteTable {
  /** Kept apart: a router answers TLS requests or plain ones, never both. */
  private readonly plain = new Map<string, HostIndex<Route>>();
  private readonly tls = new Map<string, HostIndex<Route>>();
  private readonly services: Services;

  /** `previous`: services whose configuration is unchanged are taken over with their balancing state. */
  constructor(
    snapshot: Snapshot,
    registry: UpstreamRegistry<UpstreamConnection>,
    counters: Counters,
    previous: Runtime | undefined,
  ) {
    this.services = buildServices(snapshot.services, registry, previous?.services);
    for (const router of snapshot.routers) {
      const route = this.compile(router, counters);
      const tables = router.tls ? this.tls : this.plain;
      for (const entrypoint of router.entrypoints) {
        tables.getOrInsertComputed(entrypoint, () => new HostIndex<Route>()).add(router.matcher, route);
      }
    }
  }

  match(exchange: Exchange): Route | undefined {
    const { down } = exchange;
    return (down.peer.isTls ? this.tls : this.plain).get(down.entrypoint)?.match(exchange);
  }

  private compile(router: RouterSnapshot, counters: Counters): Route {
    const requestSteps: RequestStep[] = router.middlewares.map(({ options }) => compileMiddleware(options));
    return {
      name: router.name,
      disabled: router.disabled,
      requestSteps,
      service: this.services.get(router.service)?.service,
      counters: counters.router(router.name),
    };
  }
}

function buildServices(
  snapshots: readonly ServiceSnapshot[],
  registry: UpstreamRegistry<UpstreamConnection>,
  previous: Services | undefined,
): Services {
  const services: Services = new Map();
  for (const snapshot of snapshots) {
    const config = JSON.stringify(snapshot);
    const known = previous?.get(snapshot.name);
    if (known?.config === config) {
      services.set(snapshot.name, known);
      continue;
    }
    const upstreams = snapshot.servers.map((server) => registry.get(server));
    const service = new Service(snapshot.name, upstreams, new RoundRobin(), snapshot.passHostHeader);
    services.set(snapshot.name, { config, service });
  }
  return services;
}
