import type {
  BrokenRouter,
  DynamicConfig,
  MiddlewareConfig,
  RouterConfig,
  ServerConfig,
  ServersTransportConfig,
  ServiceConfig,
  ServiceTransport,
} from './dynamic.ts';
import type { Problem, ProblemCode } from './problem.ts';
import type { TlsOptionsConfig } from './tls-options.ts';

/** A part of the dynamic configuration that one workload contributes. */
export interface Contribution {
  readonly container: string;
  readonly provider: string;
  readonly running: boolean;
  readonly routers: readonly RouterConfig[];
  readonly broken: readonly BrokenRouter[];
  readonly services: readonly ServiceConfig[];
  readonly middlewares: readonly MiddlewareConfig[];
  readonly transports: readonly ServersTransportConfig[];
  readonly tlsOptions: readonly TlsOptionsConfig[];
}

/**
 * Unites what several workloads say, the senior first: equal definitions of one name become one, their servers are
 * united. Of unequal ones the senior's stays and the other gets a problem, so that no workload can change another's.
 */
export function mergeContributions(contributions: readonly Contribution[]): {
  readonly config: DynamicConfig;
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const routers = new Map<string, RouterConfig[]>();
  const services = new Map<string, ServiceConfig[]>();
  const middlewares = new Map<string, MiddlewareConfig[]>();
  const transports = new Map<string, ServersTransportConfig[]>();
  const tlsOptions = new Map<string, TlsOptionsConfig[]>();
  for (const one of contributions) {
    const merge: Merge = (known, item, code, isLike) => {
      const alike = known.get(item.name);
      const [senior] = alike ?? [];
      if (alike === undefined || senior === undefined) known.set(item.name, [item]);
      else if (isLike(senior, item)) alike.push(item);
      else problems.push(conflictProblem(one, code, item.name, senior.containers.join(', ')));
    };
    for (const router of one.routers) merge(routers, router, 'router_conflict', areLikeRouters);
    for (const service of one.services) merge(services, service, 'service_conflict', areLikeServices);
    for (const middleware of one.middlewares) merge(middlewares, middleware, 'label_conflict', haveLikeOptions);
    for (const transport of one.transports) merge(transports, transport, 'label_conflict', haveLikeOptions);
    for (const options of one.tlsOptions) merge(tlsOptions, options, 'label_conflict', haveLikeOptions);
  }
  const config = {
    routers: united(routers, uniteRouters),
    broken: distinctBroken(contributions, routers),
    services: united(services, uniteServices),
    middlewares: united(middlewares, keepSenior),
    transports: united(transports, keepSenior),
    ...(tlsOptions.size === 0 ? {} : { tlsOptions: united(tlsOptions, keepSenior) }),
  };
  return { config, problems };
}

/** A replica whose labels are right makes up for one whose are not. */
function distinctBroken(
  contributions: readonly Contribution[],
  routers: ReadonlyMap<string, unknown>,
): readonly BrokenRouter[] {
  const broken = new Map(contributions.flatMap((one) => one.broken.map((router) => [router.name, router] as const)));
  return [...broken.values()]
    .filter(({ name }) => !routers.has(name))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

interface Defined {
  readonly name: string;
  readonly containers: readonly string[];
}

type Merge = <Item extends Defined>(
  known: Map<string, Item[]>,
  item: Item,
  code: ProblemCode,
  isLike: (senior: Item, other: Item) => boolean,
) => void;

/** Each name once, ordered by name. United at the end: one by one would cost the square of the replicas. */
function united<Item extends Defined>(
  known: ReadonlyMap<string, readonly Item[]>,
  unite: (senior: Item, all: readonly Item[]) => Item,
): readonly Item[] {
  return [...known.values()]
    .flatMap((alike) => {
      const [senior] = alike;
      if (senior === undefined) return [];
      // The same object as last time, where the workload has not changed: whoever works with it need not begin anew.
      if (alike.length === 1) return [senior];
      const containers = [...new Set(alike.flatMap((one) => one.containers))].sort();
      return [{ ...unite(senior, alike), containers }];
    })
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

function conflictProblem(one: Contribution, code: ProblemCode, name: string, owner: string): Problem {
  return {
    // What a stopped container says is of the past.
    severity: one.running ? 'error' : 'warning',
    code,
    provider: one.provider,
    container: one.container,
    object: name,
    message: `${name} is defined otherwise by ${owner}, which keeps it`,
    hint: 'give one of the two another name, or make their labels equal',
  };
}

function areLikeRouters(senior: RouterConfig, other: RouterConfig): boolean {
  return isEqual(routerCore(senior), routerCore(other));
}

/** What makes two definitions of a router the same. */
function routerCore(router: RouterConfig): unknown {
  const { rule, matcher, priority, entryPoints, middlewares, service, tls, tlsOptions, disabled } = router;
  // One text may mean two things: its syntax is a label of its own.
  return { rule, matcher, priority, entryPoints, middlewares, service, tls, tlsOptions, disabled };
}

function areLikeServices(senior: ServiceConfig, other: ServiceConfig): boolean {
  return (
    senior.passHostHeader === other.passHostHeader &&
    isEqual(senior.balance, other.balance) &&
    isEqual(senior.ejection, other.ejection) &&
    isEqual(senior.sticky, other.sticky) &&
    isEqual(senior.composed, other.composed) &&
    isEqual(senior.check, other.check) &&
    senior.holdMs === other.holdMs &&
    isEqual(transportCore(senior.transport), transportCore(other.transport))
  );
}

/** What a service's transport says, whichever labels say it. */
function transportCore(transport: ServiceTransport | undefined): unknown {
  return transport?.kind === 'own' ? transport.options : transport?.name;
}

function haveLikeOptions(senior: { readonly options: unknown }, other: { readonly options: unknown }): boolean {
  return isEqual(senior.options, other.options);
}

function uniteRouters(senior: RouterConfig, all: readonly RouterConfig[]): RouterConfig {
  return {
    ...senior,
    createdAt: all.reduce((oldest, { createdAt }) => Math.min(oldest, createdAt), senior.createdAt),
    running: all.some(({ running }) => running),
  };
}

function uniteServices(senior: ServiceConfig, all: readonly ServiceConfig[]): ServiceConfig {
  if (all.length === 1) return senior;
  const servers = new Map<string, ServerConfig>();
  for (const server of all.flatMap((one) => one.servers)) servers.getOrInsert(server.id, server);
  return { ...senior, servers: [...servers.values()].sort((left, right) => (left.id < right.id ? -1 : 1)) };
}

function keepSenior<Item>(senior: Item): Item {
  return senior;
}

/** Both sides come from the same code, so their keys have one order. */
function isEqual(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
