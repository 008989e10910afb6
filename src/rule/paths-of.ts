import type { RuleNode } from './ast.ts';

/** Paths that a rule cannot do without: every request it accepts has one of `exact`, or begins with one of `prefixes`. */
export interface RulePaths {
  readonly exact: readonly string[];
  readonly prefixes: readonly string[];
}

/**
 * The paths of `Path(…)` and `PathPrefix(…)` matchers that decide, for the index by path. Undefined when some part of the rule can
 * accept whatever the path is: ``Host(`a`)``, ``Path(`/x`) || Method(`GET`)``, ``!Path(`/x`)``, `PathRegexp`.
 */
export function pathsOf(rule: RuleNode): RulePaths | undefined {
  return collect(rule, false);
}

function collect(node: RuleNode, isNegated: boolean): RulePaths | undefined {
  switch (node.kind) {
    case 'not':
      return collect(node.node, !isNegated);
    case 'and':
    case 'or': {
      const parts = node.nodes.map((part) => collect(part, isNegated));
      // De Morgan: a negated `or` holds when all of its negated parts hold.
      const needsAll = (node.kind === 'and') !== isNegated;
      if (needsAll) return parts.find((part) => part !== undefined);
      return parts.every((part) => part !== undefined) ? unite(parts) : undefined;
    }
    case 'match':
  }
  if (isNegated) return undefined;
  const [path = ''] = node.args;
  if (node.name === 'Path') return { exact: [path], prefixes: [] };
  return node.name === 'PathPrefix' ? { exact: [], prefixes: [path] } : undefined;
}

function unite(parts: readonly RulePaths[]): RulePaths {
  return {
    exact: [...new Set(parts.flatMap(({ exact }) => exact))],
    prefixes: [...new Set(parts.flatMap(({ prefixes }) => prefixes))],
  };
}
