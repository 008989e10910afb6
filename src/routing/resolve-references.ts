import type { DynamicConfig, MiddlewareConfig, RouterConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/problem.ts';
import { nearest } from '../lib/suggest.ts';
import type { ResolvedTransports } from './resolve-transports.ts';
import { routerProblem } from './router-problem.ts';
import { NOOP_SERVICE, type RouterSnapshot } from './snapshot.ts';

export interface References {
  readonly middlewares: RouterSnapshot['middlewares'];
  readonly service: string;
  readonly disabled: string | undefined;
  readonly problems: readonly Problem[];
}

const MAX_CANDIDATES = 300;

/** What a configuration defines, by name. */
export interface DefinedNames {
  readonly middlewares: ReadonlyMap<string, MiddlewareConfig>;
  readonly services: ReadonlySet<string>;
  /**
   * The nearest name. Each question is worked out once, because many routers ask the same, and among very many names none:
   * a thousand routers without their middleware must not stop the control plane.
   */
  suggest(kind: 'middlewares' | 'services' | 'transports', name: string): string | undefined;
}

/** Made once for all routers of a configuration. */
export function indexNames({ middlewares, services, transports }: DynamicConfig): DefinedNames {
  const names = {
    middlewares: new Map(middlewares.map((one) => [one.name, one])),
    services: new Set(services.map((one) => one.name)),
    transports: new Set(transports.map((one) => one.name)),
  };
  const guesses = new Map<string, string | undefined>();
  return {
    ...names,
    suggest: (kind, name) => {
      if (names[kind].size > MAX_CANDIDATES) return undefined;
      return guesses.getOrInsertComputed(`${kind} ${name}`, () => nearest(name, names[kind].keys()));
    },
  };
}

/**
 * Looks up what a router names. A middleware or service that is not there, or a service without its transport, disables it
 * (fail closed): it keeps its requests and answers them with the reason. `before` are middlewares of the entrypoint.
 */
export function resolveReferences(
  defined: DefinedNames,
  router: RouterConfig,
  before: readonly string[],
  transports: ResolvedTransports,
): References {
  const problems: Problem[] = [];
  const middlewares: RouterSnapshot['middlewares'][number][] = [];
  let { disabled } = router;
  const wanted = [
    ...before.map((name) => (name.includes('@') ? name : `${name}@${router.provider}`)),
    ...router.middlewares,
  ];
  for (const name of wanted) {
    const found = defined.middlewares.get(name);
    if (found !== undefined && found.options.type !== 'unusable') {
      middlewares.push({ name, options: found.options });
      continue;
    }
    const problem = middlewareProblem(defined, router, name, found);
    problems.push(problem);
    disabled ??= problem.message;
  }
  const isThere = router.service === NOOP_SERVICE || defined.services.has(router.service);
  // A router that is disabled already has said why; its service may be missing for the same reason.
  if (!isThere && disabled === undefined) {
    const problem = serviceProblem(defined, router);
    problems.push(problem);
    disabled = problem.message;
  }
  const transport = transports.ofService.get(router.service);
  const isReachable = transport === undefined || !('fault' in transport);
  if (!isReachable) disabled ??= transport.fault;
  return { middlewares, service: isThere && isReachable ? router.service : NOOP_SERVICE, disabled, problems };
}

function middlewareProblem(
  defined: DefinedNames,
  router: RouterConfig,
  name: string,
  found: MiddlewareConfig | undefined,
): Problem {
  const label = router.labels.middlewares;
  if (found === undefined || found.options.type !== 'unusable') {
    const guess = defined.suggest('middlewares', name);
    const hint = guess === undefined ? 'define it, or remove its name' : `did you mean ${guess}?`;
    const message = `there is no middleware ${name}`;
    return routerProblem(router, { severity: 'error', code: 'middleware_missing', message, hint }, label);
  }
  const { code, reason } = found.options;
  const isUnsupported = code === 'middleware_unsupported';
  return routerProblem(
    router,
    {
      severity: 'error',
      code: isUnsupported ? 'middleware_unsupported' : 'middleware_missing',
      message: `the middleware ${name} cannot work: ${reason}`,
      hint: isUnsupported ? 'remove its name only if the router may serve without it' : 'mend the middleware',
    },
    label,
  );
}

function serviceProblem(defined: DefinedNames, router: RouterConfig): Problem {
  const guess = defined.suggest('services', router.service);
  const hint = guess === undefined ? 'define it, or name another service' : `did you mean ${guess}?`;
  const message = `there is no service ${router.service}`;
  return routerProblem(router, { severity: 'error', code: 'service_missing', message, hint }, router.labels.service);
}
