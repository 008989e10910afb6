import { withoutFinalSlashes } from '../lib/final-slashes.ts';
import { parseHostname } from '../lib/hostname.ts';
import type { LabelGroup, Setting } from './label-group.ts';
import { quoteText } from './quote-value.ts';

/** A host of a site, with the path that may follow it (no final slash; undefined: all paths). */
export interface SiteAddress {
  readonly host: string;
  readonly path: string | undefined;
}

/** The addresses of a list, each once. Only what is at fault is left out; the others serve. */
export function decodeAddressList(group: LabelGroup, setting: Setting): readonly SiteAddress[] {
  const addresses = new Map<string, SiteAddress>();
  let column = 1;
  for (const item of setting.value.split(',')) {
    const start = column + item.length - item.trimStart().length;
    column += item.length + 1;
    if (item.trim() === '') continue;
    const address = parseAddress(item.trim());
    if (typeof address === 'string') reportAddress(group, setting, { item: item.trim(), hint: address, column: start });
    else addresses.getOrInsert(`${address.host}${address.path ?? ''}`, address);
  }
  return [...addresses.values()];
}

/** What stands behind scheme and user of a URL. */
function withoutScheme(url: string): string {
  return url.replace(/^.*?:\/\//, '').replace(/^.*@/s, '');
}

/** The address, or a hint how to mend it. */
function parseAddress(text: string): SiteAddress | string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return `write it without the scheme: ${withoutScheme(text)}`;
  const several = text.split(/[\s;]+/).filter((part) => part !== '');
  if (
    several.length > 1 &&
    several.length <= 20 &&
    several.every((part) => parseHostname(part) !== undefined && part.includes('.'))
  ) {
    return `separate hosts with commas: ${several.join(', ')}`;
  }
  const slash = text.indexOf('/');
  const hostText = slash < 0 ? text : text.slice(0, slash);
  const path = slash < 0 ? '' : withoutFinalSlashes(text.slice(slash));
  if (/^[^:]+:\d*$/.test(hostText)) return `write it without the port: ${hostText.replace(/:.*/, '')}`;
  const host = parseHostname(hostText.replace(/^\[(.*)\]$/, '$1'));
  if (host === undefined) return 'write a host name such as example.com or *.example.com';
  if (/[`?#\s\\]/.test(path)) return 'a path has no ?, #, blank, backslash or backtick; use a router with a rule';
  return { host, path: path === '' ? undefined : path };
}

function reportAddress(group: LabelGroup, setting: Setting, at: { item: string; hint: string; column: number }): void {
  group.error({
    code: 'label_value',
    label: setting.label,
    column: at.column,
    message: `${quoteText(at.item)} is not a host`,
    hint: at.hint,
  });
}
