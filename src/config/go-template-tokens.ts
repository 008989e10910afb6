import { readInterpretedString } from '../rule/interpreted-string.ts';

/** What is wrong with a template; `column` counts characters of the whole template from 1. */
export interface TemplateError {
  readonly column: number;
  readonly message: string;
  readonly hint: string;
}

export type TemplateTokenKind = 'word' | 'field' | 'variable' | 'text' | 'number' | 'sign';

/** One element of an action. `field` is `.Name` or a lone `.`; a sign is one of `( ) | , := =`. */
export interface TemplateToken {
  readonly kind: TemplateTokenKind;
  readonly text: string;
  readonly column: number;
  /** No space stands before it: `(index .x 1).y`, `$x.y`. */
  readonly isAttached: boolean;
}

/** A template cut at its actions. */
export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly tokens: readonly TemplateToken[]; readonly column: number };

const ELEMENT =
  /\$[\p{L}\p{Nd}_]*|\.[\p{L}_][\p{L}\p{Nd}_]*|\.|[\p{L}_][\p{L}\p{Nd}_]*|[+-]?\d+(?:\.\d+)?|:=|[()|,=]/uy;

/** Cuts a template into text and actions; `{{-` and `-}}` take the space beside them away, comments are dropped. */
export function cutTemplate(source: string): readonly TemplatePart[] | TemplateError {
  const parts: TemplatePart[] = [];
  let position = 0;
  let isTrimmed = false;
  for (;;) {
    const open = source.indexOf('{{', position);
    const trimsBefore = open >= 0 && /^-\s/.test(source.slice(open + 2, open + 4));
    let text = source.slice(position, open < 0 ? source.length : open);
    if (isTrimmed) text = text.trimStart();
    if (trimsBefore) text = text.trimEnd();
    if (text !== '') parts.push({ kind: 'text', text });
    if (open < 0) return parts;
    const start = open + (trimsBefore ? 3 : 2);
    const action = source.slice(start).trimStart().startsWith('/*')
      ? skipComment(source, start)
      : readAction(source, start);
    if ('message' in action) return action;
    if (action.tokens !== undefined) parts.push({ kind: 'action', tokens: action.tokens, column: open + 1 });
    isTrimmed = action.trimsAfter;
    position = action.end;
  }
}

interface Action {
  readonly tokens: readonly TemplateToken[] | undefined;
  readonly end: number;
  readonly trimsAfter: boolean;
}

const NO_END = { message: 'the {{ that starts here has no }}', hint: 'close it with }}' };

function skipComment(source: string, start: number): Action | TemplateError {
  const close = source.indexOf('*/', start);
  const match = close < 0 ? null : /^\*\/(\s-)?\}\}/.exec(source.slice(close));
  if (match === null) return { column: start - 1, message: 'the comment has no end', hint: 'close it with */}}' };
  return { tokens: undefined, end: close + match[0].length, trimsAfter: match[1] !== undefined };
}

function readAction(source: string, start: number): Action | TemplateError {
  const tokens: TemplateToken[] = [];
  let position = start;
  while (position < source.length) {
    const isBehindSpace = /\s/.test(source.charAt(position - 1));
    if (source.startsWith('}}', position)) return { tokens, end: position + 2, trimsAfter: false };
    if (isBehindSpace && source.startsWith('-}}', position)) return { tokens, end: position + 3, trimsAfter: true };
    if (/\s/.test(source.charAt(position))) {
      position += 1;
      continue;
    }
    const step = readToken(source, position);
    if ('message' in step) return step;
    tokens.push(step.token);
    position = step.end;
  }
  return { column: source.lastIndexOf('{{', start) + 1, ...NO_END };
}

function readToken(
  source: string,
  start: number,
): { readonly token: TemplateToken; readonly end: number } | TemplateError {
  const column = start + 1;
  const isAttached = !/[\s({|,]/.test(source.charAt(start - 1));
  const make = (kind: TemplateTokenKind, text: string, end: number) => ({
    token: { kind, text, column, isAttached },
    end,
  });
  const char = source.charAt(start);
  if (char === '`') {
    const close = source.indexOf('`', start + 1);
    if (close < 0)
      return { column, message: 'the text that starts here has no closing backtick', hint: 'add a backtick' };
    return make('text', source.slice(start + 1, close), close + 1);
  }
  if (char === '"') {
    const text = readInterpretedString(source, start);
    return 'message' in text ? text : make('text', text.value, text.end);
  }
  ELEMENT.lastIndex = start;
  const [text] = ELEMENT.exec(source) ?? [];
  if (text === undefined) {
    const hint = char === "'" ? 'write text between double quotes' : 'a template is made of .Name, texts and functions';
    return { column, message: `unexpected character ${char}`, hint };
  }
  return make(kindOf(text), text, start + text.length);
}

function kindOf(text: string): TemplateTokenKind {
  if (text.startsWith('$')) return 'variable';
  if (text.startsWith('.')) return 'field';
  if (/^[+-]?\d/.test(text)) return 'number';
  return /^[\p{L}_]/u.test(text) ? 'word' : 'sign';
}
