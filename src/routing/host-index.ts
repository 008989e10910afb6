import type { RuleRequest } from '../rule/rule-request.ts';
import type { Candidate, CompiledRule } from './candidate.ts';
import { PathIndex } from './path-index.ts';

/**
 * Finds the first matching router in priority order. Routers whose rule needs a host are filed under it, so the cost of a
 * match does not grow with the routers of other hosts; the rest are tried for every host. Within each, paths decide.
 */
export class HostIndex<T> {
  private readonly exact = new Map<string, PathIndex<T>>();
  /** By suffix with its dot: `.example.com` for `*.example.com`. */
  private readonly wildcard = new Map<string, PathIndex<T>>();
  private readonly anywhere = new PathIndex<T>();
  private hasOthers = false;
  private size = 0;

  /** Adds a router; call in priority order, highest first. */
  add(rule: CompiledRule, value: T): void {
    const candidate: Candidate<T> = { value, rank: this.size++, rule };
    const { isComplete, exact, wildcards } = rule.hosts;
    this.hasOthers ||= !isComplete || wildcards.length > 0;
    if (!isComplete) {
      this.anywhere.add(candidate);
      return;
    }
    for (const host of exact) file(this.exact, host, candidate);
    for (const host of wildcards) file(this.wildcard, host.slice(1), candidate);
  }

  /** The value of the first router whose rule accepts the request. */
  match(request: RuleRequest): T | undefined {
    const { host } = request;
    let best = this.exact.get(host)?.best(request, Infinity);
    if (!this.hasOthers) return best?.value;
    const dot = host.indexOf('.');
    if (dot > 0) best = this.wildcard.get(host.slice(dot))?.best(request, best?.rank ?? Infinity) ?? best;
    return (this.anywhere.best(request, best?.rank ?? Infinity) ?? best)?.value;
  }
}

function file<T>(map: Map<string, PathIndex<T>>, key: string, candidate: Candidate<T>): void {
  const index = map.get(key);
  if (index === undefined) {
    const fresh = new PathIndex<T>();
    fresh.add(candidate);
    map.set(key, fresh);
  } else index.add(candidate);
}
