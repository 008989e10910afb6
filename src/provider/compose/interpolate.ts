/** Value of a variable; undefined: it is not set. */
export type Lookup = (name: string) => string | undefined;

/** What compose cannot replace, or replaces with nothing. */
export interface VariableFault {
  /** `unset`: nothing takes its place. `required`: `${X:?}` is not set. `syntax`: compose refuses the file. */
  readonly kind: 'unset' | 'required' | 'syntax';
  /** The variable; for `syntax` the characters that begin with the `$`. */
  readonly name: string;
  /** 1-based column of the `$` in the text as written. */
  readonly column: number;
}

export interface Interpolated {
  readonly text: string;
  readonly faults: readonly VariableFault[];
}

/** Nobody nests deeper, and each level is a call. */
const MAX_DEPTH = 20;

/**
 * Replaces variables as compose does: `$X`, `${X}`, `${X:-word}`, `-`, `:?`, `?`, `:+`, `+`, words with variables in them,
 * and `$$` for one `$`. Never throws: what compose would refuse stays as written and is a fault.
 */
export function interpolate(text: string, lookup: Lookup): Interpolated {
  if (!text.includes('$')) return { text, faults: [] };
  return new Interpolator(text, lookup).run();
}

class Interpolator {
  readonly #source: string;
  readonly #lookup: Lookup;
  #position = 0;

  constructor(source: string, lookup: Lookup) {
    this.#source = source;
    this.#lookup = lookup;
  }

  run(): Interpolated {
    return this.#text(0);
  }

  /** Up to the end, or inside braces (`depth` above 0) up to the brace that closes them. */
  #text(depth: number): Interpolated {
    const faults: VariableFault[] = [];
    let text = '';
    while (this.#position < this.#source.length) {
      const letter = this.#source[this.#position]!;
      if (depth > 0 && letter === '}') break;
      if (letter !== '$') {
        text += letter;
        this.#position += 1;
        continue;
      }
      const variable = this.#variable(depth);
      text += variable.text;
      faults.push(...variable.faults);
    }
    return { text, faults };
  }

  #variable(depth: number): Interpolated {
    const start = this.#position;
    const next = this.#source[start + 1];
    if (next === '$') {
      this.#position += 2;
      return { text: '$', faults: [] };
    }
    const isBraced = next === '{';
    const name = this.#nameAt(start + (isBraced ? 2 : 1));
    if (name === '') return this.#refuse(start);
    this.#position = start + name.length + (isBraced ? 2 : 1);
    return isBraced ? this.#braced(name, start, depth) : this.#value(name, start);
  }

  #braced(name: string, start: number, depth: number): Interpolated {
    const [operator = ''] = /^(?::?[-?+])?/.exec(this.#source.slice(this.#position, this.#position + 2)) ?? [];
    this.#position += operator.length;
    if (depth >= MAX_DEPTH) return this.#refuse(start);
    const isPlain = operator === '' && this.#source[this.#position] === '}';
    const word = operator === '' ? { text: '', faults: [] } : this.#text(depth + 1);
    if (operator === '' && !isPlain) return this.#refuse(start);
    // Read on from its end: reading what is inside again, at every level, would double the work each time.
    if (this.#source[this.#position] !== '}') return this.#refuse(start, this.#source.length);
    this.#position += 1;
    if (operator === '') return this.#value(name, start);
    const value = this.#lookup(name);
    const isSaid = value !== undefined && (value !== '' || !operator.startsWith(':'));
    if (operator.endsWith('+')) return isSaid ? word : { text: '', faults: [] };
    if (isSaid) return { text: value, faults: [] };
    if (operator.endsWith('-')) return word;
    return { text: '', faults: [{ kind: 'required', name, column: start + 1 }] };
  }

  #value(name: string, start: number): Interpolated {
    const value = this.#lookup(name);
    if (value !== undefined) return { text: value, faults: [] };
    return { text: '', faults: [{ kind: 'unset', name, column: start + 1 }] };
  }

  /** The `$` stays and is a fault, with everything up to `end`; what is behind it is read on. */
  #refuse(start: number, end = start + 1): Interpolated {
    this.#position = end;
    const [name = '$'] = /^\$\{?[A-Za-z0-9_]{0,12}/.exec(this.#source.slice(start, start + 20)) ?? [];
    return { text: this.#source.slice(start, end), faults: [{ kind: 'syntax', name, column: start + 1 }] };
  }

  #nameAt(position: number): string {
    const pattern = /[A-Za-z_][A-Za-z0-9_]*/y;
    pattern.lastIndex = position;
    return pattern.exec(this.#source)?.[0] ?? '';
  }
}
