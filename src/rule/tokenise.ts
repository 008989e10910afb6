import { readInterpretedString } from './interpreted-string.ts';
import type { RuleError } from './ast.ts';

export type TokenKind = 'name' | 'string' | '(' | ')' | ',' | '&&' | '||' | '!' | 'line-break' | 'end';

/** One lexical element of a rule. `column` is 1-based in the rule text. */
export interface Token {
  readonly kind: TokenKind;
  /** The name, or the decoded content of a string. */
  readonly text: string;
  readonly column: number;
}

const NAME = /[\p{L}_][\p{L}\p{Nd}_]*/uy;

/**
 * Cuts rule text into tokens, the last of which has kind `end`. A line break counts only where Go's semicolon rule
 * makes it one: after a name, a string or `)`. Comments (`//`, `/* … *\/`) are skipped.
 */
export function tokenise(rule: string): readonly Token[] | RuleError {
  const tokens: Token[] = [];
  let position = 0;
  while (position < rule.length) {
    const step = nextToken(rule, position, tokens.at(-1)?.kind);
    if ('message' in step) return missingBacktick(rule, tokens) ?? step;
    if (step.token !== undefined) tokens.push(step.token);
    position = step.end;
  }
  // A final line break ends the rule and is no fault.
  while (tokens.at(-1)?.kind === 'line-break') tokens.pop();
  tokens.push({ kind: 'end', text: '', column: rule.trimEnd().length + 1 });
  return tokens;
}

interface Step {
  readonly token: Token | undefined;
  readonly end: number;
}

function nextToken(rule: string, start: number, previous: TokenKind | undefined): Step | RuleError {
  const char = rule.charAt(start);
  const two = rule.slice(start, start + 2);
  const column = start + 1;
  const make = (kind: TokenKind, text: string, end: number): Step => ({ token: { kind, text, column }, end });

  if (char === ' ' || char === '\t' || char === '\r') return { token: undefined, end: start + 1 };
  if (char === '\n')
    return endsStatement(previous) ? make('line-break', '', start + 1) : { token: undefined, end: start + 1 };
  if (two === '//' || two === '/*') return skipComment(rule, start, previous);
  if (two === '&&' || two === '||') return make(two, two, start + 2);
  if (char === '(' || char === ')' || char === ',' || char === '!') return make(char, char, start + 1);
  if (char === '`') return readRawString(rule, start);
  if (char === '"') {
    const text = readInterpretedString(rule, start);
    return 'message' in text ? text : make('string', text.value, text.end);
  }
  NAME.lastIndex = start;
  const name = NAME.exec(rule);
  if (name !== null) return make('name', name[0], start + name[0].length);
  return unexpectedCharacter(rule, start);
}

function endsStatement(kind: TokenKind | undefined): boolean {
  return kind === 'name' || kind === 'string' || kind === ')';
}

function skipComment(rule: string, start: number, previous: TokenKind | undefined): Step | RuleError {
  const isLine = rule.startsWith('//', start);
  const close = isLine ? rule.indexOf('\n', start) : rule.indexOf('*/', start + 2);
  // The line break behind a line comment is looked at as a token of its own.
  if (isLine) return { token: undefined, end: close < 0 ? rule.length : close };
  if (close < 0) return { column: start + 1, message: 'the comment has no end', hint: 'close it with */ or remove it' };
  const isBreak = rule.slice(start, close).includes('\n') && endsStatement(previous);
  return { token: isBreak ? { kind: 'line-break', text: '', column: start + 1 } : undefined, end: close + 2 };
}

function readRawString(rule: string, start: number): Step | RuleError {
  const close = rule.indexOf('`', start + 1);
  if (close < 0) {
    return {
      column: start + 1,
      message: 'the text that starts here has no closing backtick',
      hint: 'put a backtick ` at both ends of the value',
    };
  }
  const text = rule.slice(start + 1, close).replaceAll('\r', '');
  return { token: { kind: 'string', text, column: start + 1 }, end: close + 1 };
}

/**
 * With an odd number of backticks one is missing, and the fault shows far behind its place. The text that swallowed a
 * parenthesis is the one that was not closed.
 */
function missingBacktick(rule: string, tokens: readonly Token[]): RuleError | undefined {
  if (rule.split('`').length % 2 === 1) return undefined;
  const swallowing = tokens.find(({ kind, text }) => kind === 'string' && /\)\s*(&&|\|\|)|\(\s*$/.test(text));
  if (swallowing === undefined) return undefined;
  return {
    column: swallowing.column,
    message: 'the text that starts here has no closing backtick',
    hint: 'put a backtick ` at both ends of the value',
  };
}

function unexpectedCharacter(rule: string, start: number): RuleError {
  const char = String.fromCodePoint(rule.codePointAt(start) ?? 0);
  const hints: Readonly<Record<string, string>> = {
    "'": 'write the value between backticks: `value`',
    '&': 'write && between two matchers',
    '|': 'write || between two matchers',
    '.': 'write names between backticks, inside a matcher: Host(`example.com`)',
    '=': 'write the value in parentheses and backticks: Host(`example.com`)',
    ';': 'write && or || between two matchers',
  };
  return {
    column: start + 1,
    message: `unexpected character ${char}`,
    hint: hints[char] ?? 'a rule is made of matchers such as Host(`example.com`), joined with && and ||',
  };
}
