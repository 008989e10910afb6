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

/** A value as it stands in the output. */
export function printTemplateValue(value: TemplateValue): string {
  if (value === undefined) return '<no value>';
  if (Array.isArray(value)) return `[${(value as TemplateArgs).map(printTemplateValue).join(' ')}]`;
  if (typeof value !== 'object') return String(value);
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `map[${entries.map(([name, one]) => `${name}:${printTemplateValue(one)}`).join(' ')}]`;
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
