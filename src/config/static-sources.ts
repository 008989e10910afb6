import { LineCounter, parseDocument, type Document } from 'yaml';
import { nearest } from '../lib/suggest.ts';
import { parseBoolean } from './label-value.ts';
import { findOption, suggestPath } from './option-tree.ts';
import { STATIC_OPTIONS } from './static-options.ts';
import { TRAEFIK_STATIC_TREE, type TraefikStaticOption } from './traefik-static-options.ts';

/** A value with the place it was written at, for messages: `--grace`, `SLUICE_GRACE`, `grace in sluice.yaml`. */
export interface StaticValue {
  readonly text: string;
  readonly source: string;
}

/** A static option of Traefik as written. */
export interface TraefikValue extends StaticValue {
  readonly option: TraefikStaticOption;
  readonly names: readonly string[];
  readonly index: number;
}

/** Everything said, before it is understood. Flags before variables before the file, option by option. */
export interface StaticSources {
  readonly own: ReadonlyMap<string, StaticValue>;
  readonly traefik: readonly TraefikValue[];
  readonly problems: readonly string[];
  readonly notices: readonly string[];
}

const OWN = new Map(STATIC_OPTIONS.map((option) => [option.name, option]));

/** Collects static options from the command line, the environment and the file that `--config` names. */
export function readStaticSources(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string,
): StaticSources {
  const reader = new SourceReader();
  reader.readArguments(argv);
  reader.readVariables(env);
  reader.readConfigFile(readFile);
  return reader;
}

class SourceReader implements StaticSources {
  readonly own = new Map<string, StaticValue>();
  readonly problems: string[] = [];
  readonly notices: string[] = [];
  /** The first source that says something about a path counts; `rank` keeps the sources apart. */
  readonly #traefik = new Map<string, TraefikValue & { readonly rank: number }>();
  #rank = 0;
  #ofThisSource = new Set<string>();

  get traefik(): readonly TraefikValue[] {
    return [...this.#traefik.values()];
  }

  readArguments(argv: readonly string[]): void {
    this.#begin();
    for (let index = 0; index < argv.length; index++) {
      const argument = argv[index] ?? '';
      const match = /^--?([^=]+)(?:=(.*))?$/s.exec(argument);
      if (match === null || !argument.startsWith('-')) {
        this.problems.push(`${argument}: not an option; options begin with --`);
        continue;
      }
      const [, name = '', inline] = match;
      const type = this.#typeOf(name);
      const next = argv[index + 1];
      const takesNext = inline === undefined && type !== 'flag' && next?.startsWith('-') === false;
      if (takesNext) index++;
      const bare = type === 'flag' || type === 'any' ? 'true' : undefined;
      const value = inline ?? (takesNext ? next : bare);
      if (type === undefined) this.problems.push(`--${name}: there is no such option; ${suggestOption(name)}`);
      else if (value === undefined) this.problems.push(`--${name}: a value is missing; write --${name}=VALUE`);
      else this.#put(name, { text: value, source: `--${name}` });
    }
  }

  readVariables(env: Readonly<Record<string, string | undefined>>): void {
    this.#begin();
    for (const variable of Object.keys(env).sort()) {
      const text = env[variable];
      // An empty variable is what `${X:-}` in a compose file leaves: it says nothing.
      if (text === undefined || text === '') continue;
      if (variable.startsWith('SLUICE_')) this.#putVariable(variable, text);
      if (variable.startsWith('TRAEFIK_')) this.#putTraefikVariable(variable, text);
    }
  }

  readConfigFile(readFile: (path: string) => string): void {
    this.#begin();
    const path = this.own.get('config') ?? this.traefik.find(({ option }) => option.path === 'configfile');
    if (path === undefined) return;
    let content: string;
    try {
      content = readFile(path.text);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.problems.push(`${path.source}: ${path.text} cannot be read: ${detail}`);
      return;
    }
    const lines = new LineCounter();
    const document = parseDocument(content, { lineCounter: lines });
    for (const { message, pos } of document.errors) {
      const { line, col } = lines.linePos(pos[0]);
      this.problems.push(`${path.text}:${line}:${col}: ${message.split('\n')[0]}`);
    }
    if (document.errors.length > 0) return;
    for (const [name, text] of this.#leavesOf(document, path.text)) {
      const source = `${name} in ${path.text}`;
      if (this.#typeOf(ownName(name)) !== undefined) this.#put(ownName(name), { text, source });
      else this.problems.push(`${source}: there is no such option; ${suggestOption(ownName(name))}`);
    }
  }

  #leavesOf(document: Document, path: string): readonly (readonly [string, string])[] {
    try {
      const tree: unknown = document.toJS();
      if (tree === null || tree === undefined) return [];
      if (typeof tree === 'object' && !Array.isArray(tree)) return flatten(tree as Record<string, unknown>);
      this.problems.push(`${path}: the file is not a list of "name: value" lines`);
    } catch {
      // An alias that holds itself has no end, and aliases of aliases grow beyond any bound.
      this.problems.push(`${path}: its aliases (*name) cannot be resolved; write the values out`);
    }
    return [];
  }

  #begin(): void {
    this.#rank++;
    this.#ofThisSource = new Set();
  }

