import { compileRegexp } from '../lib/compile-regexp.ts';
import type { RuleNode } from './ast.ts';

/**
 * Instructions of all regular expressions together. A thousand make about 1.5 ms of compiling and 150 kB, in every thread; the longest
 * rules people write have some hundreds of hosts, most of them without an expression.
 */
export const MAX_RULE_PROGRAMS = 5000;
export const MAX_WORKLOAD_PROGRAMS = 20_000;

/** What is left of the instructions that somebody's expressions may have. */
export class RegexpBudget {
  #left: number;

  constructor(size: number) {
    this.#left = size;
  }

  get isSpent(): boolean {
    return this.#left < 0;
  }

  /** False when there is less left. */
  spend(size: number): boolean {
    this.#left -= size;
    return !this.isSpent;
  }
}

/** Instructions of expressions that are known to compile. */
export function programSize(patterns: readonly string[]): number {
  return patterns.reduce((sum, pattern) => sum + compileRegexp(pattern).programSize(), 0);
}

/** The expressions of a rule, as often as they stand in it. */
export function regexpsOf(rule: RuleNode<string>): readonly string[] {
  if (rule.kind === 'not') return regexpsOf(rule.node);
  if (rule.kind !== 'match') return rule.nodes.flatMap(regexpsOf);
  if (!rule.name.endsWith('Regexp')) return [];
  // With one argument `QueryRegexp` asks for an empty value.
  const isNamed = rule.name === 'HeaderRegexp' || rule.name === 'QueryRegexp';
  return isNamed ? rule.args.slice(1) : rule.args;
}
