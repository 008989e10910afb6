import { percentEncode } from '../lib/percent-encode.ts';
import type { LabelGroup } from './label-group.ts';

/**
 * A path as requests have it: visible ASCII, the rest escaped in upper case. Reports what can be no path. A lone word gets its slash
 * where `ensuresSlash`.
 */
export function decodePath(group: LabelGroup, key: string, text: string, ensuresSlash: boolean): string {
  const setting = group.find(key);
  if (setting !== undefined && /[?#\s\\\0-\x1f\x7f]|%(?![0-9a-f]{2})/i.test(text)) {
    group.failValue(setting, 'is not the start of a path', 'write a path such as /api');
  }
  const path = percentEncode(text).replace(/%[0-9a-f]{2}/gi, (escape) => escape.toUpperCase());
  return ensuresSlash && !path.startsWith('/') ? `/${path}` : path;
}

/** The prefixes of `stripprefix`. */
export function decodePrefixes(group: LabelGroup, key: string): readonly string[] {
  return (group.list(key) ?? []).map((text) => {
    const prefix = decodePath(group, key, text, false);
    const setting = group.find(key);
    if (setting !== undefined && !prefix.startsWith('/')) {
      const message = `no path begins with "${text.slice(0, 80)}", so nothing is removed`;
      group.warn({ code: 'label_value', label: setting.label, message, hint: `write /${text.slice(0, 80)}` });
    }
    return prefix;
  });
}
