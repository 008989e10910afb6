import type { RuleRequest } from '../rule/rule-request.ts';
import { type Candidate, firstOf } from './candidate.ts';

/** So many are looked through faster than they are looked up. */
const LINEAR_MAX = 8;

/** The routers of one host in priority order, found by path once they are many. */
export class PathIndex<T> {
  private readonly all: Candidate<T>[] = [];
  private byPath: ByPath<T> | undefined = undefined;

  /** Adds a router; call in priority order, highest first. */
  add(candidate: Candidate<T>): void {
    this.all.push(candidate);
    if (this.byPath !== undefined) this.byPath.add(candidate);
    else if (this.all.length > LINEAR_MAX) {
      this.byPath = new ByPath();
      for (const one of this.all) this.byPath.add(one);
    }
  }

  /** The router with the lowest rank below `below` that accepts the request. */
  best(request: RuleRequest, below: number): Candidate<T> | undefined {
    return this.byPath === undefined ? firstOf(this.all, request, below) : this.byPath.best(request, below);
  }
}

/**
 * A request looks at the routers of its exact path, at those of each prefix it begins with (one look-up for every length that a
 * prefix has), and at those that no path decides.
 */
class ByPath<T> {
  private readonly exact = new Map<string, Candidate<T>[]>();
  private readonly prefixes = new Map<string, Candidate<T>[]>();
  /** Of the prefixes, each once, ascending. */
  private lengths: readonly number[] = [];
  private readonly rest: Candidate<T>[] = [];

  add(candidate: Candidate<T>): void {
    const { paths } = candidate.rule;
    if (paths === undefined) {
      this.rest.push(candidate);
      return;
    }
    for (const path of paths.exact) this.exact.getOrInsertComputed(path, () => []).push(candidate);
    for (const prefix of paths.prefixes) {
      this.prefixes.getOrInsertComputed(prefix, () => []).push(candidate);
      if (this.lengths.includes(prefix.length)) continue;
      this.lengths = [...this.lengths, prefix.length].sort((left, right) => left - right);
    }
  }

  best(request: RuleRequest, below: number): Candidate<T> | undefined {
    const path = request.routingPath();
    let best = better(this.exact.get(path), request, undefined, below);
    for (const length of this.lengths) {
      if (length > path.length) break;
      best = better(this.prefixes.get(path.slice(0, length)), request, best, below);
    }
    return better(this.rest, request, best, below);
  }
}

function better<T>(
  list: readonly Candidate<T>[] | undefined,
  request: RuleRequest,
  best: Candidate<T> | undefined,
  below: number,
): Candidate<T> | undefined {
  return list === undefined ? best : (firstOf(list, request, best?.rank ?? below) ?? best);
}
