import type { SortedWanted } from './sort-wanted.ts';
import type { Specs } from './specs.ts';

/**
 * Leaves out what a wildcard covers that is obtained anyway (acme.md 8), and names its routers with the wildcard. Not while the wildcard
 * fails and there is no certificate for it: then each name is on its own again.
 */
export function foldCovered(
  sorted: readonly SortedWanted[],
  specs: Pick<Specs, 'held' | 'latestAttempt'>,
): readonly SortedWanted[] {
  const isCovering = ({ coveredBy }: SortedWanted): boolean =>
    coveredBy !== undefined && (specs.held(coveredBy) !== undefined || specs.latestAttempt(coveredBy) === undefined);
  const folded = sorted.filter(isCovering);
  if (folded.length === 0) return sorted;
  const left = new Set(folded);
  return sorted.flatMap((entry) => {
    if (left.has(entry)) return [];
    const key = entry.wanted.names.join(',');
    const guests = folded.filter(({ coveredBy }) => coveredBy?.join(',') === key);
    if (guests.length === 0) return [entry];
    const routers = [...entry.wanted.routers, ...guests.flatMap(({ wanted }) => wanted.routers)];
    return [{ ...entry, wanted: { ...entry.wanted, routers: [...new Set(routers)] } }];
  });
}
