import type { VariableFault } from './interpolate.ts';

/** Where something is written. `line` and `column` are 1-based. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Why files cannot be read as compose files; nothing is judged then. */
export interface ComposeFault {
  readonly place: Place;
  readonly message: string;
  readonly hint: string;
}

/** A value of a compose file behind anchors and variables, which still knows where it is written. */
export type ComposeNode = ComposeScalar | ComposeList | ComposeMap;

interface Written {
  readonly place: Place;
  /** `!reset` removes what earlier files say, `!override` replaces it. */
  readonly tag: string | undefined;
}

export interface ComposeScalar extends Written {
  readonly kind: 'scalar';
  /** Behind interpolation; nothing is the empty text. */
  readonly text: string;
  /** As written, before interpolation. */
  readonly raw: string;
  readonly isNull: boolean;
  readonly faults: readonly VariableFault[];
}

export interface ComposeList extends Written {
  readonly kind: 'list';
  readonly items: readonly ComposeNode[];
}

export interface ComposeMap extends Written {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, ComposeEntry>;
}

export interface ComposeEntry {
  readonly key: Place;
  readonly value: ComposeNode;
}

/** What stands below a key of a map; undefined when there is no such key, or the node is no map. */
export function child(node: ComposeNode | undefined, key: string): ComposeNode | undefined {
  return node?.kind === 'map' ? node.entries.get(key)?.value : undefined;
}

/** Text of a plain value; undefined when there is none or it is a list or a map. */
export function textOf(node: ComposeNode | undefined): string | undefined {
  return node?.kind === 'scalar' && !node.isNull ? node.text : undefined;
}

/** Plain values of a list, or the one plain value itself: `env_file: a` is `env_file: [a]`. */
export function textsOf(node: ComposeNode | undefined): readonly ComposeScalar[] {
  const items = node?.kind === 'list' ? node.items : node === undefined ? [] : [node];
  return items.filter((item) => item.kind === 'scalar').filter(({ isNull }) => !isNull);
}

export function entriesOf(node: ComposeNode | undefined): readonly (readonly [string, ComposeEntry])[] {
  return node?.kind === 'map' ? [...node.entries] : [];
}

export function mapOf(entries: ReadonlyMap<string, ComposeEntry>, place: Place, tag?: string): ComposeMap {
  return { kind: 'map', entries, place, tag };
}
