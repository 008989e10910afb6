import type { DynamicConfig, MiddlewareConfig, RouterConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/problem.ts';
import { nearest } from '../lib/suggest.ts';
import { MAX_MIDDLEWARES, type MiddlewareResolver } from './resolve-middlewares.ts';
import type { ResolvedComposed } from './resolve-composed.ts';
import type { ResolvedTransports } from './resolve-transports.ts';
import { routerProblem } from './router-problem.ts';
import { NOOP_SERVICE, type RouterSnapshot } from './snapshot.ts';

/** What looks up what routers and services name. */
export interface Resolvers {
  readonly transports: ResolvedTransports;
  readonly composed: ResolvedComposed;
  readonly resolver: MiddlewareResolver;
}

export interface References {
  readonly middlewares: RouterSnapshot['middlewares'];
  readonly service: string;
  readonly disabled: string | undefined;
  readonly problems: readonly Problem[];
}

const MAX_CANDIDATES = 300;
const INTERNAL_HINT =
  "the API is at the address of --admin; Traefik's --api and --ping let a router lead there; else remove this router";

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
      return guesses.getOrInsertComputed(
        `${kind} ${name}`,
        () => ofAnotherProvider(name, names[kind].keys()) ?? nearest(name, names[kind].keys()),
      );
    },
  };
}

/** `api@docker` for `api@swarm`: the name is right and the provider is not. */
function ofAnotherProvider(name: string, candidates: Iterable<string>): string | undefined {
  const short = `${name.replace(/@.*$/s, '')}@`;
  for (const candidate of candidates) if (candidate.startsWith(short)) return candidate;
  return undefined;
}

/**
 * Looks up what a router names. A middleware or service that is not there, or a service without its transport, disables it
 * (fail closed): it keeps its requests and answers them with the reason. `before` are middlewares of the entrypoint. One in
 * maintenance answers nothing else.
 */
export function resolveReferences(
  defined: DefinedNames,
  router: RouterConfig,
  before: readonly string[],
  { transports, composed, resolver }: Resolvers,
): References {
  const problems: Problem[] = [];
  const middlewares: RouterSnapshot['middlewares'][number][] = [];
  let { disabled } = router;
  const wanted = [
    ...before.map((name) => (name.includes('@') ? name : `${name}@${router.provider}`)),
    ...router.middlewares,
  ];
  for (const name of wanted) {
    const resolved = resolver.resolve(name);
    if ('list' in resolved) middlewares.push(...resolved.list);
    else {
      problems.push(routerProblem(router, { severity: 'error', ...resolved.fault }, router.labels.middlewares));
      disabled ??= resolved.fault.message;
    }
  }
  if (middlewares.length > MAX_MIDDLEWARES) {
    const problem = tooManyProblem(router, middlewares.length);
    problems.push(problem);
    disabled ??= problem.message;
    middlewares.length = 0;
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
  const broken = composed.faultOf(router.service);
  disabled ??= broken;
  const service = isThere && isReachable && broken === undefined ? router.service : NOOP_SERVICE;
  const closed = middlewares.find(({ options }) => options.type === 'maintenance');
  // It answers in the place of everything else, whatever is wrong with that; its servers stay ready for the end of it.
  if (closed !== undefined) return { middlewares: [closed], service, disabled: undefined, problems };
  return { middlewares, service, disabled, problems };
}

function tooManyProblem(router: RouterConfig, count: number): Problem {
  const message = `it has ${count} middlewares, more than ${MAX_MIDDLEWARES}`;
  const hint = 'name fewer; the members of chains count';
  return routerProblem(router, { severity: 'error', code: 'label_value', message, hint }, router.labels.middlewares);
}

function serviceProblem(defined: DefinedNames, router: RouterConfig): Problem {
  const guess = defined.suggest('services', router.service);
  const isInternal = router.service.endsWith('@internal');
  const usual = isInternal ? INTERNAL_HINT : 'define it, or name another service';
  const hint = guess === undefined || isInternal ? usual : `did you mean ${guess}?`;
  const message = `there is no service ${router.service}`;
  return routerProblem(router, { severity: 'error', code: 'service_missing', message, hint }, router.labels.service);
}
