import type { RouterConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/problem.ts';
import { canonicalName } from '../lib/hostname.ts';
import { memo } from '../lib/memo.ts';
import type { RuleNode } from '../rule/ast.ts';
import type { Listener } from './listener.ts';
import { routerProblem } from './router-problem.ts';

/** A router with one of its listeners. */
export interface PlacedRouter {
  readonly router: RouterConfig;
  readonly listener: Listener;
  /** Plain requests for the same rule lead to it, so it claims them too. */
  readonly redirects: boolean;
}

/**
 * Of routers of different containers that answer the same requests (equal rule and priority on a common entrypoint) the
 * senior keeps them: one whose container runs before one whose does not, then the older. The others are left out with a
 * problem. Two ways to one service are no conflict.
 */
export function settleHostConflicts(placed: readonly PlacedRouter[]): {
  readonly kept: readonly PlacedRouter[];
  readonly problems: readonly Problem[];
} {
  const kept = new Map<string, PlacedRouter[]>();
  const lost = new Set<PlacedRouter>();
  const problems: Problem[] = [];
  for (const one of [...placed].sort(bySeniority)) {
    const key = `${one.router.priority} ${canonicalText(one.router.matcher)}`;
    const seniors = kept.getOrInsertComputed(key, () => []);
    const owner = seniors.find((senior) => collide(senior, one));
    if (owner === undefined) {
      seniors.push(one);
      if (one.redirects) seniors.push({ ...one, listener: { ...one.listener, entrypoints: ['http'], tls: undefined } });
    } else {
      lost.add(one);
      problems.push(conflict(owner.router, one.router));
    }
  }
  return { kept: placed.filter((one) => !lost.has(one)), problems };
}

function bySeniority({ router: left }: PlacedRouter, { router: right }: PlacedRouter): number {
  const rank = Number(right.running) - Number(left.running);
  if (rank !== 0) return rank;
  if (left.createdAt !== right.createdAt) return left.createdAt - right.createdAt;
  return left.name < right.name ? -1 : 1;
}

function collide(senior: PlacedRouter, other: PlacedRouter): boolean {
  const { router: left } = senior;
  const { router: right } = other;
  if (left.containers.some((container) => right.containers.includes(container)) && left.provider === right.provider) {
    return false;
  }
  const isSameWork = left.service === right.service && left.middlewares.join() === right.middlewares.join();
  if (isSameWork && left.disabled === right.disabled) return false;
  if ((senior.listener.tls === undefined) !== (other.listener.tls === undefined)) return false;
  return senior.listener.entrypoints.some((name) => other.listener.entrypoints.includes(name));
}

function conflict(owner: RouterConfig, loser: RouterConfig): Problem {
  return routerProblem(
    loser,
    {
      // What a stopped container says is of the past.
      severity: loser.running ? 'error' : 'warning',
      code: 'host_conflict',
      message: `${loser.rule} is already answered by ${owner.containers.join(', ')} (router ${owner.name})`,
      hint: 'use another host or path, or remove one of the two containers',
    },
    loser.labels.rule,
  );
}

const canonicalText = memo((matcher: RuleNode) => JSON.stringify(canonical(matcher)));

/** Hosts are compared without regard to case and trailing dot. */
function canonical(node: RuleNode): RuleNode {
  if (node.kind === 'not') return { kind: 'not', node: canonical(node.node) };
  if (node.kind !== 'match') return { kind: node.kind, nodes: node.nodes.map(canonical) };
  if (node.name !== 'Host') return node;
  return { ...node, args: node.args.map(canonicalName) };
}
