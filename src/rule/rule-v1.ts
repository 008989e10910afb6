import { parseRule, isRuleError } from './parse.ts';
import { printRule } from './print-rule.ts';
import type { RegexpBudget } from './regexp-budget.ts';

/** Matchers that v1 had and that now are a matcher and a middleware. */
const STRIPPING: Readonly<Record<string, string>> = { PathStrip: 'Path', PathPrefixStrip: 'PathPrefix' };

/**
 * A rule of Traefik v1 (`Host:a.com,b.com;PathPrefix:/x`) in today's syntax; undefined when the text is none, or says what
 * no rule can say. `;` joins, a comma is an alternative; templates are those of v2.
 */
export function translateRuleV1(text: string, budget?: RegexpBudget): string | undefined {
  const parts = text.split(';').filter((part) => part.trim() !== '');
  const calls = parts.map((part) => /^\s*([A-Za-z]+)\s*:(.*)$/s.exec(part));
  if (calls.length === 0) return undefined;
  const written: string[] = [];
  for (const call of calls) {
    if (call === null) return undefined;
    const name = STRIPPING[call[1] ?? ''] ?? call[1];
    const args = (call[2] ?? '').split(',').map((arg) => `\`${arg.trim()}\``);
    written.push(`${name}(${args.join(', ')})`);
  }
  const node = parseRule(written.join(' && '), 'v2', budget);
  return isRuleError(node) ? undefined : printRule(node);
}
