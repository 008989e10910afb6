import { isFallback, valueFault } from './label-check.ts';
import type { LabelGroup, Setting } from './label-group.ts';
import { quoteValue } from './quote-value.ts';

/**
 * Says that a label has no effect yet; or, that it will never have one, because its value is wrong. TCP and UDP are told of
 * by object, not by label.
 */
export function reportInactive(group: LabelGroup, setting: Setting): void {
  const { label, option, value } = setting;
  const isOfObject = /^(tcp|udp)/.test(option.object);
  const wrong = valueFault(option, value);
  if (wrong !== undefined) {
    const { message, ...rest } = wrong;
    const fault = { code: 'label_value', label, message: `${quoteValue(option, value)} ${message}`, ...rest } as const;
    // What does not act must not cost anybody his site.
    if (isOfObject) group.fail(fault);
    else group.error(fault);
    return;
  }
  if (isOfObject || isFallback(option, value)) return;
  group.warn({
    code: 'not_acted_on',
    label,
    message: 'this label is known but has no effect yet',
    hint: 'remove it, or do without it for now',
  });
}

/** A protection that is not there: what it belongs to must not serve without it. */
export function failUnprotected(group: LabelGroup, { label, option, value }: Setting): void {
  if (isFallback(option, value)) return;
  group.fail({
    code: 'not_acted_on',
    label,
    message: 'this protection cannot be given yet, so nothing is served without it',
    hint: 'remove the label only if everybody may have access',
  });
}
