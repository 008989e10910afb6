/** A file does not hold what it should. */
export class RecordError extends Error {
  readonly code = 'record_malformed';
}

export type Fields = Readonly<Record<string, unknown>>;

/** Text of a record: indented, because people read these files when something is wrong. */
export function encode(record: object): string {
  return `${JSON.stringify({ v: 1, ...record }, undefined, 2)}\n`;
}

/** The object that a file holds. Throws `RecordError`, as all below do. */
export function decode(text: string): Fields {
  try {
    return fieldsOf(JSON.parse(text));
  } catch (cause) {
    if (cause instanceof RecordError) throw cause;
    throw new RecordError('not JSON', { cause });
  }
}

export function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new RecordError('expected an object');
  return value as Fields;
}

export function namesOf(fields: Fields): readonly string[] {
  const names = fields['names'];
  if (!Array.isArray(names) || names.length === 0 || !names.every((name) => typeof name === 'string')) {
    throw new RecordError('names: expected a list of host names');
  }
  return names;
}

export function stringOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw new RecordError(`${name}: expected a text`);
  return value;
}

export function optionalStringOf(fields: Fields, name: string): string | undefined {
  return fields[name] === undefined ? undefined : stringOf(fields, name);
}

export function numberOf(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new RecordError(`${name}: expected a number`);
  return value;
}
