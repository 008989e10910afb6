import type { MiddlewareDraft, RouterDraft } from './draft.ts';
import { siteName } from './group-labels.ts';
import type { LabelGroup } from './label-group.ts';

/** Names of the sites that are in maintenance (`sluice.maintenance`). The unnamed one, empty, stands for all routers of its container. */
export function sitesInMaintenance(sites: ReadonlyMap<string, LabelGroup>): readonly string[] {
  return [...sites.values()].filter((group) => group.bool('maintenance') === true).map(({ name }) => name);
}

/**
 * The same routers, those in maintenance behind a middleware that answers in the place of all others. Its name has a dot, so that no
 * label can define another in its place. Hosts that only redirect to another one of the site go on to do so.
 */
export function closeForMaintenance(
  routers: readonly RouterDraft[],
  closed: readonly string[],
  baseName: string,
): { readonly routers: readonly RouterDraft[]; readonly middlewares: readonly MiddlewareDraft[] } {
  if (closed.length === 0) return { routers, middlewares: [] };
  const names = new Set(closed.includes('') ? [baseName] : closed.map((name) => siteName(baseName, name)));
  const middlewareOf = (site: string): string => `${site}.maintenance`;
  return {
    routers: routers.map((router) => {
      const site = closed.includes('') ? baseName : (router.site ?? '');
      if (!names.has(site) || router.service?.endsWith('@internal') === true) return router;
      return { ...router, middlewares: [middlewareOf(site), ...router.middlewares] };
    }),
    middlewares: [...names].map((site) => ({ name: middlewareOf(site), options: { type: 'maintenance' } })),
  };
}
