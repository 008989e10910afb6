import { isMap, isSeq, type Document } from 'yaml';
import type { FileSetting } from '../../config/workload.ts';
import { entriesOf, resolved, textOf } from './yaml-node.ts';

/** Aliases of aliases grow beyond any bound, and one that holds itself has no end. */
const MAX_DEPTH = 20;
const MAX_SETTINGS = 100_000;

/** An object of a file as options: every leaf by its path, as a label would say it. */
export class OptionFlattener {
  readonly settings: FileSetting[] = [];
  /** A part of the tree was left out because it is too deep or too large. */
  isCut = false;
  readonly #document: Document;
  readonly #lineOf: (offset: number) => number;

  constructor(document: Document, lineOf: (offset: number) => number) {
    this.#document = document;
    this.#lineOf = lineOf;
  }

  /** Lists of plain values become one value, lists of objects are told apart by `[n]`; an empty object is `true`. */
  add(path: readonly string[], node: unknown, offset: number): void {
    if (path.length > MAX_DEPTH || this.settings.length >= MAX_SETTINGS) {
      this.isCut = true;
      return;
    }
    const line = this.#lineOf(offset);
    if (isMap(node)) this.#addMap(path, entriesOf(node, this.#document), line);
    else if (isSeq(node)) {
      const items = node.items.map((item) => resolved(item, this.#document));
      this.#addList(path, items, offset);
    } else this.put(path, textOf(node) ?? '', line);
  }

  put(path: readonly string[], value: string, line: number, items?: readonly string[]): void {
    this.settings.push(items === undefined ? { path, value, line } : { path, value, items, line });
  }

  #addMap(path: readonly string[], entries: ReturnType<typeof entriesOf>, line: number): void {
    if (entries.length === 0) this.put(path, 'true', line);
    for (const { name, value, offset } of entries) this.add([...path, name], value, offset);
  }

  #addList(path: readonly string[], items: readonly unknown[], offset: number): void {
    const texts = items.map(textOf);
    const isPlain = texts.every((text) => text !== undefined);
    if (isPlain) {
      // Labels tell items apart by commas; a file need not.
      const hasComma = texts.some((text) => text.includes(','));
      this.put(path, texts.join(','), this.#lineOf(offset), hasComma ? texts : undefined);
      return;
    }
    const last = path.at(-1) ?? '';
    for (const [index, item] of items.entries()) this.add([...path.slice(0, -1), `${last}[${index}]`], item, offset);
  }
}
