import type { DynamicConfig } from '../config/dynamic.ts';
import { NOOP_SERVICE, type RouterSnapshot, type Snapshot, type WantedCertificate } from './snapshot.ts';

/** What was published before: where the last good version of a router is. */
export interface LastPublished {
  readonly snapshot: Snapshot;
  readonly wanted: readonly WantedCertificate[];
}

/** Last good versions that go on, and the certificates they need. */
export interface KeptRouters {
  readonly routers: readonly RouterSnapshot[];
  readonly wanted: readonly WantedCertificate[];
  /** Names of the configured routers they stand for. */
  readonly names: ReadonlySet<string>;
}

const NOTHING: KeptRouters = { routers: [], wanted: [], names: new Set() };

/**
 * The last good versions of routers that labels have spoiled since (design section 6), middlewares included. Only where the
 * fault has nothing to do with who may visit: a router with a spoiled protection must not serve at all. One whose service is
 * gone, or whose requests another router has taken meanwhile, is not kept.
 */
export function keepLastGood(
  config: DynamicConfig,
  live: readonly RouterSnapshot[],
  last: LastPublished | undefined,
): KeptRouters {
  const names = new Set([
    ...config.broken.filter(({ mayKeepLast }) => mayKeepLast).map(({ name }) => name),
    ...config.routers.filter(({ mayKeepLast }) => mayKeepLast === true).map(({ name }) => name),
  ]);
  if (last === undefined || names.size === 0) return NOTHING;
  const services = new Set(config.services.map(({ name }) => name)).add(NOOP_SERVICE);
  const taken = new Set(live.filter(({ of }) => !names.has(of)).flatMap(claims));
  const routers = last.snapshot.routers.filter(
    (router) =>
      names.has(router.of) &&
      router.disabled === undefined &&
      services.has(router.service) &&
      !claims(router).some((claim) => taken.has(claim)),
  );
  const kept = new Set(routers.map(({ of }) => of));
  const isOfKept = (wanted: WantedCertificate): boolean =>
    wanted.routers.some((name) => routers.some((router) => router.tls && router.name === name));
  return { routers, wanted: last.wanted.filter(isOfKept), names: kept };
}

function claims({ rule, priority, tls, entrypoints }: RouterSnapshot): readonly string[] {
  return entrypoints.map((entrypoint) => `${entrypoint} ${tls} ${priority} ${rule}`);
}
