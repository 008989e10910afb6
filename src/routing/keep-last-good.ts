import type { DynamicConfig, MiddlewareConfig, RouterConfig } from '../config/dynamic.ts';
import { NOOP_SERVICE } from './snapshot.ts';

/** The last good version of each configured router, and what a site of the shorthand made beside them. */
export interface LastGood {
  readonly routers: ReadonlyMap<string, RouterConfig>;
  readonly middlewares: ReadonlyMap<string, MiddlewareConfig>;
}

const NONE: ReadonlySet<string> = new Set();

export const NOTHING_GOOD: LastGood = { routers: new Map(), middlewares: new Map() };

/** A configuration in which last good versions stand for what labels have spoiled since. */
export interface RestoredConfig {
  readonly config: DynamicConfig;
  /** Names of the routers that stand for others. */
  readonly kept: ReadonlySet<string>;
  /** What to restore from next time. */
  readonly last: LastGood;
}

/** What a spoiled router still says, whether or not it could be made. */
type Spoiled = Pick<RouterConfig, 'name' | 'owner' | 'containers' | 'running' | 'middlewares' | 'tlsOptions'>;

/**
 * Puts the last good version in the place of each router that labels have spoiled (design section 6), where the fault has nothing to do
 * with who may visit. Only what says where the router answers is old: its middlewares and TLS options are those that the labels name now, defined as they
 * are now, so no protection is ever older than its labels. The labels must be the same owner's.
 */
export function restoreLastGood(config: DynamicConfig, last: LastGood): RestoredConfig {
  const spoiled: readonly Spoiled[] = [
    ...config.broken.filter(({ mayKeepLast }) => mayKeepLast),
    ...config.routers.filter(({ mayKeepLast }) => mayKeepLast === true),
  ];
  if (spoiled.length === 0) return { config, kept: NONE, last: remember(config) };
  const restored = new Map(spoiled.flatMap((one) => versionsOf(one, last).map((router) => [router.name, router])));
  const replaced = new Set(restored.keys());
  const routers = [...config.routers.filter(({ name }) => !replaced.has(name)), ...restored.values()];
  const own = new Set(config.middlewares.map(({ name }) => name));
  const named = new Set([...restored.values()].flatMap(({ middlewares }) => middlewares));
  const middlewares = [...last.middlewares.values()].filter(({ name }) => named.has(name) && !own.has(name));
  const next = {
    ...config,
    routers: routers.sort((left, right) => (left.name < right.name ? -1 : 1)),
    broken: config.broken.filter(({ name }) => !replaced.has(name)),
    middlewares: [...config.middlewares, ...middlewares],
  };
  return { config: next, kept: replaced, last: remember(next) };
}

function versionsOf(spoiled: Spoiled, last: LastGood): readonly RouterConfig[] {
  const { name, owner, containers, running } = spoiled;
  // Whoever's labels are right comes before it.
  const now = { containers, createdAt: Number.MAX_SAFE_INTEGER, running };
  const versions = [...last.routers.values()].filter(
    (one) => one.owner === owner && (one.name === name || one.site === name),
  );
  return versions.map((one) => {
    const { tlsOptions: _, ...version } = one;
    return { ...version, ...now, ...tlsOf(one, spoiled), middlewares: middlewaresOf(one, spoiled, last) };
  });
}

/** What clients have to fulfil is what the labels say now, and that over TLS only. */
function tlsOf({ tls }: RouterConfig, { tlsOptions }: Spoiled): Pick<RouterConfig, 'tls' | 'tlsOptions'> {
  if (tlsOptions === undefined) return { tls };
  const isSaid = tls.mode === 'auto' || tls.mode === 'internal';
  return { tls: isSaid ? tls : { mode: 'auto', resolver: undefined, domains: [] }, tlsOptions };
}

/** Those that the labels name now, behind those of the last version's own addresses. */
function middlewaresOf(version: RouterConfig, spoiled: Spoiled, last: LastGood): readonly string[] {
  const ofAddress = version.middlewares.filter((name) => last.middlewares.has(name));
  // Only redirects to another host of the site: whoever follows one meets its protections there.
  if (version.service === NOOP_SERVICE && ofAddress.length === version.middlewares.length) return ofAddress;
  const wanted = new Set([...ofAddress, ...spoiled.middlewares]);
  const isUnchanged =
    wanted.size === version.middlewares.length && version.middlewares.every((name) => wanted.has(name));
  return isUnchanged ? version.middlewares : [...wanted];
}

function remember({ routers, middlewares }: DynamicConfig): LastGood {
  const good = routers.filter(({ disabled }) => disabled === undefined);
  const sites = new Set(good.map(({ site }) => site).filter((site) => site !== undefined));
  return {
    routers: new Map(good.map((router) => [router.name, router])),
    middlewares: new Map(
      middlewares.filter((one) => isOfSite(one, sites)).map((middleware) => [middleware.name, middleware]),
    ),
  };
}

/** Made of a site's addresses, and gone when these cannot be read: they say which path or host is meant, not who may come. */
function isOfSite({ name, options }: MiddlewareConfig, sites: ReadonlySet<string>): boolean {
  if (options.type === 'redirectHost') return true;
  if (options.type !== 'stripPrefix') return false;
  // `web-strip`, `web-2-strip`; a site may itself be called `web-2`.
  const site = name.replace(/-strip@/, '@');
  return site !== name && (sites.has(site) || sites.has(site.replace(/-\d+@/, '@')));
}
