import { valueFault } from './label-check.ts';
import type { LabelGroup, Setting } from './label-group.ts';

/** The value if it is one of its label. If not that is an error, and what holds without the label holds: no site is lost over it. */
export function rightValue(group: LabelGroup, setting: Setting | undefined): string | undefined {
  if (setting === undefined) return undefined;
  const wrong = valueFault(setting.option, setting.value);
  if (wrong === undefined) return setting.value.trim();
  const message = `"${setting.value.slice(0, 80)}" ${wrong.message}`;
  group.error({ code: 'label_value', label: setting.label, message, hint: wrong.hint });
  return undefined;
}
