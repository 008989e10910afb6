import type { ArgumentCheck } from './argument-checks.ts';

/** What `{name}` without a pattern stands for: one label of a host, one segment of a path, anything in a query. */
const ANY = { host: '[^.]+', path: '[^/]+', query: '.*' } as const;

/**
 * A template of Traefik v2 as a regular expression (RE2), unanchored: text stands for itself, `{name}` for one part,
 * `{name:pattern}` for what the pattern matches (rules.md section 10). Undefined: it has no braces. Hosts are compared in
 * lower case, so the text around the braces becomes lower case. With `isRegexp` that text is a regular expression already.
 */
export function templateRegexp(
  text: string,
  kind: keyof typeof ANY,
  isRegexp = false,
): string | ArgumentCheck | undefined {
  const parts = cut(text);
  if (parts === undefined) return { message: `the braces of ${text} do not match`, hint: 'close every { with a }' };
  if (parts.length === 1) return undefined;
  let regexp = '';
  for (const [index, part] of parts.entries()) {
    if (index % 2 === 0) {
      regexp += isRegexp ? part : escapeRegexp(kind === 'host' ? part.toLowerCase() : part);
      continue;
    }
    const colon = part.indexOf(':');
    const pattern = colon < 0 ? ANY[kind] : part.slice(colon + 1);
    if (part === '' || colon === 0 || pattern === '') {
      return { message: `{${part}} lacks a name or a pattern`, hint: 'write {name} or {name:pattern}' };
    }
    // Alternatives and flags must not reach beyond the braces.
    regexp += /\||\(\?/.test(pattern) ? `(?:${pattern})` : pattern;
  }
  return regexp;
}

/** The text as a regular expression that matches it and nothing else. */
export function escapeRegexp(text: string): string {
  return text.replaceAll(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}

/** Text, inside of braces, text, …; undefined when the braces do not match. Braces nest: `{id:[0-9]{3}}`. */
function cut(text: string): readonly string[] | undefined {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (char === '{' && depth++ === 0) {
      parts.push(text.slice(start, index));
      start = index + 1;
    } else if (char === '}' && --depth === 0) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
    if (depth < 0) return undefined;
  }
  parts.push(text.slice(start));
  return depth === 0 ? parts : undefined;
}
