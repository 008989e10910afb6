import { MAX_RULE_PROGRAMS, programSize, RegexpBudget } from '../rule/regexp-budget.ts';
import { MAX_PROGRAM_SIZE, regexpFault } from '../rule/regexp-fault.ts';
import { estimateProgramSize } from '../rule/regexp-size.ts';
import type { LabelGroup } from './label-group.ts';
import type { TextFault } from './value-hints.ts';

/** A regular expression; empty when it is missing or wrong. */
export function decodeRegex(group: LabelGroup, key: string): string {
  const setting = group.find(key);
  const regex = group.text(key) ?? '';
  const fault = setting === undefined ? undefined : payFor(regex, [group.regexps]);
  if (setting !== undefined && fault !== undefined) {
    group.fail({ code: 'label_value', label: setting.label, ...fault });
    return '';
  }
  return regex;
}

/** A list of them, which is cut at every comma. */
export function decodeRegexes(group: LabelGroup, key: string): readonly string[] {
  const setting = group.find(key);
  const regexes = group.list(key) ?? [];
  const own = new RegexpBudget(MAX_RULE_PROGRAMS);
  for (const regex of regexes) {
    const fault = payFor(regex, [own, group.regexps]);
    if (setting === undefined || fault === undefined) continue;
    const hint = regexes.length > 1 ? `${fault.hint}; a comma begins the next expression` : fault.hint;
    group.fail({ code: 'label_value', label: setting.label, message: fault.message, hint });
    return [];
  }
  if (
    setting !== undefined &&
    regexes.some((regex, index) => /\{\d*$/.test(regexes[index - 1] ?? '') && /^\d*\}/.test(regex))
  ) {
    const message = 'the comma of a {repeat} count begins the next expression';
    group.warn({ code: 'label_value', label: setting.label, message, hint: 'write the repeats out: x{1,2} is xx?' });
  }
  return regexes;
}

/** What is wrong with an expression, or with all of them together; where nothing is left to pay with it is not even compiled. */
function payFor(regex: string, budgets: readonly RegexpBudget[]): TextFault | undefined {
  const tooLarge = {
    message: 'the regular expressions are too large together',
    hint: 'shorten them, or lower their {repeat} counts',
  };
  if (budgets.some(({ isSpent }) => isSpent)) return tooLarge;
  const fault = regexpFault(regex);
  const size = fault === undefined ? programSize([regex]) : Math.min(MAX_PROGRAM_SIZE, estimateProgramSize(regex));
  const isPaid = budgets.map((budget) => budget.spend(size));
  return fault ?? (isPaid.includes(false) ? tooLarge : undefined);
}
