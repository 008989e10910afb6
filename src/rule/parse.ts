import type { RuleError, RuleNode } from './ast.ts';
import { checkArguments, findMatcher, hintForName } from './matchers.ts';
import { tokenise, type Token } from './tokenise.ts';

// Deeper nesting is no rule anybody wrote, and every walk over the tree is recursive.
const MAX_DEPTH = 100;

/**
 * Parses rule text (rules.md section 2) and checks every matcher's arguments (section 3). `!` binds tightest, then
 * `&&`, then `||`. Never throws: a fault comes back with its column and a fix.
 */
export function parseRule(rule: string): RuleNode | RuleError {
  const tokens = tokenise(rule);
  if (!Array.isArray(tokens)) return tokens as RuleError;
  try {
    const reader = new Reader(tokens as readonly Token[]);
    const node = parseOr(reader, 0);
    reader.expectEnd();
    return node;
  } catch (error) {
    if (error instanceof Fault) return error.detail;
    throw error;
  }
}

/** Tells the two results of `parseRule` apart. */
export function isRuleError(result: RuleNode | RuleError): result is RuleError {
  return 'message' in result;
}

/** Carries a RuleError out of the recursion; never leaves this file. */
class Fault extends Error {
  readonly detail: RuleError;
  constructor(detail: RuleError) {
    super(detail.message);
    this.detail = detail;
  }
}

class Reader {
  readonly #tokens: readonly Token[];
  #index = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get current(): Token {
    // `tokenise` always ends with an `end` token, and nothing reads past it.
    return this.#tokens[this.#index] as Token;
  }

  take(kind: Token['kind']): Token | undefined {
    const token = this.current;
    if (token.kind !== kind) return undefined;
    if (kind !== 'end') this.#index++;
    return token;
  }

  expectEnd(): void {
    const token = this.current;
    if (token.kind === 'end') return;
    if (token.kind === ')') throw fault(token, 'there is no ( for this )', 'remove it or add the missing (');
    if (token.kind === 'line-break') throw lineBreak(token);
    throw fault(token, `${describe(token)} is not expected here`, 'write && or || between two matchers');
  }
}

function parseOr(reader: Reader, depth: number): RuleNode {
  return parseChain(reader, '||', 'or', () => parseChain(reader, '&&', 'and', () => parseUnary(reader, depth)));
}

function parseChain(reader: Reader, operator: '&&' | '||', kind: 'and' | 'or', parseOperand: () => RuleNode): RuleNode {
  const first = parseOperand();
  const nodes = [first];
  while (reader.take(operator) !== undefined) nodes.push(parseOperand());
  return nodes.length === 1 ? first : { kind, nodes };
}

function parseUnary(reader: Reader, depth: number): RuleNode {
  if (depth > MAX_DEPTH) throw fault(reader.current, 'the rule is nested too deeply', 'use fewer parentheses');
  if (reader.take('!') !== undefined) return { kind: 'not', node: parseUnary(reader, depth + 1) };
  if (reader.take('(') !== undefined) {
    const node = parseOr(reader, depth + 1);
    closeParenthesis(reader, 'the ( before it is not closed');
    return node;
  }
  const name = reader.take('name');
  if (name !== undefined) return parseCall(reader, name);
  throw missingMatcher(reader.current);
}

function parseCall(reader: Reader, token: Token): RuleNode {
  const name = findMatcher(token.text);
  if (reader.current.kind !== '(' || name === undefined) {
    if (name !== undefined) throw fault(token, `${token.text} has no ( after it`, `write ${token.text}(\`value\`)`);
    throw fault(token, `there is no matcher ${token.text}`, hintForName(token.text));
  }
  reader.take('(');
  const args = parseArguments(reader);
  closeParenthesis(reader, `the ( of ${token.text} is not closed`);
  const problem = checkArguments(
    name,
    args.map((arg) => arg.text),
  );
  if (problem !== undefined) {
    const at = problem.index === undefined ? token : (args[problem.index] ?? token);
    throw fault(at, problem.message, problem.hint);
  }
  return { kind: 'match', name, args: args.map((arg) => arg.text) };
}

function parseArguments(reader: Reader): readonly Token[] {
  const args: Token[] = [];
  let arg = reader.take('string');
  while (arg !== undefined) {
    args.push(arg);
    if (reader.take(',') === undefined) break;
    arg = reader.take('string');
  }
  const rest = reader.current;
  if (rest.kind === 'string' || rest.kind === ')' || rest.kind === 'end' || rest.kind === 'line-break') return args;
  throw fault(rest, `${describe(rest)} is not a value`, 'write each value between backticks: `value`');
}

function closeParenthesis(reader: Reader, message: string): void {
  if (reader.take(')') !== undefined) return;
  const token = reader.current;
  if (token.kind === 'line-break') throw lineBreak(token);
  if (token.kind === 'end') throw fault(token, message, 'add the missing )');
  throw fault(token, `${describe(token)} is not expected here`, 'write ) or, between two matchers, && or ||');
}

function missingMatcher(token: Token): Fault {
  if (token.kind === 'string') {
    return fault(token, 'a value stands alone', `write Host(\`${token.text}\`)`);
  }
  if (token.kind === 'line-break') return lineBreak(token);
  return fault(
    token,
    token.kind === 'end' ? 'the rule ends where a matcher should follow' : `${describe(token)} is not expected here`,
    'write a matcher such as Host(`example.com`)',
  );
}

function lineBreak(token: Token): Fault {
  return fault(
    token,
    'a line break may not stand before an operator or a )',
    'end the line with && or ||, or write the rule in one line (in YAML with > instead of |)',
  );
}

function describe(token: Token): string {
  if (token.kind === 'end') return 'the end of the rule';
  return token.kind === 'string' ? 'a value' : token.text;
}

function fault(token: Token, message: string, hint: string): Fault {
  return new Fault({ column: token.column, message, hint });
}
