import type { RuleNode } from '../rule/ast.ts';
import { compileRule } from '../rule/compile.ts';
import { hostsOf, type RuleHosts } from '../rule/hosts-of.ts';
import { pathsOf, type RulePaths } from '../rule/paths-of.ts';
import type { RulePredicate, RuleRequest } from '../rule/rule-request.ts';

/** A rule made ready for the index: compiled once, however often the index is built anew. */
export interface CompiledRule {
  readonly hosts: RuleHosts;
  readonly paths: RulePaths | undefined;
  /** Undefined when the host alone decides. */
  readonly accepts: RulePredicate | undefined;
}

/** Compiles a rule for `HostIndex`. */
export function compileForIndex(rule: RuleNode): CompiledRule {
  const hosts = hostsOf(rule);
  const isHostAlone = hosts.isComplete && rule.kind === 'match';
  return { hosts, paths: pathsOf(rule), accepts: isHostAlone ? undefined : compileRule(rule) };
}

/** A router in the index. */
export interface Candidate<T> {
  readonly value: T;
  /** Position in priority order; lower is tried first. */
  readonly rank: number;
  readonly rule: CompiledRule;
}

/** The first of a ranked list, before the rank `below`, that accepts the request. */
export function firstOf<T>(
  candidates: readonly Candidate<T>[],
  request: RuleRequest,
  below: number,
): Candidate<T> | undefined {
  for (const candidate of candidates) {
    if (candidate.rank >= below) return undefined;
    const { accepts } = candidate.rule;
    if (accepts === undefined || accepts(request)) return candidate;
  }
  return undefined;
}
