import { nearest } from '../lib/suggest.ts';
import { TEMPLATE_FUNCTION_NAMES } from './go-template-functions.ts';
import { cutTemplate, type TemplateError, type TemplatePart, type TemplateToken } from './go-template-tokens.ts';

/** A parsed template: plain data. Columns are for faults that only show when it is rendered. */
export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'pipe'; readonly pipe: TemplatePipe }
  | {
      readonly kind: 'if' | 'with' | 'range';
      readonly pipe: TemplatePipe;
      readonly body: readonly TemplateNode[];
      readonly otherwise: readonly TemplateNode[];
    };

/** `$x := first | second`: each command gets what the one before gave as its last argument. */
export interface TemplatePipe {
  readonly variables: readonly string[];
  readonly declares: boolean;
  readonly commands: readonly TemplateCommand[];
}

export interface TemplateCommand {
  /** A name of a function, or undefined: the only operand is the value. */
  readonly name: string | undefined;
  readonly operands: readonly TemplateOperand[];
  readonly column: number;
}

export type TemplateOperand =
  | { readonly kind: 'value'; readonly value: string | number | boolean | undefined }
  /** Fields of the dot, of a variable, of the result of a pipe. */
  | { readonly kind: 'dot'; readonly path: readonly string[]; readonly column: number }
  | { readonly kind: 'variable'; readonly name: string; readonly path: readonly string[]; readonly column: number }
  | { readonly kind: 'pipe'; readonly pipe: TemplatePipe; readonly path: readonly string[]; readonly column: number };

/** Deeper nesting is nothing anybody wrote, and every walk over the tree is recursive. */
const MAX_DEPTH = 50;

const BLOCKS = ['if', 'with', 'range'] as const;
const REFUSED = ['define', 'template', 'block', 'break', 'continue'];

/** Parses a template. Never throws: a fault comes back with its column and a fix. */
export function parseTemplateNodes(source: string): readonly TemplateNode[] | TemplateError {
  const parts = cutTemplate(source);
  if ('message' in parts) return parts;
  try {
    const reader = new BlockReader(parts);
    const { nodes } = reader.readList(undefined, 0);
    return nodes;
  } catch (error) {
    if (error instanceof Fault) return error.detail;
    throw error;
  }
}

/** Carries an error out of the recursion; never leaves this file. */
class Fault extends Error {
  readonly detail: TemplateError;
  constructor(column: number, message: string, hint: string) {
    super(message);
    this.detail = { column, message, hint };
  }
}

interface Ended {
  readonly nodes: readonly TemplateNode[];
  /** Undefined: the end of the template. */
  readonly by: 'end' | 'else' | undefined;
  /** What stands behind `else`. */
  readonly rest: readonly TemplateToken[];
}

class BlockReader {
  readonly #parts: readonly TemplatePart[];
  #index = 0;

  constructor(parts: readonly TemplatePart[]) {
    this.#parts = parts;
  }

  /** Reads until the `end` or `else` of the block that began at `column`; undefined: the whole template. */
  readList(column: number | undefined, depth: number): Ended {
    const nodes: TemplateNode[] = [];
    for (;;) {
      const part = this.#parts[this.#index++];
      if (part === undefined) {
        if (column === undefined) return { nodes, by: undefined, rest: [] };
        throw new Fault(column, 'the block that starts here has no {{end}}', 'add {{end}}');
      }
      if (part.kind === 'text') {
        nodes.push(part);
        continue;
      }
      const [first, ...rest] = part.tokens;
      const word = first?.kind === 'word' ? first.text : undefined;
      if (word === 'end' || word === 'else') {
        if (column === undefined) {
          throw new Fault(
            part.column,
            `there is no block for this {{${word}}}`,
            'remove it, or add {{if …}} before it',
          );
        }
        return { nodes, by: word, rest };
      }
      if (depth > MAX_DEPTH) throw new Fault(part.column, 'the template is nested too deeply', 'use fewer blocks');
      nodes.push(this.#action(part.tokens, part.column, depth));
    }
  }

  #action(tokens: readonly TemplateToken[], column: number, depth: number): TemplateNode {
    const [first, ...rest] = tokens;
    if (first === undefined) throw new Fault(column, 'there is nothing between {{ and }}', 'write {{ .Name }}');
    const kind = first.kind === 'word' ? BLOCKS.find((name) => name === first.text) : undefined;
    if (first.kind === 'word' && REFUSED.includes(first.text)) {
      throw new Fault(first.column, `{{${first.text}}} is not understood`, 'write the text out');
    }
    return kind === undefined
      ? { kind: 'pipe', pipe: parsePipe(tokens, column) }
      : this.#block(kind, rest, column, depth);
  }

  #block(kind: (typeof BLOCKS)[number], tokens: readonly TemplateToken[], column: number, depth: number): TemplateNode {
    const pipe = parsePipe(tokens, column, kind === 'range');
    const { nodes: body, by, rest } = this.readList(column, depth + 1);
    if (by !== 'else') return { kind, pipe, body, otherwise: [] };
    const [next] = rest;
    const chained = BLOCKS.find((name) => name === next?.text && name !== 'range');
    if (next !== undefined && chained !== undefined) {
      return { kind, pipe, body, otherwise: [this.#block(chained, rest.slice(1), next.column, depth + 1)] };
    }
    if (next !== undefined) throw new Fault(next.column, `${next.text} is not expected behind else`, 'write {{else}}');
    const last = this.readList(column, depth + 1);
    if (last.by === 'else') throw new Fault(column, 'the block has two {{else}}', 'write {{else if …}} for the first');
    return { kind, pipe, body, otherwise: last.nodes };
  }
}

function parsePipe(tokens: readonly TemplateToken[], column: number, isRange = false): TemplatePipe {
  const reader = new TokenReader(tokens, column);
  const pipe = reader.pipe(isRange, 0);
  const rest = reader.current;
  if (rest !== undefined) throw new Fault(rest.column, `${rest.text} is not expected here`, 'check the parentheses');
  return pipe;
}

class TokenReader {
  readonly #tokens: readonly TemplateToken[];
  readonly #column: number;
  #index = 0;

