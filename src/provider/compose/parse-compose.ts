import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type YAMLMap } from 'yaml';
import { resolveAlias } from '../resolve-alias.ts';
import type { ComposeEntry, ComposeFault, ComposeMap, ComposeNode, Place } from './compose-node.ts';
import { interpolate, type Lookup } from './interpolate.ts';

export type ParsedCompose = { readonly root: ComposeMap } | { readonly faults: readonly ComposeFault[] };

/** Aliases of aliases grow beyond any bound; the largest files people write have a hundredth of it. */
const MAX_NODES = 200_000;

/** What follows the first few faults of a file is most often their consequence. */
const MAX_FAULTS = 5;

/**
 * One compose file as a tree of values: anchors and `<<` resolved, variables replaced in every value as compose does. `file` is
 * the name that places carry. Never throws.
 */
export function parseCompose(content: string, file: string, lookup: Lookup): ParsedCompose {
  const lines = new LineCounter();
  try {
    const document = parseDocument(content, { lineCounter: lines, logLevel: 'silent' });
    const faults = document.errors.slice(0, MAX_FAULTS).map(({ message, pos }) => {
      const { line, col } = lines.linePos(pos[0]);
      const [what = 'not YAML'] = message.split(/ at line \d|\n/);
      return { place: { file, line, column: col }, message: what, hint: 'mend the YAML at this place' };
    });
    if (faults.length > 0) return { faults };
    const root = new Converter(document, lines, file, lookup).convert(document.contents);
    if (root.kind === 'map') return { root };
    if (root.kind === 'scalar' && root.isNull) return failed(file, 'the file is empty', 'write services: {…}');
    return failed(file, 'the file is not a map of services', 'write services: {…}');
  } catch (error) {
    if (!(error instanceof NotResolvable) && !(error instanceof RangeError)) throw error;
    return failed(file, 'its aliases (*name) or nesting cannot be resolved', 'write the values out');
  }
}

function failed(file: string, message: string, hint: string): ParsedCompose {
  return { faults: [{ place: { file, line: 1, column: 1 }, message, hint }] };
}

class NotResolvable extends Error {}

class Converter {
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #file: string;
  readonly #lookup: Lookup;
  /** Nodes that are being converted: an alias to one of them has no end. */
  readonly #open = new Set<unknown>();
  #count = 0;

  constructor(document: Document.Parsed, lines: LineCounter, file: string, lookup: Lookup) {
    this.#document = document;
    this.#lines = lines;
    this.#file = file;
    this.#lookup = lookup;
  }

  convert(node: unknown): ComposeNode {
    this.#count += 1;
    if (this.#count > MAX_NODES || (node !== null && this.#open.has(node))) throw new NotResolvable();
    if (isAlias(node)) return this.convert(resolveAlias(node, this.#document));
    const place = this.#placeOf(node);
    if (isMap(node)) {
      const tag = customTag(node.tag);
      return this.#inside(node, () => ({ kind: 'map', entries: this.#entries(node), place, tag }));
    }
    if (isSeq(node)) {
      const tag = customTag(node.tag);
      return this.#inside(node, () => {
        return { kind: 'list', items: node.items.map((item) => this.convert(item)), place, tag };
      });
    }
    if (!isScalar(node) || node.value === null) {
      const tag = isScalar(node) ? customTag(node.tag) : undefined;
      return { kind: 'scalar', text: '', raw: '', isNull: true, faults: [], place, tag };
    }
    const raw = textOfValue(node.value, node.source);
    // Only texts have variables, as in compose.
    const { text, faults } =
      typeof node.value === 'string' ? interpolate(raw, this.#lookup) : { text: raw, faults: [] };
    return { kind: 'scalar', text, raw, isNull: false, faults, place, tag: customTag(node.tag) };
  }

  #inside(node: unknown, build: () => ComposeNode): ComposeNode {
    this.#open.add(node);
    const built = build();
    this.#open.delete(node);
    return built;
  }

  #entries(map: YAMLMap): ReadonlyMap<string, ComposeEntry> {
    const own = new Map<string, ComposeEntry>();
    const merged = new Map<string, ComposeEntry>();
    for (const { key, value } of map.items) {
      if (isScalar(key) && key.value === '<<' && key.type === 'PLAIN') this.#mergeInto(merged, this.convert(value));
      else own.set(this.#keyText(key), { key: this.#placeOf(key), value: this.convert(value) });
    }
    return merged.size === 0 ? own : new Map([...merged, ...own]);
  }

  /** `<<: *one` or `<<: [*one, *two]`; the earlier of two wins. */
  #mergeInto(merged: Map<string, ComposeEntry>, node: ComposeNode): void {
    const sources = node.kind === 'list' ? node.items : [node];
    for (const source of sources) {
      if (source.kind !== 'map') continue;
      for (const [key, entry] of source.entries) merged.getOrInsert(key, entry);
    }
  }

  #keyText(key: unknown): string {
    const node = isAlias(key) ? resolveAlias(key, this.#document) : key;
    return isScalar(node) && node.value !== null ? textOfValue(node.value, node.source) : '';
  }

  #placeOf(node: unknown): Place {
    const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
    const { line, col } = this.#lines.linePos(Array.isArray(range) ? Number(range[0]) : 0);
    return { file: this.#file, line: Math.max(1, line), column: Math.max(1, col) };
  }
}

/** Compose prints what is no text anew: `True` becomes `true` and `0x10` 16; numbers too large to be exact stay as written. */
function textOfValue(value: unknown, source: string | undefined): string {
  if (typeof value === 'string') return value;
  const isInexact = typeof value === 'number' && !(Number.isSafeInteger(value) || !Number.isInteger(value));
  return isInexact ? (source ?? String(value)) : String(value);
}

function customTag(tag: string | undefined): string | undefined {
  return tag === '!reset' || tag === '!override' ? tag : undefined;
}
