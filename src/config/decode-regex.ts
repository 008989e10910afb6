import { MAX_RULE_PROGRAMS, programSize } from '../rule/regexp-budget.ts';
import { regexpFault } from '../rule/regexp-fault.ts';
import type { LabelGroup } from './label-group.ts';

/** A regular expression; empty when it is missing or wrong. */
export function decodeRegex(group: LabelGroup, key: string): string {
  const setting = group.find(key);
  const regex = group.text(key) ?? '';
  const fault = regexpFault(regex);
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
  for (const regex of regexes) {
    const fault = regexpFault(regex);
    if (setting === undefined || fault === undefined) continue;
    const hint = regexes.length > 1 ? `${fault.hint}; a comma begins the next expression` : fault.hint;
    group.fail({ code: 'label_value', label: setting.label, message: fault.message, hint });
    return [];
  }
  if (setting !== undefined && programSize(regexes) > MAX_RULE_PROGRAMS) {
    const message = 'the regular expressions are too large together';
    const hint = 'shorten them, or lower their {repeat} counts';
    group.fail({ code: 'label_value', label: setting.label, message, hint });
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
