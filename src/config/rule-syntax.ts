import type { RuleSyntax } from '../rule/ast.ts';
import type { LabelGroup } from './label-group.ts';

/** What a router's label `rulesyntax` says; undefined: nothing. Any other word than v2 means v3 (rules.md section 10). */
export function decodeRuleSyntax(group: LabelGroup): RuleSyntax | undefined {
  const setting = group.find('rulesyntax');
  if (setting === undefined) return undefined;
  const word = setting.value.trim().toLowerCase();
  if (word === 'v2') return 'v2';
  if (word !== 'v3') {
    const message = `"${setting.value.slice(0, 80)}" is neither v2 nor v3, so v3 holds`;
    group.warn({ code: 'label_value', label: setting.label, message, hint: 'write v3, or remove the label' });
  }
  return 'v3';
}