  #typeOf(name: string): TraefikStaticOption['type'] | undefined {
    return OWN.get(name)?.type ?? findOption(TRAEFIK_STATIC_TREE, name.split('.'))?.row.type;
  }

  #putVariable(variable: string, text: string): void {
    const name = variable.slice('SLUICE_'.length).toLowerCase().replaceAll('_', '-');
    if (OWN.has(name)) {
      this.#put(name, { text, source: variable });
      return;
    }
    // Orchestrators set variables of this form for a service called `sluice`; a near miss is a typing mistake.
    const guess = nearest(name, OWN.keys());
    if (guess === undefined) this.notices.push(`${variable}: there is no such option; it is ignored`);
    else this.problems.push(`${variable}: there is no such option; did you mean ${variableOf(guess)}?`);
  }

  #putTraefikVariable(variable: string, text: string): void {
    const path = variable.slice('TRAEFIK_'.length).toLowerCase().replaceAll('_', '.');
    const indexed = path.replace(/\.domains\.(\d+)\./, '.domains[$1].');
    const [top = ''] = indexed.split('.');
    if (findOption(TRAEFIK_STATIC_TREE, indexed.split('.')) !== undefined) {
      this.#put(indexed, { text, source: variable });
    } else if (TRAEFIK_STATIC_TREE.children.has(top)) {
      const guess = suggestPath(TRAEFIK_STATIC_TREE, indexed.split('.'));
      const hint =
        guess === undefined ? 'remove it' : `did you mean TRAEFIK_${guess.toUpperCase().replaceAll('.', '_')}?`;
      this.problems.push(`${variable}: there is no such option; ${hint}`);
    } else {
      this.notices.push(`${variable}: there is no such option; it is ignored`);
    }
  }

  #put(name: string, value: StaticValue): void {
    const own = OWN.get(name);
    if (own !== undefined) {
      const earlier = this.own.get(name);
      const isRepeated = this.#ofThisSource.has(name);
      if (earlier !== undefined && !isRepeated) return;
      const isList = own.type === 'list' && earlier !== undefined;
      this.own.set(name, isList ? { ...value, text: `${earlier.text},${value.text}` } : value);
    } else {
      this.#putTraefik(name, value);
    }
    this.#ofThisSource.add(name);
  }

  #putTraefik(path: string, value: StaticValue): void {
    const found = findOption(TRAEFIK_STATIC_TREE, path.split('.'));
    if (found === undefined) return;
    const key = path.toLowerCase();
    const earlier = this.#traefik.get(key);
    if (earlier !== undefined && earlier.rank !== this.#rank) return;
    const isList = found.row.type === 'list' && earlier !== undefined;
    const text = isList ? `${earlier.text},${value.text}` : value.text;
    const { row: option, names, index } = found;
    this.#traefik.set(key, { text, source: value.source, option, names, index, rank: this.#rank });
  }
}

function suggestOption(name: string): string {
  const guess = nearest(name, OWN.keys()) ?? suggestPath(TRAEFIK_STATIC_TREE, name.split('.'));
  return guess === undefined ? 'remove it or correct its name' : `did you mean --${guess}?`;
}

function variableOf(name: string): string {
  return `SLUICE_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** `acmeEmail` and `acme_email` are `acme-email`; a dotted path stays. */
function ownName(name: string): string {
  if (OWN.has(name) || name.includes('.')) return name;
  const kebab = name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase();
  return OWN.has(kebab) ? kebab : name;
}

/** Leaves of a YAML tree as dotted paths; a list of plain values is joined by commas, `{}` and nothing mean `true`. */
function flatten(tree: Readonly<Record<string, unknown>>, prefix = ''): readonly (readonly [string, string])[] {
  return Object.entries(tree).flatMap(([key, value]): readonly (readonly [string, string])[] => {
    const path = prefix + key;
    if (Array.isArray(value)) {
      const items: readonly unknown[] = value;
      if (items.every((item) => typeof item !== 'object')) return [[path, items.map(String).join(',')]];
      return items.flatMap((item, index) => flatten({ [`${path}[${index}]`]: item }));
    }
    if (value === null || value === undefined) return [[path, 'true']];
    if (typeof value !== 'object') return [[path, typeof value === 'string' ? value : JSON.stringify(value)]];
    if (Object.keys(value).length === 0) return [[path, 'true']];
    return flatten(value as Record<string, unknown>, `${path}.`);
  });
}

/** Reads a switch; undefined with a problem when the text is no boolean. */
export function readSwitch(value: StaticValue | undefined, problems: string[]): boolean | undefined {
  if (value === undefined) return undefined;
  const parsed = parseBoolean(value.text);
  if (parsed === undefined) problems.push(`${value.source}: "${value.text}" is not a boolean; write true or false`);
  return parsed;
}
