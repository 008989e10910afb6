import type { RuleError } from './ast.ts';

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

/**
 * Reads a double-quoted string with Go's escapes, starting at its opening quote. `\xHH` and `\NNN` stand for bytes
 * (UTF-8), `\uHHHH` and `\UHHHHHHHH` for characters. `end` is the index behind the closing quote.
 */
export function readInterpretedString(
  rule: string,
  start: number,
): { readonly value: string; readonly end: number } | RuleError {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  let position = start + 1;
  while (position < rule.length) {
    const char = String.fromCodePoint(rule.codePointAt(position) ?? 0);
    if (char === '"') return { value: new TextDecoder().decode(new Uint8Array(bytes)), end: position + 1 };
    if (char === '\n') break;
    if (char === '\\') {
      const escape = readEscape(rule, position);
      if (escape === undefined) return badEscape(rule, position);
      bytes.push(...(typeof escape.value === 'number' ? [escape.value] : encoder.encode(escape.value)));
      position = escape.end;
    } else {
      bytes.push(...encoder.encode(char));
      position += char.length;
    }
  }
  return {
    column: start + 1,
    message: 'the text that starts here has no closing quote',
    hint: 'put a double quote at both ends of the value, or better a backtick `',
  };
}

interface Escape {
  /** A number is one byte. */
  readonly value: string | number;
  readonly end: number;
}

function readEscape(rule: string, start: number): Escape | undefined {
  const letter = rule.charAt(start + 1);
  const simple = SIMPLE_ESCAPES[letter];
  if (simple !== undefined) return { value: simple, end: start + 2 };
  const octal = /^[0-7]{3}/.exec(rule.slice(start + 1, start + 4))?.[0];
  if (octal !== undefined) {
    const value = Number.parseInt(octal, 8);
    return value > 255 ? undefined : { value, end: start + 4 };
  }
  const digitCount = { x: 2, u: 4, U: 8 }[letter];
  if (digitCount === undefined) return undefined;
  const digits = rule.slice(start + 2, start + 2 + digitCount);
  if (digits.length !== digitCount || !/^[0-9a-f]+$/i.test(digits)) return undefined;
  const value = Number.parseInt(digits, 16);
  const end = start + 2 + digitCount;
  if (letter === 'x') return { value, end };
  const isCharacter = value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
  return isCharacter ? { value: String.fromCodePoint(value), end } : undefined;
}

function badEscape(rule: string, start: number): RuleError {
  const text = rule.slice(start, start + 2);
  return {
    column: start + 1,
    message: `${text} is no escape of a double-quoted text`,
    hint: `use backticks, in which nothing is escaped, or write \\${text}`,
  };
}
