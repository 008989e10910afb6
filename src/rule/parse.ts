import type { RuleError, RuleNode, RuleSyntax, TcpRuleNode } from './ast.ts';
import { HTTP_RULES_V2 } from './matchers-v2.ts';
import { TCP_RULES } from './matchers-tcp.ts';
import { HTTP_RULES } from './matchers.ts';
import { MAX_RULE_PROGRAMS, programSize, RegexpBudget, regexpsOf } from './regexp-budget.ts';
import { MAX_PROGRAM_SIZE } from './regexp-fault.ts';
import { estimateProgramSize } from './regexp-size.ts';
import { hintForName, isArgumentFault, readCall, type RuleLanguage } from './rule-language.ts';
import { tokenise, type Token } from './tokenise.ts';

// Deeper nesting is no rule anybody wrote, and every walk over the tree is recursive.
const MAX_DEPTH = 100;

/**
 * Parses rule text (rules.md section 2) and checks every matcher's arguments (section 3). `!` binds tightest, then
 * `&&`, then `||`. Both syntaxes give the same kind of tree (section 10). Never throws: a fault comes back with its column
 * and a fix. The regular expressions are paid from `budget`, those of a fault too, because they were compiled to find it.
 */
export function parseRule(rule: string, syntax: RuleSyntax = 'v3', budget?: RegexpBudget): RuleNode | RuleError {
  return parse(rule, syntax === 'v2' ? HTTP_RULES_V2 : HTTP_RULES, budget);
}

/** As `parseRule`, for the rule of a TCP router (rules.md section 11). */
export function parseTcpRule(rule: string, syntax: RuleSyntax = 'v3'): TcpRuleNode | RuleError {
  return parse(rule, TCP_RULES[syntax]);
}

function parse<Name extends string>(
  rule: string,
  language: RuleLanguage<Name>,
  budget?: RegexpBudget,
): RuleNode<Name> | RuleError {
  const tokens = tokenise(rule);
  if (!Array.isArray(tokens)) return tokens as RuleError;
  try {
    const reader = new Reader(tokens as readonly Token[], language, budget);
    const node = parseOr(reader, 0);
    reader.expectEnd();
    return node;
  } catch (error) {
    if (error instanceof Fault) return error.detail;
    throw error;
  }
}

/** Tells the two results of `parseRule` (or `parseTcpRule`) apart. */
export function isRuleError(result: RuleNode<string> | RuleError): result is RuleError {
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

class Reader<Name extends string> {
  readonly language: RuleLanguage<Name>;
  readonly #tokens: readonly Token[];
  readonly #own = new RegexpBudget(MAX_RULE_PROGRAMS);
  readonly #shared: RegexpBudget | undefined;
  #index = 0;

  constructor(tokens: readonly Token[], language: RuleLanguage<Name>, budget: RegexpBudget | undefined) {
    this.#tokens = tokens;
    this.language = language;
    this.#shared = budget;
  }

  /** Throws when more expressions stand in the rule, or in all that pay from one budget, than may. */
  spend(size: number, at: Token): void {
    const hint = 'shorten them, lower their {repeat} counts, or use Host and PathPrefix where they will do';
    if (!this.#own.spend(size)) throw fault(at, 'the regular expressions of the rule are too large together', hint);
    if (size === 0 || (this.#shared?.spend(size) ?? true)) return;
    throw fault(at, 'the regular expressions of all rules of the container are too large together', hint);
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

function parseOr<Name extends string>(reader: Reader<Name>, depth: number): RuleNode<Name> {
  return parseChain(reader, '||', 'or', () => parseChain(reader, '&&', 'and', () => parseUnary(reader, depth)));
}

function parseChain<Name extends string>(
  reader: Reader<Name>,
  operator: '&&' | '||',
  kind: 'and' | 'or',
  parseOperand: () => RuleNode<Name>,
): RuleNode<Name> {
  const first = parseOperand();
  const nodes = [first];
  while (reader.take(operator) !== undefined) nodes.push(parseOperand());
  return nodes.length === 1 ? first : { kind, nodes };
}

function parseUnary<Name extends string>(reader: Reader<Name>, depth: number): RuleNode<Name> {
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

function parseCall<Name extends string>(reader: Reader<Name>, token: Token): RuleNode<Name> {
  const name = reader.language.spellings.get(token.text);
  if (name === undefined) {
    throw fault(token, `there is no matcher ${token.text}`, hintForName(reader.language, token.text));
  }
  if (reader.take('(') === undefined) {
    throw fault(token, `${token.text} has no ( after it`, `write ${token.text}(\`value\`)`);
  }
  const args = parseArguments(reader);
  closeParenthesis(reader, `the ( of ${token.text} is not closed`);
  const texts = args.map((arg) => arg.text);
  // An instruction in advance: where nothing is left, nothing is compiled to find that out.
  if (name.endsWith('Regexp')) reader.spend(1, token);
  const result = readCall(reader.language, name, texts);
  if (!isArgumentFault(result)) {
    reader.spend(programSize(regexpsOf(result)), token);
    return result;
  }
  reader.spend(Math.min(MAX_PROGRAM_SIZE, estimateProgramSize(texts.join(''))), token);
  const at = result.index === undefined ? token : (args[result.index] ?? token);
  throw fault(at, result.message, result.hint);
}

function parseArguments(reader: Reader<string>): readonly Token[] {
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

function closeParenthesis(reader: Reader<string>, message: string): void {
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
