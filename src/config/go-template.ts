import { callTemplateFunction } from './go-template-functions.ts';
import {
  parseTemplateNodes,
  type TemplateCommand,
  type TemplateNode,
  type TemplateOperand,
  type TemplatePipe,
} from './go-template-parse.ts';
import type { TemplateError } from './go-template-tokens.ts';
import { isTemplateTrue, printTemplateValue, sizeOfValue, type TemplateValue, Unusable } from './go-template-value.ts';

/** A template that parsed. Plain data. */
export interface GoTemplate {
  readonly source: string;
  readonly nodes: readonly TemplateNode[];
}

/** What a template is rendered with. */
export interface TemplateContext {
  /** The dot: `.Name` is its `Name`. */
  readonly data: TemplateValue;
  /** Variables of the environment, for `env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Parses the subset of Go's text/template that Traefik's default rules and files use: fields, pipes, variables, `if`, `with`,
 * `range`, and the usual functions (go-template-functions.ts). Never throws: a fault has its column and a fix.
 */
export function parseTemplate(source: string): GoTemplate | TemplateError {
  const nodes = parseTemplateNodes(source);
  return 'message' in nodes ? nodes : { source, nodes };
}

/** Tells the two results of `parseTemplate` and `renderTemplate` apart. */
export function isTemplateError(result: object | string): result is TemplateError {
  return typeof result === 'object' && 'message' in result;
}

/** The text that a template gives. A value that is not there, or a function that cannot do its work, is an error. */
export function renderTemplate({ nodes }: GoTemplate, context: TemplateContext): string | TemplateError {
  const renderer = new Renderer(context);
  try {
    renderer.render(nodes, context.data, new Scope(undefined, context.data));
    return renderer.text;
  } catch (error) {
    if (error instanceof RenderFault) return error.detail;
    const isTooMuch = error instanceof Unusable || error instanceof RangeError;
    if (isTooMuch) return { column: renderer.column, message: 'the template makes too much', hint: 'make it shorter' };
    throw error;
  }
}

/** The names that `env "NAME"` asks for, as far as they are written out. */
export function environmentNames({ nodes }: GoTemplate): readonly string[] {
  const names: string[] = [];
  // Plain data without cycles: what looks like a call of `env` is one.
  JSON.stringify(nodes, (_key, value: unknown) => {
    const { name, operands } = (value ?? {}) as Partial<TemplateCommand>;
    const [first] = name === 'env' ? (operands ?? []) : [];
    if (first?.kind === 'value' && typeof first.value === 'string') names.push(first.value);
    return value;
  });
  return names;
}

/** More output or work than this is a loop that nobody wants to wait for. */
const MAX_OUTPUT = 4_000_000;
const MAX_STEPS = 200_000;
/** Characters and elements that functions are given and give, all calls together. */
const MAX_WORK = 20_000_000;

class RenderFault extends Error {
  readonly detail: TemplateError;
  constructor(column: number, message: string, hint: string) {
    super(message);
    this.detail = { column, message, hint };
  }
}

/** Variables of a block; an assignment changes the innermost that has the name. */
class Scope {
  readonly #outer: Scope | undefined;
  readonly #values = new Map<string, TemplateValue>();

  constructor(outer: Scope | undefined, root?: TemplateValue) {
    this.#outer = outer;
    if (outer === undefined) this.#values.set('$', root);
  }

  declare(name: string, value: TemplateValue): void {
    this.#values.set(name, value);
  }

  ownerOf(name: string): Scope | undefined {
    return this.#values.has(name) ? this : this.#outer?.ownerOf(name);
  }

  read(name: string): TemplateValue {
    return this.#values.get(name);
  }
}

class Renderer {
  text = '';
  readonly #env: TemplateContext['env'];
  #steps = 0;
  #work = 0;
  /** Where the newest step is. */
  column = 1;

  constructor({ env }: TemplateContext) {
    this.#env = env;
  }

  render(nodes: readonly TemplateNode[], dot: TemplateValue, scope: Scope): void {
    for (const node of nodes) {
      if (node.kind === 'text') this.#write(node.text, 1);
      else if (node.kind === 'pipe') this.#print(node.pipe, dot, scope);
      else if (node.kind === 'range') this.#range(node, dot, new Scope(scope));
      else {
        const inner = new Scope(scope);
        const value = this.#pipe(node.pipe, dot, inner);
        const isTrue = isTemplateTrue(value);
        const isDotNew = node.kind === 'with' && isTrue;
        this.render(isTrue ? node.body : node.otherwise, isDotNew ? value : dot, inner);
      }
    }
  }

  #print(pipe: TemplatePipe, dot: TemplateValue, scope: Scope): void {
    const value = this.#pipe(pipe, dot, scope);
    if (pipe.variables.length > 0) return;
    const column = pipe.commands[0]?.column ?? 1;
    if (value === undefined)
      throw new RenderFault(column, 'there is no such value', 'check its name, or add | default "x"');
    this.#write(printTemplateValue(value), column);
  }

