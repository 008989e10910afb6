import { canonicalName } from '../lib/hostname.ts';
import type { RuleNode } from './ast.ts';

/** The hosts a rule names positively. */
export interface RuleHosts {
  /** Exact names, lower case, without trailing dot, in text order, each once. Also under `||`. */
  readonly exact: readonly string[];
  /** Wildcards in the same form: `*.example.com`. */
  readonly wildcards: readonly string[];
  /**
   * True when every request that matches has one of these hosts, so that an index by host may file the rule under
   * them alone. False when some part of the rule can match whatever the host is: ``PathPrefix(`/x`)``,
   * ``Host(`a`) || Path(`/x`)``, ``HostRegexp(…)``, ``!Host(`a`)``, ``Host(`*`)``.
   */
  readonly isComplete: boolean;
}

/**
 * Collects the hosts of `Host(…)` matchers, for certificates and for the index by host. A negated host is not
 * collected (`!!Host` is); `HostRegexp` and ``Host(`*`)`` name nothing. ``Host(`a`) && Host(`b`)`` names both.
 */
export function hostsOf(rule: RuleNode): RuleHosts {
  const names = new Set<string>();
  const isComplete = collect(rule, false, names);
  const all = [...names];
  return {
    exact: all.filter((name) => !name.startsWith('*')),
    wildcards: all.filter((name) => name.startsWith('*')),
    isComplete,
  };
}

/** Adds the hosts of a node to `names`; returns whether the node needs one of its hosts in order to match. */
function collect(node: RuleNode, isNegated: boolean, names: Set<string>): boolean {
  switch (node.kind) {
    case 'not':
      return collect(node.node, !isNegated, names);
    case 'and':
    case 'or': {
      const parts = node.nodes.map((part) => collect(part, isNegated, names));
      // De Morgan: a negated `or` holds when all of its negated parts hold.
      const needsAll = (node.kind === 'and') !== isNegated;
      return needsAll ? parts.includes(true) : !parts.includes(false);
    }
    case 'match':
  }
  if (node.name !== 'Host' || isNegated) return false;
  const host = canonicalName(node.args[0] ?? '');
  if (host === '*') return false;
  if (host !== '') names.add(host);
  return true;
}
