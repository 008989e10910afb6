import type { RegexpBudget } from '../rule/regexp-budget.ts';
import type { LabelObject, LabelOption } from './label-option.ts';
import { parseBoolean, parseInteger, parseList } from './label-value.ts';
import type { Problem, ProblemCode } from './problem.ts';
import { quoteValue } from './quote-value.ts';
import { booleanFault, numberFault, type TextFault, wordHint } from './value-hints.ts';

/** A label that the table knows. */
export interface Setting {
  /** As written on the container. */
  readonly label: string;
  readonly value: string;
  /** The items of a list, where they are not told apart by commas (files). */
  readonly items?: readonly string[];
  readonly option: LabelOption;
  /** What stands for each `<x>` of the option's path, as written. */
  readonly names: readonly string[];
  /** The `n` of `domains[n]`. */
  readonly index: number;
}

/** A problem without the place that the group knows itself. */
export interface Fault {
  readonly code: ProblemCode;
  readonly label?: string;
  readonly column?: number;
  readonly message: string;
  readonly hint: string;
}

/** All labels of one router, service, middleware or site, with typed reading. The first fault disables the group. */
export class LabelGroup {
  readonly object: LabelObject;
  /** Without the provider; empty for the container itself and for its unnamed site. */
  readonly name: string;
  /** What the regular expressions of all groups of the workload may have together. */
  readonly regexps: RegexpBudget;
  readonly #fullName: string | undefined;
  readonly #report: (problem: Omit<Problem, 'provider' | 'container'>) => void;
  readonly #settings: Setting[] = [];
  #fault: string | undefined;
  #failures = 0;
  #isHarmless = true;

  constructor(deps: {
    object: LabelObject;
    name: string;
    fullName: string | undefined;
    regexps: RegexpBudget;
    report: (problem: Omit<Problem, 'provider' | 'container'>) => void;
  }) {
    this.object = deps.object;
    this.name = deps.name;
    this.#fullName = deps.fullName;
    this.regexps = deps.regexps;
    this.#report = deps.report;
  }

  /** Why this group must not serve; undefined while nothing is wrong. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** How many faults that disable it were found so far. */
  get failures(): number {
    return this.#failures;
  }

  /** All of its faults are of labels that have nothing to do with who may visit what it is about. */
  get isHarmless(): boolean {
    return this.#isHarmless;
  }

  get settings(): readonly Setting[] {
    return this.#settings;
  }

  add(setting: Setting): void {
    this.#settings.push(setting);
  }

  /** Reports an error and disables the group. */
  fail(fault: Fault): void {
    this.#failures += 1;
    const setting = this.#settings.find(({ label }) => label === fault.label);
    this.#isHarmless &&= HARMLESS_CODES.has(fault.code) || HARMLESS.has(setting?.option.key ?? '');
    this.#fault ??= fault.label === undefined ? fault.message : `${fault.label}: ${fault.message}`;
    this.#send('error', fault);
  }

  /** Reports an error that leaves the group as a whole alone. */
  error(fault: Fault): void {
    this.#send('error', fault);
  }

  warn(fault: Fault): void {
    this.#send('warning', fault);
  }

  find(key: string): Setting | undefined {
    return this.#settings.find((setting) => setting.option.key === key);
  }

  text(key: string): string | undefined {
    return this.find(key)?.value.trim();
  }

  list(key: string): readonly string[] | undefined {
    const setting = this.find(key);
    return setting === undefined ? undefined : (setting.items ?? parseList(setting.value));
  }

  bool(key: string): boolean | undefined {
    const setting = this.find(key);
    return setting === undefined ? undefined : this.boolOf(setting);
  }

  boolOf(setting: Setting): boolean | undefined {
    const value = parseBoolean(setting.value);
    if (value === undefined) this.failText(setting, booleanFault(setting.value));
    return value;
  }

  int(key: string, min: number, max: number): number | undefined {
    const setting = this.find(key);
    return setting === undefined ? undefined : this.intOf(setting, min, max);
  }

  intOf(setting: Setting, min: number, max: number): number | undefined {
    const value = parseInteger(setting.value);
    if (value !== undefined && value >= min && value <= max) return value;
    this.failText(setting, numberFault(setting.value, min, max));
    return undefined;
  }

  oneOf<Word extends string>(key: string, words: readonly Word[]): Word | undefined {
    const setting = this.find(key);
    if (setting === undefined) return undefined;
    const wanted = setting.value.trim().toLowerCase();
    const word = words.find((candidate) => candidate === wanted);
    if (word === undefined) this.failValue(setting, 'is not a value of this label', wordHint(wanted, words));
    return word;
  }

  failValue(setting: Setting, message: string, hint: string, column?: number): void {
    const fault = {
      code: 'label_value',
      label: setting.label,
      message: `${quoteValue(setting.option, setting.value)} ${message}`,
      hint,
    } as const;
    this.fail(column === undefined ? fault : { ...fault, column });
  }

  failText(setting: Setting, { message, hint }: TextFault): void {
    this.failValue(setting, message, hint);
  }

  #send(severity: Problem['severity'], fault: Fault): void {
    this.#report(
      this.#fullName === undefined ? { severity, ...fault } : { severity, object: this.#fullName, ...fault },
    );
  }
}

const HARMLESS_CODES: ReadonlySet<ProblemCode> = new Set(['rule_missing', 'service_ambiguous']);

/** Where a router answers, not for whom: a fault in one of these must not cost its last good version. */
const HARMLESS: ReadonlySet<string> = new Set([
  'host',
  'redirect',
  'strip',
  'rule',
  'rulesyntax',
  'priority',
  'entrypoints',
  'service',
  'tls.certresolver',
  'tls.domains[n].main',
  'tls.domains[n].sans',
]);
