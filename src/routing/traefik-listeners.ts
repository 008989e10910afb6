import type { RouterConfig, RouterTls } from '../config/dynamic.ts';
import type { Problem } from '../config/problem.ts';
import type { EntrypointConfig, StaticConfig } from '../config/static-config.ts';
import { nearest } from '../lib/suggest.ts';
import type { Listener, Listeners, ListenerTls } from './listener.ts';
import { routerProblem } from './router-problem.ts';

/**
 * Where a router listens in Traefik's mode (traefik-labels.md section 8): on the entrypoints it names, else on the default
 * ones, else on all; TLS only where it or the entrypoint asks. Entrypoints with unlike defaults split the router.
 */
export function traefikListeners(router: RouterConfig, staticConfig: StaticConfig): Listeners {
  const problems: Problem[] = [];
  const entrypoints = entrypointsOf(router, staticConfig.entrypoints, problems);
  const made = entrypoints.map((entrypoint) => listenerAt(router, entrypoint, staticConfig, problems));
  return { listeners: unite(router, made), redirects: false, problems: distinct(problems) };
}

function entrypointsOf(
  router: RouterConfig,
  all: readonly EntrypointConfig[],
  problems: Problem[],
): readonly EntrypointConfig[] {
  if (router.entryPoints === undefined) {
    const marked = all.filter(({ defaults }) => defaults?.isDefault === true);
    // The entrypoint `traefik` is the dashboard's and never a default one.
    return marked.length > 0 ? marked : all.filter(({ name }) => name !== 'traefik');
  }
  return [...new Set(router.entryPoints)].flatMap((name) => {
    const entrypoint = all.find((one) => one.name === name);
    if (entrypoint !== undefined) return [entrypoint];
    const names = all.map((one) => one.name);
    const guess = nearest(name, names);
    const hint = guess === undefined ? `the entrypoints are ${names.join(', ')}` : `did you mean ${guess}?`;
    const fault = {
      severity: 'error',
      code: 'entrypoint_unknown',
      message: `there is no entrypoint ${name}`,
      hint,
    } as const;
    problems.push(routerProblem(router, fault, router.labels.entryPoints));
    return [];
  });
}

function listenerAt(
  router: RouterConfig,
  { name, defaults }: EntrypointConfig,
  staticConfig: StaticConfig,
  problems: Problem[],
): Listener {
  const isFromEntrypoint = router.tls.mode === 'unsaid' && defaults?.tls !== undefined;
  const { options, ...asked } = defaults?.tls ?? {};
  const tls: RouterTls = isFromEntrypoint ? { mode: 'auto', ...NO_TLS, ...asked } : router.tls;
  const made = listenerTls(router, tls, staticConfig, problems);
  const hasOptions = isFromEntrypoint && options !== undefined && router.tlsOptions === undefined;
  return {
    name: router.name,
    entrypoints: [name],
    tls: made === undefined || !hasOptions ? made : { ...made, options },
    middlewares: defaults?.middlewares ?? [],
  };
}

const NO_TLS = { resolver: undefined, domains: [] };

function listenerTls(
  router: RouterConfig,
  tls: RouterTls,
  { resolvers }: StaticConfig,
  problems: Problem[],
): ListenerTls | undefined {
  if (tls.mode === 'unsaid' || tls.mode === 'off') return undefined;
  if (tls.mode === 'internal') return { issuer: 'internal', domains: [] };
  const { resolver, domains } = tls;
  const onDemand = tls.onDemand === true ? ({ onDemand: true } as const) : {};
  if (resolver === undefined || resolver === '') {
    // Traefik's `tls=true` alone means its default certificate; ours means an automatic one.
    const isOurs = router.labels.tls?.toLowerCase().startsWith('sluice.') === true;
    return { issuer: isOurs ? 'acme' : 'internal', domains, ...(isOurs ? onDemand : {}) };
  }
  if (resolvers.includes(resolver)) return { issuer: 'acme', domains, ...onDemand };
  const guess = nearest(resolver, resolvers);
  const known = resolvers.length === 0 ? 'no resolver is configured' : `the resolvers are ${resolvers.join(', ')}`;
  const fault = {
    severity: 'error',
    code: 'resolver_unknown',
    message: `there is no resolver ${resolver}; the local authority signs instead`,
    hint: guess === undefined ? known : `did you mean ${guess}?`,
  } as const;
  problems.push(routerProblem(router, fault, router.labels.resolver));
  return { issuer: 'internal', domains };
}

/** One listener on all entrypoints when they agree; else one for each, named `<entrypoint>-<router>`. */
function unite(router: RouterConfig, made: readonly Listener[]): readonly Listener[] {
  const [first] = made;
  if (first === undefined) return [];
  const isLike = (other: Listener): boolean =>
    JSON.stringify([other.tls, other.middlewares]) === JSON.stringify([first.tls, first.middlewares]);
  if (made.every(isLike)) return [{ ...first, entrypoints: made.flatMap(({ entrypoints }) => entrypoints) }];
  return made.map((listener) => ({ ...listener, name: `${listener.entrypoints[0]}-${router.name}` }));
}

function distinct(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
