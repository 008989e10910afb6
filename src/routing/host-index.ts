import type { RuleNode } from '../rule/ast.ts';
import { compileRule } from '../rule/compile.ts';
import { hostsOf } from '../rule/hosts-of.ts';
import type { RulePredicate, RuleRequest } from '../rule/rule-request.ts';

interface Candidate<T> {
  readonly value: T;
  /** Position in priority order; lower is tried first. */
  readonly rank: number;
  /** Undefined when the host alone decides. */
  readonly accepts: RulePredicate | undefined;
}

const NONE: readonly never[] = [];

/**
 * Finds the first matching router in priority order. Routers whose rule needs a host are filed under it, so the cost of a
 * match does not grow with the routers of other hosts; the rest are tried for every host.
 */
export class HostIndex<T> {
  private readonly exact = new Map<string, Candidate<T>[]>();
  /** By suffix with its dot: `.example.com` for `*.example.com`. */
  private readonly wildcard = new Map<string, Candidate<T>[]>();
  private readonly anywhere: Candidate<T>[] = [];
  private size = 0;

  /** Adds a router; call in priority order, highest first. */
  add(rule: RuleNode, value: T): void {
    const rank = this.size++;
    const hosts = hostsOf(rule);
    if (!hosts.isComplete) {
      this.anywhere.push({ value, rank, accepts: compileRule(rule) });
      return;
    }
    const isBare = rule.kind === 'match';
    const candidate: Candidate<T> = { value, rank, accepts: isBare ? undefined : compileRule(rule) };
    for (const host of hosts.exact) file(this.exact, host, candidate);
    for (const host of hosts.wildcards) file(this.wildcard, host.slice(1), candidate);
  }

  /** The value of the first router whose rule accepts the request. */
  match(request: RuleRequest): T | undefined {
    const { host } = request;
    const exact = this.exact.get(host) ?? NONE;
    if (this.wildcard.size === 0 && this.anywhere.length === 0) return firstOf(exact, request);
    const dot = host.indexOf('.');
    const wildcard = (dot > 0 ? this.wildcard.get(host.slice(dot)) : undefined) ?? NONE;
    return firstOfThree(exact, wildcard, this.anywhere, request);
  }
}

function file<T>(map: Map<string, Candidate<T>[]>, key: string, candidate: Candidate<T>): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [candidate]);
  else list.push(candidate);
}

function firstOf<T>(candidates: readonly Candidate<T>[], request: RuleRequest): T | undefined {
  for (const candidate of candidates) {
    if (candidate.accepts === undefined || candidate.accepts(request)) return candidate.value;
  }
  return undefined;
}

/** Walks three ranked lists as one, without building it. */
function firstOfThree<T>(
  exact: readonly Candidate<T>[],
  wildcard: readonly Candidate<T>[],
  anywhere: readonly Candidate<T>[],
  request: RuleRequest,
): T | undefined {
  let e = 0;
  let w = 0;
  let a = 0;
  for (;;) {
    const exactRank = exact[e]?.rank ?? Infinity;
    const wildcardRank = wildcard[w]?.rank ?? Infinity;
    const anywhereRank = anywhere[a]?.rank ?? Infinity;
    const lowest = Math.min(exactRank, wildcardRank, anywhereRank);
    if (lowest === Infinity) return undefined;
    const candidate = lowest === exactRank ? exact[e++]! : lowest === wildcardRank ? wildcard[w++]! : anywhere[a++]!;
    if (candidate.accepts === undefined || candidate.accepts(request)) return candidate.value;
  }
}
