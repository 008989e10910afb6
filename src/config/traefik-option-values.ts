import { parseDuration } from '../lib/duration.ts';
import { parseInteger, parseList } from './label-value.ts';
import { readSwitch, type TraefikValue } from './static-sources.ts';
import { LONGEST_MS } from './transport-deadline.ts';
import { durationFault, numberFault, type TextFault } from './value-hints.ts';

/** Where faults and what is worth telling are collected. */
export interface StaticReport {
  readonly problems: string[];
  readonly notices: string[];
}

/** Traefik's values by path, read by type. A fault is added to the problems and reads as not said. */
export class TraefikOptionValues {
  readonly #values: readonly TraefikValue[];
  readonly #problems: string[];

  constructor(values: readonly TraefikValue[], problems: string[]) {
    this.#values = values.filter(({ option }) => option.acts === 'yes');
    this.#problems = problems;
  }

  /** Values of a path; `name` picks one entrypoint or resolver. */
  all(path: string, name?: string): readonly TraefikValue[] {
    return this.#values.filter(
      ({ option, names }) => option.path === path && (name === undefined || names[0] === name),
    );
  }

  get(path: string, name?: string): TraefikValue | undefined {
    return this.all(path, name)[0];
  }

  text(path: string): string | undefined {
    return this.get(path)?.text;
  }

  bool(path: string, name?: string): boolean | undefined {
    return readSwitch(this.get(path, name), this.#problems);
  }

  /** Whether an object is on: its bare option says so, or any option below it is given. */
  isOn(path: string): boolean {
    return this.bool(path) ?? this.has(`${path}.`);
  }

  list(path: string, name?: string): readonly string[] {
    return this.all(path, name).flatMap(({ text }) => parseList(text));
  }

  has(prefix: string): boolean {
    return this.#values.some(({ option }) => option.path.startsWith(prefix));
  }

  /** Names chosen below a path, in the order in which they were first written. */
  names(prefix: string): readonly string[] {
    const below = this.#values.filter(({ option }) => option.path.startsWith(prefix));
    return [...new Set(below.flatMap(({ names }) => names[0] ?? []))];
  }

  /** A duration of a day at most; undefined when it is not said, or wrong. */
  durationMs(value: TraefikValue): number | undefined {
    const ms = parseDuration(value.text);
    if (ms !== undefined && ms <= LONGEST_MS) return ms;
    if (ms === undefined) this.#failText(value, durationFault(value.text));
    else this.fail(value, 'is longer than a day', 'write 24h or less');
    return undefined;
  }

  int(value: TraefikValue, min: number, max: number): number | undefined {
    const number = parseInteger(value.text);
    if (number !== undefined && number >= min && number <= max) return number;
    this.#failText(value, numberFault(value.text, min, max));
    return undefined;
  }

  #failText(value: TraefikValue, { message, hint }: TextFault): void {
    this.fail(value, message, hint);
  }

  fail({ source, text }: TraefikValue, message: string, hint: string): void {
    this.#problems.push(`${source}: "${text}" ${message}; ${hint}`);
  }
}
