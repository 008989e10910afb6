import { parseHostname } from '../lib/hostname.ts';
import type { LabelGroup, Setting } from './label-group.ts';
import { parseItems } from './label-value.ts';

/**
 * The names of each certificate that a router spells out with `tls.domains[n]`, in order of `n`, the first name first. What is no
 * name is an error of its own and is left out: the router serves, and the other names keep their certificate.
 */
export function decodeDomains(group: LabelGroup): readonly (readonly string[])[] {
  const byIndex = new Map<number, { main: readonly string[]; sans: readonly string[] }>();
  for (const setting of group.settings) {
    const { option, index } = setting;
    if (!option.key.startsWith('tls.domains[n].')) continue;
    const domain = byIndex.getOrInsert(index, { main: [], sans: [] });
    const part = option.key.endsWith('.main') ? 'main' : 'sans';
    byIndex.set(index, { ...domain, [part]: decodeNames(group, setting) });
  }
  return [...byIndex.entries()]
    .sort(([left], [right]) => left - right)
    .map(([, { main, sans }]) => [...main, ...sans])
    .filter((names) => names.length > 0);
}

function decodeNames(group: LabelGroup, { label, value }: Setting): readonly string[] {
  const items = parseItems(value);
  return items.flatMap(({ text, column }) => {
    if (parseHostname(text) !== undefined) return [text];
    const place = items.length > 1 ? { label, column } : { label };
    group.error({
      code: 'label_value',
      ...place,
      message: `"${text.slice(0, 80)}" is not a host name; no certificate is obtained for it`,
      hint: nameHint(text),
    });
    return [];
  });
}

function nameHint(text: string): string {
  const bare = text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/[/:].*$/s, '');
  if (bare !== text && parseHostname(bare) !== undefined) return `write the name alone: ${bare}`;
  const parts = text.split(/[\s;]+/);
  const isSeveral = parts.every((part) => part.includes('.') && parseHostname(part) !== undefined);
  if (parts.length <= 20 && isSeveral) return `separate names with commas: ${parts.join(', ')}`;
  return 'write a host name such as example.com or *.example.com';
}
