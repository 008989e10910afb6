import type { Workload } from '../config/workload.ts';
import { nearest } from '../lib/suggest.ts';
import { hostsOf } from '../rule/hosts-of.ts';
import type { RoutingView } from '../routing/routing-view.ts';
import type { RouterSnapshot } from '../routing/snapshot.ts';

/** A container that looks as if it were meant to answer a host, and why it does not. */
export interface LookAlike {
  readonly container: string;
  readonly reason: string;
}

const MAX_LOOK_ALIKES = 5;

/** The host itself when some router names it, else the most similar of all hosts that routers name. */
export function nearestHost(host: string, routers: readonly RouterSnapshot[]): string | undefined {
  const names = new Set(routers.flatMap(({ matcher }) => hostsOf(matcher).exact));
  return names.has(host) ? host : nearest(host, names);
}

/**
 * Containers that name the host in a label and have a fault there, or are called like it and say nothing. The sure ones
 * first, five at most.
 */
export function lookAlikes(host: string, view: RoutingView): readonly LookAlike[] {
  if (host === '') return [];
  const found = view.workloads.flatMap((workload) => judge(workload, host, view));
  return found
    .sort((left, right) => right.likeness - left.likeness)
    .slice(0, MAX_LOOK_ALIKES)
    .map(({ container, reason }) => ({ container, reason }));
}

function judge(
  workload: Workload,
  host: string,
  { problems, config }: RoutingView,
): readonly (LookAlike & { readonly likeness: number })[] {
  const { name: container, labels } = workload;
  const isRouted = config.routers.some(({ containers }) => containers.includes(container));
  const label = Object.keys(labels).find((key) => labels[key]?.toLowerCase().includes(host));
  const problem =
    problems.find((one) => one.container === container && one.label === label) ??
    problems.find((one) => one.container === container && one.severity === 'error');
  if (label !== undefined && problem !== undefined) {
    const where = problem.label === undefined ? '' : `${problem.label}: `;
    return [{ container, likeness: 3, reason: `${where}${problem.message}; ${problem.hint}` }];
  }
  if (label !== undefined && !isRouted) {
    return [{ container, likeness: 2, reason: `it names the host in the label ${label}, which makes no router` }];
  }
  const [first = ''] = host.split('.');
  const isNamesake = [workload.baseName, labels['com.docker.compose.service'], container].includes(first);
  if (!isNamesake || isRouted) return [];
  const reason = `it is called ${first} and no label of it names a host; add the label sluice.host=${host}`;
  return [{ container, likeness: 1, reason }];
}