  #range(node: Extract<TemplateNode, { readonly body: unknown }>, dot: TemplateValue, scope: Scope): void {
    const value = this.#pipe({ ...node.pipe, variables: [] }, dot, scope);
    const column = node.pipe.commands[0]?.column ?? 1;
    const entries = entriesOf(value);
    if (entries === undefined) throw new RenderFault(column, 'range needs a list or a map', 'write {{range until 3}}');
    if (entries.length === 0) this.render(node.otherwise, dot, scope);
    for (const [key, item] of entries) {
      const inner = new Scope(scope);
      const [first, second] = node.pipe.variables;
      if (first !== undefined) inner.declare(first, second === undefined ? item : key);
      if (second !== undefined) inner.declare(second, item);
      this.#step(column);
      this.render(node.body, item, inner);
    }
  }

  #pipe({ variables, declares, commands }: TemplatePipe, dot: TemplateValue, scope: Scope): TemplateValue {
    let value: TemplateValue;
    for (const [index, command] of commands.entries()) {
      value = this.#command(command, index === 0 ? [] : [value], dot, scope);
    }
    const [name] = variables;
    if (name === undefined) return value;
    const owner = declares ? scope : scope.ownerOf(name);
    if (owner === undefined) throw unknownVariable(name, commands[0]?.column ?? 1);
    owner.declare(name, value);
    return value;
  }

  #command(command: TemplateCommand, last: readonly TemplateValue[], dot: TemplateValue, scope: Scope): TemplateValue {
    const { name, operands, column } = command;
    this.#step(column);
    if (name === 'and' || name === 'or') return this.#shortCircuit(command, last, dot, scope);
    const values = operands.map((operand) => this.#operand(operand, dot, scope));
    if (name === undefined) return values[0];
    const args = [...values, ...last];
    this.#charge(args, column);
    const result = callTemplateFunction(name, args, this.#env);
    if ('fault' in result) throw new RenderFault(column, `${name}: ${result.fault}`, 'check what it is given');
    this.#charge([result.value], column);
    return result.value;
  }

  /** The first that decides; what stands behind it is not looked at. */
  #shortCircuit(
    { name, operands, column }: TemplateCommand,
    last: readonly TemplateValue[],
    dot: TemplateValue,
    scope: Scope,
  ): TemplateValue {
    let value: TemplateValue;
    for (const operand of operands) {
      value = this.#operand(operand, dot, scope);
      if (isTemplateTrue(value) === (name === 'or')) return value;
    }
    if (operands.length + last.length === 0) throw new RenderFault(column, `${name}: it needs a value`, 'write one');
    return last.length > 0 ? last[0] : value;
  }

  #operand(operand: TemplateOperand, dot: TemplateValue, scope: Scope): TemplateValue {
    if (operand.kind === 'value') return operand.value;
    return fieldOf(this.#start(operand, dot, scope), operand.path, operand.column);
  }

  #start(
    operand: Exclude<TemplateOperand, { readonly kind: 'value' }>,
    dot: TemplateValue,
    scope: Scope,
  ): TemplateValue {
    if (operand.kind === 'dot') return dot;
    if (operand.kind === 'pipe') return this.#pipe(operand.pipe, dot, scope);
    const owner = scope.ownerOf(operand.name);
    if (owner === undefined) throw unknownVariable(operand.name, operand.column);
    return owner.read(operand.name);
  }

  #charge(values: readonly TemplateValue[], column: number): void {
    for (const value of values) this.#work += sizeOfValue(value);
    if (this.#work > MAX_WORK) throw new RenderFault(column, 'the template takes too long', 'give functions less');
  }

  #step(column: number): void {
    this.column = column;
    this.#steps += 1;
    if (this.#steps > MAX_STEPS) throw new RenderFault(column, 'the template takes too long', 'let range do less');
  }

  #write(text: string, column: number): void {
    this.text += text;
    if (this.text.length > MAX_OUTPUT)
      throw new RenderFault(column, 'the template gives too much text', 'make it shorter');
  }
}

function unknownVariable(name: string, column: number): RenderFault {
  return new RenderFault(column, `there is no variable ${name}`, `write {{${name} := …}} before`);
}

function fieldOf(start: TemplateValue, path: readonly string[], column: number): TemplateValue {
  let value = start;
  for (const name of path) {
    if (typeof value !== 'object' || Array.isArray(value)) {
      throw new RenderFault(column, `there is no .${name} in what stands before it`, 'only maps have fields');
    }
    const map = value as Readonly<Record<string, TemplateValue>>;
    value = Object.hasOwn(map, name) ? map[name] : undefined;
  }
  return value;
}

function entriesOf(value: TemplateValue): readonly (readonly [string | number, TemplateValue])[] | undefined {
  if (value === undefined) return [];
  if (Array.isArray(value)) return (value as readonly TemplateValue[]).map((item, index) => [index, item]);
  if (typeof value === 'number')
    return Array.from({ length: Math.min(value, MAX_STEPS) }, (_, index) => [index, index]);
  if (typeof value !== 'object') return undefined;
  return Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
}
