import type { MatchNode, RuleNode } from './ast.ts';
import { compileRule } from './compile.ts';
import type { RuleRequest } from './rule-request.ts';

/** Whether a rule matches a host: always, never, or as the rest of a request will have it. */
type Verdict = 'yes' | 'no' | 'maybe';

/**
 * Whether some request for this host (canonical form) can match the rule. Matchers of anything but the host leave it open, whichever way
 * they are asked.
 */
export function compileHostTest(rule: RuleNode): (host: string) => boolean {
  const judge = compileNode(rule);
  return (host) => judge(host) !== 'no';
}

function compileNode(node: RuleNode): (host: string) => Verdict {
  switch (node.kind) {
    case 'match':
      return compileMatch(node);
    case 'not': {
      const inner = compileNode(node.node);
      return (host) => OPPOSITE[inner(host)];
    }
    case 'and':
    case 'or':
  }
  const parts = node.nodes.map(compileNode);
  const [decisive, other]: readonly [Verdict, Verdict] = node.kind === 'or' ? ['yes', 'no'] : ['no', 'yes'];
  return (host) => {
    const verdicts = parts.map((part) => part(host));
    if (verdicts.includes(decisive)) return decisive;
    return verdicts.includes('maybe') ? 'maybe' : other;
  };
}

const OPPOSITE: Readonly<Record<Verdict, Verdict>> = { yes: 'no', no: 'yes', maybe: 'maybe' };

function compileMatch(node: MatchNode): (host: string) => Verdict {
  if (node.name !== 'Host' && node.name !== 'HostRegexp') return () => 'maybe';
  const matches = compileRule(node);
  // These two ask a request for nothing but its host.
  return (host) => (matches({ host, hostWithTrailingDot: () => host } as RuleRequest) ? 'yes' : 'no');
}
