import { CONTAINER_OPTIONS } from './container-options.ts';
import { withoutDots } from './label-hints.ts';
import { optionPath, type LabelOption } from './label-option.ts';
import { buildOptionTree, expectedAt, findOption, suggestPath, type OptionTree } from './option-tree.ts';
import { MIDDLEWARE_OPTIONS } from './middleware-table.ts';
import { ROUTER_OPTIONS } from './router-options.ts';
import { SERVICE_OPTIONS } from './service-options.ts';
import { SHORTHAND_OPTIONS } from './shorthand-options.ts';
import { TCP_OPTIONS } from './tcp-options.ts';
import { TLS_LABEL_OPTIONS } from './tls-label-options.ts';

export type LabelPrefix = 'sluice' | 'traefik';

/** What both prefixes have (traefik-labels.md section 9). */
const FULL_FORM: readonly LabelOption[] = [
  ...CONTAINER_OPTIONS,
  ...ROUTER_OPTIONS,
  ...SERVICE_OPTIONS,
  ...MIDDLEWARE_OPTIONS,
  ...TLS_LABEL_OPTIONS,
  ...TCP_OPTIONS,
];

/** Every label there is: the only source of names. */
export const LABEL_OPTIONS: readonly LabelOption[] = [...SHORTHAND_OPTIONS, ...FULL_FORM];

const TREES: Readonly<Record<LabelPrefix, OptionTree<LabelOption>>> = {
  // The shorthand exists with our own prefix only.
  sluice: buildOptionTree(LABEL_OPTIONS, (option) => {
    const path = optionPath(option);
    return option.object === 'site' ? [path, `<site>.${path}`] : [path];
  }),
  traefik: buildOptionTree(FULL_FORM, (option) => [optionPath(option)]),
};

/** A label name cut at its dots and looked up. */
export type FoundLabel =
  | { readonly option: LabelOption; readonly names: readonly string[]; readonly index: number }
  | { readonly option: undefined; readonly hint: string };

/** Words that begin options of the shorthand and are likely names of sites as well: `sluice.backend.host`. */
const SHARED_NAMES: ReadonlySet<string> = new Set(['backend', 'timeout']);

export function isSharedName(name: string): boolean {
  return SHARED_NAMES.has(name.toLowerCase());
}

/** Looks up a label's path (the elements behind the prefix). An unknown one comes with a hint that names the nearest. */
export function findLabel(prefix: LabelPrefix, path: readonly string[]): FoundLabel {
  const found = findOption(TREES[prefix], path);
  if (found !== undefined) return { option: found.row, names: found.names, index: found.index };
  const [name = '', ...rest] = path;
  const ofSite = siteTree(prefix, name);
  const inSite = ofSite === undefined ? undefined : findOption(ofSite, rest);
  if (inSite !== undefined) return { option: inSite.row, names: [name, ...inSite.names], index: inSite.index };
  return { option: undefined, hint: hintFor(prefix, path) };
}

/** Options of a site whose name is an option's, too. */
function siteTree(prefix: LabelPrefix, name: string): OptionTree<LabelOption> | undefined {
  return prefix === 'sluice' && isSharedName(name) ? TREES.sluice.chosen : undefined;
}

function hintFor(prefix: LabelPrefix, path: readonly string[]): string {
  const [name = '', ...rest] = path;
  const ofSite = siteTree(prefix, name);
  const inSite = ofSite === undefined ? undefined : suggestPath(ofSite, rest);
  const guess = suggestPath(TREES[prefix], path) ?? (inSite === undefined ? undefined : `${name}.${inSite}`);
  if (guess !== undefined) return `did you mean ${prefix}.${guess}?`;
  if (prefix === 'traefik' && path.length === 1) {
    const shorthand = suggestPath(TREES.sluice, path);
    if (shorthand !== undefined) return `did you mean sluice.${shorthand}?`;
  }
  const mended = withoutDots(path, TREES[prefix]);
  if (mended !== undefined) return `a name has no dots: write ${prefix}.${mended}`;
  const expected = expectedAt(TREES[prefix], path);
  return expected.length === 0 ? 'remove it' : `expected one of ${expected.slice(0, 12).join(', ')}`;
}
