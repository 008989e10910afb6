/** A value inside a template; undefined: there is none. */
export type TemplateValue =
  | string
  | number
  | boolean
  | undefined
  | readonly TemplateValue[]
  | { readonly [name: string]: TemplateValue };

export type TemplateArgs = readonly TemplateValue[];
/** Thrown by functions for what they cannot work with; `callTemplateFunction` lets none out. */
export class Unusable extends Error {}

/** Whether `if` takes it: not nothing, zero, false, or empty. */
export function isTemplateTrue(value: TemplateValue): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object') return Object.keys(value).length > 0;
  return Boolean(value);
}

/** Characters of one text, and elements of one list, that a template may make. */
export const MAX_TEXT = 1_000_000;
export const MAX_LIST = 100_000;

/** Room for text: a list that holds another twice, which holds another twice, has no other end. */
export class TextRoom {
  #left = MAX_TEXT;

  /** Gives the text back; throws Unusable when the room is full. */
  take(text: string): string {
    this.#left -= text.length + 1;
    if (this.#left < 0) throw new Unusable('it would make too much text');
    return text;
  }
}

/** A value as it stands in the output. Throws Unusable when `room` has no place for it. */
export function printTemplateValue(value: TemplateValue, room = new TextRoom()): string {
  if (value === undefined) return room.take('<no value>');
  if (typeof value !== 'object') return room.take(String(value));
  room.take('[]');
  if (Array.isArray(value)) {
    return `[${(value as TemplateArgs).map((one) => printTemplateValue(one, room)).join(' ')}]`;
  }
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `map[${entries.map(([name, one]) => `${room.take(name)}:${printTemplateValue(one, room)}`).join(' ')}]`;
}

/** How much there is to do with a value: characters, elements or names. */
export function sizeOfValue(value: TemplateValue): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  return typeof value === 'object' ? Object.keys(value).length : 1;
}

/** Texts that fit together into one. */
export function texts(values: TemplateArgs, between = ''): readonly string[] {
  const all = values.map(text);
  needRoom(all.reduce((sum, one) => sum + one.length + between.length, 0));
  return all;
}

/** Throws Unusable when a text of this length may not be made. */
export function needRoom(length: number): void {
  if (length > MAX_TEXT) throw new Unusable('it would make too much text');
}

/** As text; a label that is not there reads as empty, as in Go's maps of strings. */
export function text(value: TemplateValue): string {
  if (typeof value === 'string') return value;
  if (value === undefined) return '';
  if (typeof value === 'object') throw new Unusable('it needs a text, not a list or a map');
  return String(value);
}

/** As number; a text may be one. */
export function number(value: TemplateValue): number {
  const parsed = typeof value === 'string' ? Number(value.trim() || 'x') : value;
  if (typeof parsed === 'boolean') return Number(parsed);
  if (typeof parsed === 'number' && Number.isFinite(parsed)) return parsed;
  throw new Unusable('it needs a number');
}

/** As list; nothing is the empty one. */
export function list(value: TemplateValue): TemplateArgs {
  if (Array.isArray(value)) return value as TemplateArgs;
  if (value === undefined) return [];
  throw new Unusable('it needs a list');
}
