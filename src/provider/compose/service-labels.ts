import { findLabel } from '../../config/label-table.ts';
import {
  child,
  entriesOf,
  textOf,
  textsOf,
  type ComposeEntry,
  type ComposeNode,
  type ComposeScalar,
  type Place,
} from './compose-node.ts';
import type { ComposeService } from './compose-project.ts';
import { parseEnvFile } from './env-file.ts';
import type { Finding } from './finding.ts';
import { variableFindings } from './variable-findings.ts';
import { beside } from './load-compose.ts';
import { UNNAMED } from './normalise-service.ts';

/** A label with the place it is written at. */
export interface PlacedLabel {
  readonly value: string;
  readonly place: Place;
}

export interface ServiceLabels {
  readonly labels: ReadonlyMap<string, PlacedLabel>;
  readonly findings: readonly Finding[];
  /** Labels about which everything is said: what else is found of them follows from that. Their value is the one meant. */
  readonly explained: ReadonlySet<string>;
}

/** Whether a label is one that the router reads. */
export function isOurs(label: string): boolean {
  return /^(?:sluice|traefik)\./i.test(label.trim());
}

/** The labels of a service, those of its `label_file` below its own, and what is wrong with how they are written. */
export function readLabels(service: ComposeService, readFile: (path: string) => string): ServiceLabels {
  const reader = new LabelReader(service.name);
  for (const file of textsOf(child(service.node, 'label_file'))) reader.readFile(file, readFile);
  for (const [name, entry] of entriesOf(child(service.node, 'labels'))) reader.readEntry(name, entry);
  return reader;
}

class LabelReader implements ServiceLabels {
  readonly labels = new Map<string, PlacedLabel>();
  readonly findings: Finding[] = [];
  readonly explained = new Set<string>();
  readonly #service: string;

  constructor(service: string) {
    this.#service = service;
  }

  readFile(file: ComposeScalar, readFile: (path: string) => string): void {
    const { place, text } = file;
    const path = beside(place.file === '<stdin>' ? '-' : place.file, text);
    let content: string;
    try {
      content = readFile(path);
    } catch {
      const message = `the label file ${text} cannot be read, and compose refuses to start without it`;
      this.#add({ code: 'file_unreadable', place, message, hint: 'create it, or remove label_file' });
      return;
    }
    for (const { name, value, raw, line, faults } of parseEnvFile(content, () => undefined)) {
      const at = { file: path, line, column: 1 };
      this.labels.set(name, { value, place: at });
      this.#variables(name, { raw, faults, place: at });
    }
  }

  readEntry(name: string, { key, value }: ComposeEntry): void {
    if (name.startsWith(UNNAMED)) {
      this.#refuseItem(value);
      return;
    }
    if (value.kind !== 'scalar') {
      const hint = `write ${name}: "VALUE"`;
      if (isOurs(name)) this.#form(name, key, 'the value of this label is a map or a list, not a text', hint);
      return;
    }
    // A list's item is name and value at once.
    const isItem = key === value.place;
    this.labels.set(name, { value: value.text, place: key });
    if (!isOurs(name)) return;
    this.#variables(name, { raw: value.raw, faults: value.faults, place: key });
    if (this.explained.has(name)) return;
    if (isItem && value.isNull) this.#checkBare(name, key);
    else if (name !== name.trim()) this.#blank(name, value.text, key);
    else if (isItem) this.#checkQuotes(name, value.text, key);
  }

  #variables(label: string, written: Parameters<typeof variableFindings>[2]): void {
    if (!isOurs(label) || written.faults.length === 0) return;
    this.findings.push(...variableFindings(this.#service, label, written));
    this.explained.add(label);
  }

  /** `- sluice.host: example.com` is a map, which compose does not take in a list. */
  #refuseItem(item: ComposeNode): void {
    for (const [name, { key, value }] of entriesOf(item)) {
      if (!isOurs(name)) continue;
      const message = 'this item is a map (NAME: VALUE), but a list of labels holds NAME=VALUE';
      const text = textOf(value) ?? '';
      this.#form(name, key, message, `write - ${name}=${text}, or leave out the - before every label`);
      this.labels.set(name, { value: text, place: key });
    }
  }

  #checkBare(name: string, place: Place): void {
    const [, left = name, right] = /^([^\s:]+)[\s:]+(.*)$/s.exec(name) ?? [];
    if (right !== undefined) {
      this.#form(name, place, 'there is no = between name and value', `write ${left}=${right}`);
      this.#mend(name, left, right);
      return;
    }
    // A bare name switches some objects on, and what it means for the others is told with the label's own words.
    const option = optionOf(name);
    if (option === undefined || !['bool', 'int', 'list', 'duration'].includes(option.type)) return;
    const example = option.type === 'bool' ? 'true' : 'VALUE';
    this.#form(name, place, 'the label has no value', `write ${name}=${example}`);
  }

  #blank(name: string, value: string, place: Place): void {
    const hint = `write ${name.trim()}=${value.trim()}, without blanks around the =`;
    this.#form(name, place, "a blank is part of the label's name", hint);
    this.#mend(name, name.trim(), value.trim());
  }

  #checkQuotes(name: string, value: string, place: Place): void {
    const [, , inner] = /^(["'])([^"']*)\1$/.exec(value.trim()) ?? [];
    const option = optionOf(name);
    if (inner === undefined || option === undefined || option.key.endsWith('<header>')) return;
    const hint = `write ${name}=${inner}; quotes, if any, belong around the whole item`;
    this.#form(name, place, 'in a list the quotes are part of the value', hint);
    this.#mend(name, name, inner);
  }

  /** What was meant takes the place of what is written, so that nothing else is found of it. */
  #mend(written: string, name: string, value: string): void {
    const place = this.labels.get(written)?.place;
    this.labels.delete(written);
    if (place !== undefined) this.labels.set(name, { value, place });
    this.explained.add(name);
  }

  #form(label: string, place: Place, message: string, hint: string): void {
    this.#add({ code: 'label_form', place, label, message, hint });
    this.explained.add(label);
  }

  #add(finding: Omit<Finding, 'severity' | 'service'>): void {
    this.findings.push({ severity: 'error', service: this.#service, ...finding });
  }
}

function optionOf(name: string): ReturnType<typeof findLabel>['option'] {
  const [prefix = '', ...path] = name.split('.');
  return findLabel(prefix.toLowerCase() === 'sluice' ? 'sluice' : 'traefik', path).option;
}
