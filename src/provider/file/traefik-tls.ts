import { isMap, isSeq, type Document } from 'yaml';
import type { CertificateFiles } from '../../config/workload.ts';
import { nearest } from '../../lib/suggest.ts';
import type { OptionFlattener } from './flatten-options.ts';
import { entriesOf, type MapEntry, offsetOf, resolved, textOf } from './yaml-node.ts';

type Fail = (path: readonly string[], offset: number, message: string, hint: string) => void;

const KINDS = ['options', 'certificates', 'stores'];
const PAIR_KEYS = ['certFile', 'keyFile', 'stores'];

/** Reads the section `tls` of a file: options as labels would say them, and pairs of files with certificates and keys. */
export class TraefikTls {
  readonly certificates: CertificateFiles[] = [];
  readonly #options: OptionFlattener;
  readonly #document: Document;
  readonly #lineOf: (offset: number) => number;
  readonly #fail: Fail;
  readonly #inactive: (path: readonly string[], offset: number) => void;

  constructor(
    options: OptionFlattener,
    document: Document,
    lineOf: (offset: number) => number,
    calls: { readonly fail: Fail; readonly inactive: (path: readonly string[], offset: number) => void },
  ) {
    this.#options = options;
    this.#document = document;
    this.#lineOf = lineOf;
    this.#fail = calls.fail;
    this.#inactive = calls.inactive;
  }

  read(section: string, entries: readonly MapEntry[]): void {
    for (const { name, value, offset } of entries) {
      const path = [section, name];
      const kind = name.toLowerCase();
      if (kind === 'options') for (const one of this.#entries(path, value, offset)) this.#readOptions(path, one);
      else if (kind === 'certificates') this.#readCertificates(path, value, offset);
      else if (kind === 'stores') for (const one of this.#entries(path, value, offset)) this.#readStore(path, one);
      else {
        const guess = nearest(name, KINDS);
        const hint = guess === undefined ? `expected one of ${KINDS.join(', ')}` : `did you mean ${guess}?`;
        this.#fail(path, offset, 'there is no such section', hint);
      }
    }
  }

  #readOptions(above: readonly string[], { name, value, offset }: MapEntry): void {
    const path = [...above, name];
    if (name === '' || name.includes('@')) {
      this.#fail(path, offset, `"${name}" is not a name`, 'write a name without @; the provider is added by itself');
    } else if (!isMap(value)) {
      this.#fail(path, offset, 'it is not a map of options', 'write its options below its name');
    } else if (value.items.length > 0) this.#options.add(path, value, offset);
    // Options that say nothing can be named all the same.
    else this.#options.put([...path, 'snistrict'], 'false', this.#lineOf(offset));
  }

  #readCertificates(path: readonly string[], value: unknown, offset: number): void {
    if (!isSeq(value)) {
      this.#fail(path, offset, 'the certificates are not a list', 'write certificates: [{certFile: …, keyFile: …}]');
      return;
    }
    for (const [index, item] of value.items.entries()) {
      const at = [...path.slice(0, -1), `${path.at(-1)}[${index}]`];
      this.#readPair(at, resolved(item, this.#document), offsetOf(item), false);
    }
  }

  #readStore(above: readonly string[], { name, value, offset }: MapEntry): void {
    for (const entry of this.#entries([...above, name], value, offset)) {
      const path = [...above, name, entry.name];
      const isDefault = name === 'default' && entry.name.toLowerCase() === 'defaultcertificate';
      if (isDefault) this.#readPair(path, entry.value, entry.offset, true);
      else this.#inactive(path, entry.offset);
    }
  }

  #readPair(path: readonly string[], node: unknown, offset: number, isDefault: boolean): void {
    const entries = isMap(node) ? entriesOf(node, this.#document) : [];
    for (const { name, offset: at } of entries) {
      if (PAIR_KEYS.some((key) => key.toLowerCase() === name.toLowerCase())) continue;
      const guess = nearest(name, PAIR_KEYS);
      const hint = guess === undefined ? `expected ${PAIR_KEYS.join(', ')}` : `did you mean ${guess}?`;
      this.#fail([...path, name], at, 'there is no such option', hint);
    }
    const find = (key: string): string =>
      textOf(entries.find(({ name }) => name.toLowerCase() === key)?.value)?.trim() ?? '';
    const [certFile, keyFile] = [find('certfile'), find('keyfile')];
    if (certFile === '' || keyFile === '') {
      this.#fail(path, offset, 'a certificate needs certFile and keyFile', 'write {certFile: /a.crt, keyFile: /a.key}');
    } else this.certificates.push({ certFile, keyFile, isDefault, line: this.#lineOf(offset) });
  }

  #entries(path: readonly string[], value: unknown, offset: number): readonly MapEntry[] {
    if (isMap(value)) return entriesOf(value, this.#document);
    if (textOf(value) !== '') this.#fail(path, offset, 'it is not a map', 'write names below it');
    return [];
  }
}
