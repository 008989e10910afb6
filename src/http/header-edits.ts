/** What is done to a block of field lines: first `removes`, then `adds`. */
export interface HeaderEdits {
  /** Lower-case names; every line of them goes. */
  readonly removes: ReadonlySet<string>;
  /** Field lines with CRLF, from validated names and values. */
  readonly adds: string;
}

/** Each of these fields once, with this value, whatever was there; an empty value only removes. Names as they are to be sent. */
export function setFields(entries: readonly (readonly [name: string, value: string])[]): HeaderEdits {
  return {
    removes: new Set(entries.map(([name]) => name.toLowerCase())),
    adds: entries.map(([name, value]) => (value === '' ? '' : `${name}: ${value}\r\n`)).join(''),
  };
}

/** One edit that does what `first` and then `second` do. */
export function mergeEdits(first: HeaderEdits, second: HeaderEdits): HeaderEdits {
  return {
    removes: new Set([...first.removes, ...second.removes]),
    adds: removeFields(first.adds, second.removes) + second.adds,
  };
}

/** Edits a block of lines, each `Name: value CRLF`. */
export function editFields(fields: string, edits: HeaderEdits): string {
  return removeFields(fields, edits.removes) + edits.adds;
}

/** The lines of a block whose names are not among `names` (lower case); the block itself when none is. */
export function removeFields(fields: string, names: ReadonlySet<string>): string {
  return names.size === 0 ? fields : withoutFields(fields, (name) => names.has(name.toLowerCase()));
}

/** Names of request fields for `removeRequestFields`. */
export function requestNames(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.map(folded));
}

/** As `removeFields`, of a request: a name goes in every spelling that some application cannot tell from it (H10). */
export function removeRequestFields(fields: string, names: ReadonlySet<string>): string {
  return names.size === 0 ? fields : withoutFields(fields, (name) => names.has(folded(name)));
}

function folded(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

function withoutFields(fields: string, isNamed: (name: string) => boolean): string {
  let kept = '';
  let runStart = 0;
  for (let at = 0; at < fields.length;) {
    const name = fields.slice(at, fields.indexOf(':', at));
    const next = fields.indexOf('\r\n', at) + 2;
    if (isNamed(name)) {
      kept += fields.slice(runStart, at);
      runStart = next;
    }
    at = next;
  }
  return runStart === 0 ? fields : kept + fields.slice(runStart);
}
