import { withMembers } from '../config/composed.ts';
import type { DynamicConfig, RouterConfig, TransportConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/problem.ts';
import type { ReadUsersFile } from '../config/htpasswd.ts';
import type { ReadRootCas } from '../config/root-cas.ts';
import type { StaticConfig } from '../config/static-config.ts';
import { settleHostConflicts, type PlacedRouter } from './host-conflicts.ts';
import { type IdleRouter, idleRouters } from './idle-routers.ts';
import { confinePing, internalServices, pingRouter } from './internal-routes.ts';
import type { Listener } from './listener.ts';
import { ownListeners } from './own-listeners.ts';
import { companionRouter, entrypointRedirect } from './redirect-routers.ts';
import { byPrecedence } from './router-order.ts';
import { MiddlewareResolver } from './resolve-middlewares.ts';
import { resolveComposed } from './resolve-composed.ts';
import { indexNames, resolveReferences } from './resolve-references.ts';
import { resolveTransports, type ResolvedTransports } from './resolve-transports.ts';
import { type RouterTlsOptions, TlsOptionsResolver } from './resolve-tls-options.ts';
import type { OnDemandRouter, RouterSnapshot, ServiceSnapshot, Snapshot, WantedCertificate } from './snapshot.ts';
import { onDemandProblems } from './on-demand-problems.ts';
import { type RouterWithOptions, tlsOptionsProblems } from './tls-options-problems.ts';
import { traefikListeners } from './traefik-listeners.ts';
import { UniqueNames } from './unique-names.ts';
import { wantedCertificates, type TlsRouter } from './wanted-certificates.ts';

export interface BuiltSnapshot {
  readonly snapshot: Snapshot;
  readonly wanted: readonly WantedCertificate[];
  readonly onDemand: readonly OnDemandRouter[];
  readonly problems: readonly Problem[];
  /** Routers that are configured and have no place in the snapshot. */
  readonly idle: readonly IdleRouter[];
}

/**
 * Compiles dynamic configuration: defaults of the mode, references, redirects, one order of all routers, and the
 * certificates they need. Pure and total; equal input gives an equal snapshot, text for text. `readRootCas` reads what
 * transports name as their roots, `readUsers` what middlewares name as their users.
 */
export function buildSnapshot(
  given: DynamicConfig,
  staticConfig: StaticConfig,
  readRootCas: ReadRootCas,
  readUsers: ReadUsersFile,
): BuiltSnapshot {
  const config = { ...given, services: [...given.services, ...internalServices(staticConfig)] };
  const problems: Problem[] = [];
  const placed: PlacedRouter[] = [];
  const listenersOf = staticConfig.mode === 'sluice' ? ownListeners : traefikListeners;
  for (const router of config.routers) {
    const { listeners, redirects, problems: found } = listenersOf(router, staticConfig);
    problems.push(...found);
    for (const listener of listeners) placed.push({ router, listener, redirects });
  }
  const { kept, problems: conflicts } = settleHostConflicts(placed);
  problems.push(...conflicts);

  const routers: RouterSnapshot[] = [];
  const tlsRouters: TlsRouter[] = [];
  const defined = indexNames(config);
  const transports = resolveTransports(config, defined, staticConfig.transport, readRootCas);
  const composed = resolveComposed(config, defined);
  problems.push(...transports.problems, ...composed.problems);
  const resolver = new MiddlewareResolver(defined, readUsers);
  const internal = [...staticConfig.entrypoints.flatMap(entrypointRedirect), ...pingRouter(staticConfig)];
  const tls = new TlsOptionsResolver(config, staticConfig.tls, readRootCas);
  const withOptions: RouterWithOptions[] = [];
  const names = new UniqueNames([...config.routers, ...internal].map(({ name }) => name));
  for (const { router, listener, redirects } of kept) {
    const references = resolveReferences(defined, router, listener.middlewares, { transports, composed, resolver });
    problems.push(...references.problems);
    const name = listener.name === router.name ? router.name : names.take(listener.name);
    const options = listener.tls === undefined ? undefined : tls.resolve(router, listener.tls.options);
    const snapshot = routerSnapshot(router, { ...listener, name }, references, options);
    routers.push(snapshot);
    const { containers, matcher } = router;
    if (listener.tls !== undefined) {
      tlsRouters.push({ name: router.name, containers, matcher, tls: listener.tls });
      const { entrypoints } = listener;
      withOptions.push({ router, matcher, entrypoints, options: tls.policyOf(options?.name).id });
    }
    if (redirects) routers.push(companionRouter(snapshot, staticConfig, names.take(companionName(router.name))));
  }
  problems.push(...onDemandProblems(kept, staticConfig), ...tls.problems, ...tlsOptionsProblems(withOptions));
  const all = [...routers, ...internal].map(confinePing).sort(byPrecedence);
  const tlsOptions = tls.used(all.flatMap((router) => router.tlsOptions ?? []));
  return {
    snapshot: {
      routers: all,
      ...usedServices(config, all, transports),
      ...(Object.keys(tlsOptions).length === 0 ? {} : { tlsOptions }),
    },
    wanted: wantedCertificates(tlsRouters, staticConfig.acme),
    onDemand: tlsRouters
      .filter((router) => router.tls.onDemand === true)
      .map(({ name, matcher }) => ({ name, matcher })),
    problems,
    idle: idleRouters(config, all, conflicts),
  };
}

function routerSnapshot(
  router: RouterConfig,
  listener: Listener,
  references: Pick<RouterSnapshot, 'middlewares' | 'service' | 'disabled'>,
  options: RouterTlsOptions | undefined,
): RouterSnapshot {
  return {
    name: listener.name,
    of: router.name,
    rule: router.rule,
    matcher: router.matcher,
    priority: router.priority,
    entrypoints: listener.entrypoints,
    tls: listener.tls !== undefined,
    ...(options?.name === undefined ? {} : { tlsOptions: options.name }),
    middlewares: references.middlewares,
    service: references.service,
    disabled: references.disabled ?? options?.fault,
  };
}

/** `web@docker` → `web-redirect@internal`. */
function companionName(name: string): string {
  return `${name.slice(0, name.lastIndexOf('@'))}-redirect@internal`;
}

function usedServices(
  config: DynamicConfig,
  routers: readonly RouterSnapshot[],
  resolved: ResolvedTransports,
): Pick<Snapshot, 'services' | 'transports'> {
  const named = routers.map(({ service }) => service);
  const used = withMembers(config.services, named);
  const transports: Record<string, TransportConfig> = {};
  const services = config.services.flatMap((one): readonly ServiceSnapshot[] => {
    const { name, servers, passHostHeader, holdMs, balance, ejection, sticky, composed } = one;
    const transport = resolved.ofService.get(name);
    if (!used.has(name) || transport === undefined) return [];
    // A part of another: without its transport it is reached in no other way, and the others serve.
    if ('fault' in transport) return [{ name, servers: [], passHostHeader }];
    const service = {
      name,
      servers,
      passHostHeader,
      ...(holdMs === undefined ? {} : { holdMs }),
      ...(balance === undefined ? {} : { balance }),
      ...(ejection === undefined ? {} : { ejection }),
      ...(sticky === undefined ? {} : { sticky }),
      ...(composed === undefined ? {} : { composed }),
    };
    if (transport.name === undefined) return [service];
    transports[transport.name] = transport.config;
    return [{ ...service, transport: transport.name }];
  });
  return { services, transports };
}
