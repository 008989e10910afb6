import type { Matcher } from 're2js';
import { compileRegexp } from './compile-regexp.ts';

/** Literal text, or the number of a group. */
type Part = string | number;

/**
 * Replaces every match of a regular expression as Go's `ReplaceAllString` does, with `$1`, `${1}`, `$name`, `${name}` and `$$`.
 * The result is undefined when nothing matches. Throws on a wrong expression.
 */
export function compileReplacement(regex: string, replacement: string): (text: string) => string | undefined {
  const pattern = compileRegexp(regex);
  const parts = parseTemplate(replacement, pattern.namedGroups());
  const groups = pattern.groupCount();
  return (text) => {
    const matcher = pattern.matcher(text);
    let result = '';
    let end = 0;
    let hasMatch = false;
    while (matcher.find()) {
      const start = matcher.start();
      result += text.slice(end, start);
      // Nothing behind a match is no match of its own.
      if (!hasMatch || matcher.end() > end || start > end) result += expand(parts, matcher, groups);
      end = matcher.end();
      hasMatch = true;
    }
    return hasMatch ? result + text.slice(end) : undefined;
  };
}

/** The longest run of letters, digits and `_` is the name; without braces it goes as far as it can. */
const VARIABLE = /\$(?:\$|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu;

function parseTemplate(template: string, names: Readonly<Record<string, number>>): readonly Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const match of template.matchAll(VARIABLE)) {
    parts.push(template.slice(at, match.index));
    const name = match[1] ?? match[2];
    if (name === undefined) parts.push('$');
    else if (/^(?:0|[1-9]\d{0,7})$/.test(name)) parts.push(Number(name));
    else parts.push(Object.hasOwn(names, name) ? names[name]! : '');
    at = match.index + match[0].length;
  }
  parts.push(template.slice(at));
  return parts.filter((part) => part !== '');
}

function expand(parts: readonly Part[], matcher: Matcher, groups: number): string {
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') text += part;
    else if (typeof part === 'number' && part <= groups) text += matcher.group(part) ?? '';
  }
  return text;
}
