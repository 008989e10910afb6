import type { DynamicConfig, MiddlewareConfig, RouterConfig, ServiceConfig } from './dynamic.ts';
import type { Problem, ProblemCode } from './problem.ts';

/** A part of the dynamic configuration that one workload contributes. */
export interface Contribution {
  readonly container: string;
  readonly provider: string;
  readonly running: boolean;
  readonly routers: readonly RouterConfig[];
  readonly services: readonly ServiceConfig[];
  readonly middlewares: readonly MiddlewareConfig[];
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
  const routers = new Map<string, RouterConfig>();
  const services = new Map<string, ServiceConfig>();
  const middlewares = new Map<string, MiddlewareConfig>();
  for (const one of contributions) {
    const conflict = (code: ProblemCode, name: string, owner: string): void => {
      problems.push(conflictProblem(one, code, name, owner));
    };
    for (const router of one.routers) {
      const senior = routers.get(router.name);
      if (senior === undefined) routers.set(router.name, router);
      else if (isEqual(routerCore(senior), routerCore(router))) routers.set(router.name, uniteRouters(senior, router));
      else conflict('router_conflict', router.name, senior.containers.join(', '));
    }
    for (const service of one.services) {
      const senior = services.get(service.name);
      if (senior === undefined) services.set(service.name, service);
      else if (senior.passHostHeader === service.passHostHeader)
        services.set(service.name, uniteServices(senior, service));
      else conflict('service_conflict', service.name, senior.containers.join(', '));
    }
    for (const middleware of one.middlewares) {
      const senior = middlewares.get(middleware.name);
      if (senior === undefined) middlewares.set(middleware.name, middleware);
      else if (isEqual(senior.options, middleware.options)) {
        middlewares.set(middleware.name, { ...senior, containers: unite(senior.containers, middleware.containers) });
      } else conflict('label_conflict', middleware.name, senior.containers.join(', '));
    }
  }
  const config = { routers: sorted(routers), services: sorted(services), middlewares: sorted(middlewares) };
  return { config, problems };
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

/** What makes two definitions of a router the same. */
function routerCore(router: RouterConfig): unknown {
  const { rule, priority, entryPoints, middlewares, service, tls, disabled } = router;
  return { rule, priority, entryPoints, middlewares, service, tls, disabled };
}

function uniteRouters(senior: RouterConfig, other: RouterConfig): RouterConfig {
  return {
    ...senior,
    containers: unite(senior.containers, other.containers),
    createdAt: Math.min(senior.createdAt, other.createdAt),
    running: senior.running || other.running,
  };
}

function uniteServices(senior: ServiceConfig, other: ServiceConfig): ServiceConfig {
  const known = new Set(senior.servers.map(({ id }) => id));
  return {
    ...senior,
    containers: unite(senior.containers, other.containers),
    servers: [...senior.servers, ...other.servers.filter(({ id }) => !known.has(id))].sort(byId),
  };
}

function unite(left: readonly string[], right: readonly string[]): readonly string[] {
  return [...new Set([...left, ...right])].sort();
}

function byId(left: { readonly id: string }, right: { readonly id: string }): number {
  return left.id < right.id ? -1 : 1;
}

function sorted<Named extends { readonly name: string }>(map: ReadonlyMap<string, Named>): readonly Named[] {
  return [...map.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** Both sides come from the same code, so their keys have one order. */
function isEqual(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
