import { isMap, isSeq, type Document } from 'yaml';
import type { FileSetting } from '../../config/workload.ts';
import { entriesOf, type MapEntry, resolved, textOf } from './yaml-node.ts';

/** Aliases of aliases grow beyond any bound, and one that holds itself has no end. Counted in nodes below an object's name. */
const MAX_DEPTH = 20;
const MAX_NODES = 100_000;

/** An object of a file as options: every leaf by its path, as a label would say it. */
export class OptionFlattener {
  readonly settings: FileSetting[] = [];
  /** A part of the tree was left out because it is too deep or too large: the settings must not be used. */
  isCut = false;
  #visited = 0;
  readonly #document: Document;
  readonly #lineOf: (offset: number) => number;

  constructor(document: Document, lineOf: (offset: number) => number) {
    this.#document = document;
    this.#lineOf = lineOf;
  }

  /** Lists of plain values become one value, lists of objects are told apart by `[n]`; an empty object is `true`. */
  add(path: readonly string[], node: unknown, offset: number): void {
    this.#walk(path, node, offset, 0);
  }

  put(path: readonly string[], value: string, line: number, items?: readonly string[]): void {
    this.settings.push(items === undefined ? { path, value, line } : { path, value, items, line });
  }

  /** The depth is not that of the path: a list of lists adds nothing to its length. */
  #walk(path: readonly string[], node: unknown, offset: number, depth: number): void {
    this.#visited += 1;
    if (depth > MAX_DEPTH || this.#visited > MAX_NODES) this.isCut = true;
    // Without this a tree of aliases that was cut at its depth would still be walked in its whole width.
    if (this.isCut) return;
    const line = this.#lineOf(offset);
    if (isMap(node)) this.#addMap(path, entriesOf(node, this.#document), line, depth);
    else if (isSeq(node)) {
      const items = node.items.map((item) => resolved(item, this.#document));
      this.#addList(path, items, offset, depth);
    } else this.put(path, textOf(node) ?? '', line);
  }

  #addMap(path: readonly string[], entries: readonly MapEntry[], line: number, depth: number): void {
    if (entries.length === 0) this.put(path, 'true', line);
    for (const { name, value, offset } of entries) this.#walk([...path, name], value, offset, depth + 1);
  }

  #addList(path: readonly string[], items: readonly unknown[], offset: number, depth: number): void {
    const texts = items.map(textOf);
    const isPlain = texts.every((text) => text !== undefined);
    if (isPlain) {
      // Labels tell items apart by commas; a file need not.
      const hasComma = texts.some((text) => text.includes(','));
      this.put(path, texts.join(','), this.#lineOf(offset), hasComma ? texts : undefined);
      return;
    }
    const last = path.at(-1) ?? '';
    for (const [index, item] of items.entries()) {
      this.#walk([...path.slice(0, -1), `${last}[${index}]`], item, offset, depth + 1);
    }
  }
}
