import { isAlias, isMap, isScalar, isSeq, type Document, type YAMLMap } from 'yaml';
import { resolveAlias } from '../resolve-alias.ts';

/** One key of a map: the name as written and the node behind it, aliases resolved. */
export interface MapEntry {
  readonly name: string;
  /** Null for nothing. */
  readonly value: unknown;
  /** Offset in the text. */
  readonly offset: number;
}

/** Text of a plain value; nothing is the empty text, a map or a list is none. */
export function textOf(node: unknown): string | undefined {
  if (node === null || node === undefined) return '';
  if (!isScalar(node)) return undefined;
  const { value, source } = node;
  if (typeof value === 'string') return value;
  if (value === null) return '';
  // `80` and `true` are meant as written, not as YAML would print them again.
  return source ?? JSON.stringify(value);
}

/** Where a node begins in the text. */
export function offsetOf(node: unknown): number {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
  return Array.isArray(range) ? Number(range[0]) : 0;
}

/** Entries of a map, with those that `<<` merges into it; what the map says itself comes first. */
export function entriesOf(map: YAMLMap, document: Document): readonly MapEntry[] {
  const entries = new Map<string, MapEntry>();
  const merged: MapEntry[] = [];
  for (const { key, value } of map.items) {
    const name = textOf(key) ?? '';
    const target = resolved(value, document);
    if (name !== '<<') entries.set(name, { name, value: target, offset: offsetOf(key) });
    else {
      const sources = isSeq(target) ? target.items.map((item) => resolved(item, document)) : [target];
      // Named a thousand times, a map still adds its entries once.
      for (const source of new Set(sources)) if (isMap(source)) merged.push(...ownEntries(source, document));
    }
  }
  for (const entry of merged) entries.getOrInsert(entry.name, entry);
  return [...entries.values()];
}

/** A node, or what an alias of it stands for; an alias of nothing is nothing. */
export function resolved(node: unknown, document: Document): unknown {
  return isAlias(node) ? resolveAlias(node, document) : node;
}

function ownEntries(map: YAMLMap, document: Document): readonly MapEntry[] {
  return map.items.map(({ key, value }) => {
    return { name: textOf(key) ?? '', value: resolved(value, document), offset: offsetOf(key) };
  });
}
