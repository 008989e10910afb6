import type { Workload } from './workload.ts';

const COMPOSE_SERVICE = 'com.docker.compose.service';

/** The host of a router that names none: `SERVICE.DOMAIN` with `--domain`. Undefined: there is none. */
export function defaultHost(
  workload: Pick<Workload, 'labels' | 'baseName'>,
  domain: string | undefined,
): string | undefined {
  if (domain === undefined) return undefined;
  const label = hostLabel(workload.labels[COMPOSE_SERVICE] ?? workload.baseName);
  return label === '' ? undefined : `${label}.${domain}`;
}

/** One label of a host name: letters, digits and inner hyphens, 63 at most. */
function hostLabel(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
}
