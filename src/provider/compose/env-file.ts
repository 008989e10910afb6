import { interpolate, type Lookup, type VariableFault } from './interpolate.ts';

/** One `NAME=VALUE` of an `.env` file or a file of labels. */
export interface EnvEntry {
  readonly name: string;
  readonly value: string;
  /** As written, before variables are replaced. */
  readonly raw: string;
  readonly line: number;
  readonly faults: readonly VariableFault[];
}

const ENTRY = /[ \t]*(?:export[ \t]+)?([\p{L}\p{N}_.[\]-]+)[ \t]*[=:][ \t]*/uy;

/**
 * Reads a file of variables as compose does: single quotes keep everything, double quotes know escapes, variables are replaced
 * outside of single quotes (those of `lookup` before earlier ones of the file), ` #` begins a comment. Lines that are no entry are
 * left out.
 */
export function parseEnvFile(content: string, lookup: Lookup): readonly EnvEntry[] {
  const entries: EnvEntry[] = [];
  const known = new Map<string, string>();
  const find: Lookup = (name) => lookup(name) ?? known.get(name);
  const text = content.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  let position = 0;
  let line = 1;
  while (position < text.length) {
    const lineEnd = endOfLine(text, position);
    ENTRY.lastIndex = position;
    const head = ENTRY.exec(text);
    let end = lineEnd;
    if (head !== null && ENTRY.lastIndex <= lineEnd) {
      const written = readValue(text, ENTRY.lastIndex);
      const { text: value, faults } = written.isLiteral
        ? { text: written.raw, faults: [] }
        : interpolate(written.raw, find);
      const name = head[1] ?? '';
      entries.push({ name, value, raw: written.raw, line, faults });
      known.set(name, value);
      end = endOfLine(text, written.end);
    }
    line += text.slice(position, end).split('\n').length;
    position = end + 1;
  }
  return entries;
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

interface WrittenValue {
  readonly raw: string;
  readonly isLiteral: boolean;
  readonly end: number;
}

function readValue(text: string, start: number): WrittenValue {
  const quote = text[start];
  const pattern = quote === "'" ? /'((?:[^'\\]|\\.)*)'/sy : /"((?:[^"\\]|\\.)*)"/sy;
  pattern.lastIndex = start;
  const quoted = quote === "'" || quote === '"' ? pattern.exec(text) : null;
  if (quoted !== null) {
    const inner = quoted[1] ?? '';
    const raw = quote === "'" ? inner.replaceAll("\\'", "'") : unescapeText(inner);
    return { raw, isLiteral: quote === "'", end: pattern.lastIndex };
  }
  const end = endOfLine(text, start);
  const raw = text.slice(start, end).replace(/(^|\s)#.*$/, '');
  return { raw: raw.trim(), isLiteral: false, end };
}

/** `\$` stays one `$`, which interpolation writes as `$$`. */
function unescapeText(text: string): string {
  const letters: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', $: '$$' };
  return text.replace(/\\(.)/gs, (_, letter: string) => letters[letter] ?? letter);
}