  constructor(tokens: readonly TemplateToken[], column: number) {
    this.#tokens = tokens;
    this.#column = column;
  }

  get current(): TemplateToken | undefined {
    return this.#tokens[this.#index];
  }

  pipe(isRange: boolean, depth: number): TemplatePipe {
    if (depth > MAX_DEPTH) throw new Fault(this.#column, 'the template is nested too deeply', 'use fewer parentheses');
    const { variables, declares } = this.#variables(isRange);
    const commands = [this.#command(depth)];
    while (this.#takeSign('|')) commands.push(this.#command(depth));
    for (const { name, column } of commands.slice(1)) {
      if (name === undefined)
        throw new Fault(column, 'what follows a | is no function', 'write a function such as lower');
    }
    return { variables, declares, commands };
  }

  #variables(isRange: boolean): Pick<TemplatePipe, 'variables' | 'declares'> {
    const [first, second, third, fourth] = this.#tokens.slice(this.#index, this.#index + 4);
    if (first?.kind !== 'variable') return { variables: [], declares: false };
    if (isRange && second?.text === ',' && third?.kind === 'variable' && fourth?.text === ':=') {
      this.#index += 4;
      return { variables: [first.text, third.text], declares: true };
    }
    if (second?.kind !== 'sign' || !/^:?=$/.test(second.text)) return { variables: [], declares: false };
    this.#index += 2;
    return { variables: [first.text], declares: second.text === ':=' };
  }

  #command(depth: number): TemplateCommand {
    const token = this.current;
    if (token === undefined) throw new Fault(this.#endColumn(), 'a value is missing here', 'write .Name or a function');
    const name = this.#functionName(token);
    if (name !== undefined) this.#index += 1;
    const operands: TemplateOperand[] = [];
    for (let next = this.current; next !== undefined && !isSign(next, '|', ')'); next = this.current) {
      operands.push(this.#operand(next, depth));
    }
    if (name === undefined && operands.length > 1) {
      throw new Fault(
        token.column,
        `${token.text} is no function`,
        'write a function first, or join texts with printf',
      );
    }
    if (name === undefined && operands.length === 0) {
      throw new Fault(token.column, 'a value is missing here', 'write .Name or a function');
    }
    return { name, operands, column: token.column };
  }

  #functionName(token: TemplateToken): string | undefined {
    if (token.kind !== 'word' || CONSTANTS.has(token.text)) return undefined;
    if (TEMPLATE_FUNCTION_NAMES.has(token.text)) return token.text;
    const guess = nearest(token.text, TEMPLATE_FUNCTION_NAMES);
    const hint = guess === undefined ? 'values begin with a dot, as in .Name' : `did you mean ${guess}?`;
    throw new Fault(token.column, `there is no function ${token.text}`, hint);
  }

  #operand(token: TemplateToken, depth: number): TemplateOperand {
    const { kind, text, column } = token;
    this.#index += 1;
    if (kind === 'text') return { kind: 'value', value: text };
    if (kind === 'number') return { kind: 'value', value: Number(text) };
    if (kind === 'field') return { kind: 'dot', path: text === '.' ? [] : this.#path([text.slice(1)]), column };
    if (kind === 'variable') return { kind: 'variable', name: text, path: this.#path([]), column };
    if (text === '(') {
      const pipe = this.pipe(false, depth + 1);
      if (!this.#takeSign(')')) throw new Fault(column, 'the ( that starts here is not closed', 'add the missing )');
      return { kind: 'pipe', pipe, path: this.#path([]), column };
    }
    if (kind === 'word' && CONSTANTS.has(text)) return { kind: 'value', value: CONSTANTS.get(text) };
    if (kind === 'word') {
      const name = this.#functionName(token);
      // A function among the arguments is called with none.
      return { kind: 'pipe', pipe: callOf(name, column), path: [], column };
    }
    throw new Fault(column, `${text} is not expected here`, 'check the parentheses');
  }

  /** Fields that follow at once: `.Labels.x`. */
  #path(start: readonly string[]): readonly string[] {
    const path = [...start];
    for (let next = this.current; next?.kind === 'field' && next.isAttached; next = this.current) {
      if (next.text === '.') throw new Fault(next.column, 'a dot stands alone', 'write a name behind it');
      path.push(next.text.slice(1));
      this.#index += 1;
    }
    return path;
  }

  #takeSign(sign: string): boolean {
    const token = this.current;
    if (token === undefined || !isSign(token, sign)) return false;
    this.#index += 1;
    return true;
  }

  #endColumn(): number {
    const last = this.#tokens.at(-1);
    return last === undefined ? this.#column : last.column + last.text.length;
  }
}

const CONSTANTS: ReadonlyMap<string, boolean | undefined> = new Map([
  ['true', true],
  ['false', false],
  ['nil', undefined],
]);

function isSign({ kind, text }: TemplateToken, ...signs: readonly string[]): boolean {
  return kind === 'sign' && signs.includes(text);
}

function callOf(name: string | undefined, column: number): TemplatePipe {
  return { variables: [], declares: false, commands: [{ name, operands: [], column }] };
}
