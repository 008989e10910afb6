import type { MatchNode, RuleNode } from './ast.ts';

/** A rule as text in v3 syntax, which parses to the same tree. Operands of operators are in parentheses where it is needed. */
export function printRule(node: RuleNode<string>): string {
  if (node.kind === 'match') return printMatcher(node);
  if (node.kind === 'not') return `!${printOperand(node.node)}`;
  return node.nodes.map(printOperand).join(node.kind === 'and' ? ' && ' : ' || ');
}

/** One matcher: ``Host(`example.com`)``. */
export function printMatcher({ name, args }: Pick<MatchNode<string>, 'name' | 'args'>): string {
  return `${name}(${args.map(quote).join(', ')})`;
}

function printOperand(node: RuleNode<string>): string {
  return node.kind === 'and' || node.kind === 'or' ? `(${printRule(node)})` : printRule(node);
}

/** Between backticks nothing is escaped; what cannot stand there is written with escapes. */
function quote(text: string): string {
  return /[`\0-\x1f\x7f]/.test(text) ? JSON.stringify(text) : `\`${text}\``;
}
