import { RE2JS } from 're2js';
import { nearest } from '../lib/suggest.ts';
import type { RuleError } from '../rule/ast.ts';
import { regexpFault } from '../rule/regexp-fault.ts';
import { tokenise, type Token } from '../rule/tokenise.ts';

/** Which containers count (Traefik's `providers.docker.constraints`). Plain data. */
export type Constraint =
  | { readonly kind: 'and' | 'or'; readonly nodes: readonly Constraint[] }
  | { readonly kind: 'not'; readonly node: Constraint }
  | { readonly kind: 'equal' | 'regex'; readonly label: string; readonly value: string };

const MAX_DEPTH = 100;
const MATCHERS = new Map([
  ['Label', 'equal'],
  ['LabelRegex', 'regex'],
  ['LabelRegexp', 'regex'],
] as const);

/**
 * Parses an expression over `Label(name, value)` and `LabelRegex(name, regex)` with `&&`, `||`, `!` and parentheses. Never throws: a
 * fault has its 1-based column and a fix.
 */
export function parseConstraint(text: string): Constraint | RuleError {
  const tokens = tokenise(text);
  if ('message' in tokens) return tokens;
  try {
    return new Reader(tokens.filter(({ kind }) => kind !== 'line-break')).read();
  } catch (error) {
    if (error instanceof Fault) return error.detail;
    throw error;
  }
}

/** Whether labels fulfil it. A label that is not there has the empty value. */
export function fulfils(constraint: Constraint, labels: Readonly<Record<string, string>>): boolean {
  switch (constraint.kind) {
    case 'and':
      return constraint.nodes.every((node) => fulfils(node, labels));
    case 'or':
      return constraint.nodes.some((node) => fulfils(node, labels));
    case 'not':
      return !fulfils(constraint.node, labels);
    default: {
      const value = Object.hasOwn(labels, constraint.label) ? labels[constraint.label]! : '';
      return constraint.kind === 'equal' ? value === constraint.value : patternOf(constraint).matcher(value).find();
    }
  }
}

const patterns = new WeakMap<Constraint, RE2JS>();

function patternOf(constraint: Extract<Constraint, { readonly value: string }>): RE2JS {
  const known = patterns.get(constraint) ?? RE2JS.compile(constraint.value);
  patterns.set(constraint, known);
  return known;
}

/** Carries an error out of the recursion; never leaves this file. */
class Fault extends Error {
  readonly detail: RuleError;
  constructor({ column }: Token, message: string, hint: string) {
    super(message);
    this.detail = { column, message, hint };
  }
}

class Reader {
  readonly #tokens: readonly Token[];
  #index = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  read(): Constraint {
    const constraint = this.#chain('||', 'or', 0);
    if (this.#current.kind !== 'end') this.#unexpected('write && or || between two matchers');
    return constraint;
  }

  get #current(): Token {
    // `tokenise` always ends with an `end` token, and nothing reads past it.
    return this.#tokens[this.#index] as Token;
  }

  #take(kind: Token['kind']): Token | undefined {
    const token = this.#current;
    if (token.kind !== kind || kind === 'end') return undefined;
    this.#index += 1;
    return token;
  }

  #chain(operator: '&&' | '||', kind: 'and' | 'or', depth: number): Constraint {
    const operand = (): Constraint => (operator === '||' ? this.#chain('&&', 'and', depth) : this.#unary(depth));
    const first = operand();
    const nodes = [first];
    while (this.#take(operator) !== undefined) nodes.push(operand());
    return nodes.length === 1 ? first : { kind, nodes };
  }

  #unary(depth: number): Constraint {
    if (depth > MAX_DEPTH) throw new Fault(this.#current, 'it is nested too deeply', 'use fewer parentheses');
    if (this.#take('!') !== undefined) return { kind: 'not', node: this.#unary(depth + 1) };
    if (this.#take('(') !== undefined) {
      const inner = this.#chain('||', 'or', depth + 1);
      if (this.#take(')') === undefined) this.#unexpected('add the missing )');
      return inner;
    }
    const name = this.#take('name');
    if (name === undefined) this.#unexpected('write Label(`name`, `value`)');
    return this.#match(name);
  }

  #match(name: Token): Constraint {
    const kind = MATCHERS.get(name.text as 'Label');
    if (kind === undefined) {
      const guess = nearest(name.text, MATCHERS.keys());
      const hint = guess === undefined ? `there are ${[...MATCHERS.keys()].join(', ')}` : `did you mean ${guess}?`;
      throw new Fault(name, `there is no matcher ${name.text}`, hint);
    }
    const usage = `write ${name.text}(\`name\`, \`value\`)`;
    if (this.#take('(') === undefined) this.#unexpected(usage);
    const label = this.#take('string');
    if (label === undefined || this.#take(',') === undefined) this.#unexpected(usage);
    const value = this.#take('string');
    if (value === undefined || this.#take(')') === undefined) this.#unexpected(usage);
    const fault = kind === 'regex' ? regexpFault(value.text) : undefined;
    if (fault !== undefined) throw new Fault(value, fault.message, fault.hint);
    return { kind, label: label.text, value: value.text };
  }

  #unexpected(hint: string): never {
    const token = this.#current;
    const what = token.kind === 'string' ? 'a value' : token.text;
    const message = token.kind === 'end' ? 'it ends too early' : `${what} is not expected here`;
    throw new Fault(token, message, hint);
  }
}
