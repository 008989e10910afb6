import type { RouterSnapshot } from './snapshot.ts';

/** The order in which routers are tried: higher priority first; of equal ones those a person wrote before ours; then by name. */
export function byPrecedence(left: RouterSnapshot, right: RouterSnapshot): number {
  if (left.priority !== right.priority) return right.priority - left.priority;
  const rank = Number(isInternal(left)) - Number(isInternal(right));
  if (rank !== 0) return rank;
  return left.name < right.name ? -1 : left.name > right.name ? 1 : 0;
}

function isInternal({ name }: RouterSnapshot): boolean {
  return name.endsWith('@internal');
}
