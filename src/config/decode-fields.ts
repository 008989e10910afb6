import { octets } from '../lib/octets.ts';
import type { LabelGroup, Setting } from './label-group.ts';
import type { FieldEntry } from './middleware-options.ts';
import { isOfLogin } from './quote-value.ts';

/** Fields of messages that no label may touch: they say how a message is framed, or the router writes them itself. */
const MANAGED = new Set(
  'content-length transfer-encoding connection keep-alive proxy-connection te trailer upgrade http2-settings'.split(
    ' ',
  ),
);
const MANAGED_OF = {
  request: new Set([...MANAGED, 'via', 'expect']),
  response: new Set([...MANAGED, 'date']),
} as const;

/** What is needed of a group: whose fault a fault is may be its caller's word. */
type Fields = Pick<LabelGroup, 'settings' | 'fail'>;

/** The fields that labels `<key>NAME` set; an empty value removes one. `key` ends with `<header>` in the option table. */
export function decodeFields(group: Fields, key: string, side: 'request' | 'response'): readonly FieldEntry[] {
  return group.settings
    .filter(({ option }) => option.key === key)
    .flatMap((setting): readonly FieldEntry[] => {
      const name = decodeFieldName(group, setting, fieldNameOf(setting), side);
      const value = fieldValue(group, setting, setting.value);
      return name === undefined || value === undefined ? [] : [[name, value]];
    });
}

/** The name that a label `….<header>` ends with. */
export function fieldNameOf({ names }: Setting): string {
  return names.at(-1) ?? '';
}

/** Checks the name of a field that is to be set. */
export function decodeFieldName(
  group: Fields,
  { label, option }: Setting,
  name: string,
  side: 'request' | 'response',
): string | undefined {
  const isToken = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name);
  if (isToken && !MANAGED_OF[side].has(name.toLowerCase().replaceAll('_', '-'))) return name;
  group.fail({
    code: 'label_value',
    label,
    message: isToken
      ? `the field ${name} belongs to the router, which writes it anew`
      : `${isOfLogin(option) ? 'the value' : JSON.stringify(name)} is not the name of a header field`,
    hint: isToken ? 'remove it' : 'a name has letters, digits and - only',
  });
  return undefined;
}

/** The value of a text option that becomes a field's; undefined when it is not said, empty or wrong. */
export function decodeFieldValue(group: LabelGroup, key: string): string | undefined {
  const setting = group.find(key);
  const value = setting === undefined ? undefined : fieldValue(group, setting, setting.value);
  return value === '' ? undefined : value;
}

/** Items of a list option that become parts of a field's value. */
export function decodeFieldList(group: LabelGroup, key: string): readonly string[] {
  const setting = group.find(key);
  if (setting === undefined) return [];
  return (group.list(key) ?? []).flatMap((item) => fieldValue(group, setting, item) ?? []);
}

/** H6: a value has no control character but tabs. What is not ASCII is sent as UTF-8. */
function fieldValue(group: Fields, { label }: Setting, text: string): string | undefined {
  const value = text.trim();
  if (!/[\0-\x08\x0a-\x1f\x7f]/.test(value)) return octets(value);
  group.fail({
    code: 'label_value',
    label,
    message: 'the value has a line break or another control character',
    hint: 'a header field is one line; write it without',
  });
  return undefined;
}
