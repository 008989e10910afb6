import { nearest } from '../lib/suggest.ts';
import { parseBoolean } from './label-value.ts';
import { findOption, suggestPath } from './option-tree.ts';
import { translateRemoved } from './removed-static-options.ts';
import { findTraefikFile, readNamedFile, type StaticFile } from './static-files.ts';
import { STATIC_OPTIONS } from './static-options.ts';
import { variableOf } from './static-variable.ts';
import { TRAEFIK_STATIC_TREE, type TraefikStaticOption } from './traefik-static-options.ts';
import { booleanFault } from './value-hints.ts';

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

/**
 * Everything said, before it is understood. Of our own options flags come before variables before the file, one by one. Traefik's
 * count from one source only, as there: a file, else flags, else variables.
 */
export interface StaticSources {
  readonly own: ReadonlyMap<string, StaticValue>;
  readonly traefik: readonly TraefikValue[];
  /** Path of the file that Traefik's options come from. */
  readonly traefikFile: string | undefined;
  readonly problems: readonly string[];
  readonly notices: readonly string[];
}

type Env = Readonly<Record<string, string | undefined>>;
type ReadFile = (path: string) => string;

const OWN = new Map(STATIC_OPTIONS.map((option) => [option.name, option]));

/** Collects static options from the command line, the environment, and files: named ones and Traefik's at its usual places. */
export function readStaticSources(argv: readonly string[], env: Env, readFile: ReadFile): StaticSources {
  const reader = new SourceReader();
  reader.readArguments(argv);
  reader.readVariables(env);
  reader.readFiles(env, readFile);
  reader.choose();
  return reader;
}

const ORIGINS = ['file', 'flags', 'variables'] as const;
type Origin = (typeof ORIGINS)[number];

class SourceReader implements StaticSources {
  readonly own = new Map<string, StaticValue>();
  readonly problems: string[] = [];
  readonly notices: string[] = [];
  traefik: readonly TraefikValue[] = [];
  traefikFile: string | undefined;
  readonly #traefik: Readonly<Record<Origin, Map<string, TraefikValue>>> = {
    file: new Map(),
    flags: new Map(),
    variables: new Map(),
  };
  /** Wrong variables matter only if variables count. */
  readonly #wrongVariables: string[] = [];
  #configFile: StaticValue | undefined;
  #ofThisSource = new Set<string>();

  readArguments(argv: readonly string[]): void {
    for (let index = 0; index < argv.length; index++) {
      const argument = argv[index] ?? '';
      const match = /^--?([^=]+)(?:=(.*))?$/s.exec(argument);
      if (match === null || !argument.startsWith('-')) {
        this.problems.push(`${argument}: not an option; options begin with --`);
        continue;
      }
      const [, name = '', inline] = match;
      const type = typeOf(name);
      const next = argv[index + 1];
      const takesNext = inline === undefined && type !== 'flag' && next?.startsWith('-') === false;
      if (takesNext) index++;
      const bare = type === 'flag' || type === 'any' ? 'true' : undefined;
      const value = inline ?? (takesNext ? next : bare);
      if (type === undefined) this.problems.push(`--${name}: ${refusal(name, value)}`);
      else if (value === undefined) this.problems.push(missingValue(name));
      else this.#put(name, { text: value, source: `--${name}` }, 'flags');
    }
  }

  readVariables(env: Env): void {
    this.#ofThisSource = new Set();
    for (const variable of Object.keys(env).sort()) {
      const text = env[variable];
      // An empty variable is what `${X:-}` in a compose file leaves: it says nothing.
      if (text === undefined || text === '') continue;
      if (variable.startsWith('SLUICE_')) this.#putVariable(variable, text);
      if (variable.startsWith('TRAEFIK_')) this.#putTraefikVariable(variable, text);
    }
  }

  readFiles(env: Env, readFile: ReadFile): void {
    this.#ofThisSource = new Set();
    const named = [this.own.get('config'), this.#configFile].filter((one) => one !== undefined);
    for (const one of named) {
      const file = readNamedFile(one, readFile, this.problems);
      if (file !== undefined) this.#putFile(file);
    }
    if (this.#configFile !== undefined || this.#traefik.file.size > 0) return;
    const found = findTraefikFile(env, readFile, this.problems, this.notices);
    if (found === undefined) return;
    this.#putFile(found);
    if (this.#traefik.file.size > 0) this.notices.push(`Traefik's options are those of ${found.path}`);
  }

  /** Which source of Traefik's options counts; the others are named and have no effect. */
  choose(): void {
    const origin = ORIGINS.find((one) => this.#traefik[one].size > 0);
    const ignored = ORIGINS.filter((one) => one !== origin).flatMap((one) => [...this.#traefik[one].values()]);
    if (origin === undefined || origin === 'variables') this.problems.push(...this.#wrongVariables);
    if (origin === undefined) return;
    this.traefik = [...this.#traefik[origin].values()];
    if (ignored.length === 0) return;
    const what = origin === 'file' ? `the file ${this.traefikFile}` : 'flags';
    const names = ignored.map(({ source }) => source).join(', ');
    this.notices.push(`Traefik's options come from one source, here ${what}; these are ignored: ${names}`);
  }

  #putFile({ path, leaves }: StaticFile): void {
    const dynamic = new Set<string>();
    for (const [name, text] of leaves) {
      const source = `${name} in ${path}`;
      const option = ownName(name);
      const [top = ''] = name.toLowerCase().split('.');
      if (typeOf(option) !== undefined) {
        this.#put(option, { text, source }, 'file');
        if (!OWN.has(option)) this.traefikFile = path;
      } else if (['http', 'tcp', 'udp', 'tls'].includes(top)) dynamic.add(top);
      else this.problems.push(`${source}: ${refusal(option, text)}`);
    }
    for (const top of dynamic) {
      const fix = 'move it to a file of its own and name that in providers.file.filename';
      this.problems.push(`${top} in ${path}: routers, services and certificates are dynamic configuration; ${fix}`);
    }
  }

  #putVariable(variable: string, text: string): void {
    const name = variable.slice('SLUICE_'.length).toLowerCase().replaceAll('_', '-');
    if (OWN.has(name)) {
      this.#put(name, { text, source: variable }, 'variables');
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
    if (!TRAEFIK_STATIC_TREE.children.has(top)) {
      this.notices.push(`${variable}: there is no such option; it is ignored`);
      return;
    }
    const removed = translateRemoved(indexed, text);
    if (removed === undefined && findOption(TRAEFIK_STATIC_TREE, indexed.split('.')) !== undefined) {
      this.#putTraefik(indexed, { text, source: variable }, 'variables');
      return;
    }
    const guess = suggestPath(TRAEFIK_STATIC_TREE, indexed.split('.'));
    const near = guess === undefined ? 'remove it' : `did you mean ${traefikVariable(guess)}?`;
    this.#wrongVariables.push(`${variable}: ${removed ?? `there is no such option; ${near}`}`);
  }

  #put(name: string, value: StaticValue, origin: Origin): void {
    const own = OWN.get(name);
    if (own === undefined) {
      this.#putTraefik(name, value, origin);
      return;
    }
    const earlier = this.own.get(name);
    const isRepeated = this.#ofThisSource.has(name);
    this.#ofThisSource.add(name);
    if (earlier !== undefined && !isRepeated) return;
    const isList = own.type === 'list' && earlier !== undefined;
    this.own.set(name, isList ? { ...value, text: `${earlier.text},${value.text}` } : value);
  }

  #putTraefik(path: string, value: StaticValue, origin: Origin): void {
    const found = findOption(TRAEFIK_STATIC_TREE, path.split('.'));
    if (found === undefined) return;
    const { row: option, names, index } = found;
    // A path to a file of options says nothing by itself.
    if (option.path === 'configfile') {
      this.#configFile ??= value;
      return;
    }
    const key = path.toLowerCase();
    const known = this.#traefik[origin];
    const earlier = known.get(key);
    const isList = option.type === 'list' && earlier !== undefined;
    const text = isList ? `${earlier.text},${value.text}` : value.text;
    known.set(key, { text, source: value.source, option, names, index });
  }
}

function typeOf(name: string): TraefikStaticOption['type'] | undefined {
  const own = OWN.get(name);
  if (own !== undefined) return own.type;
  if (translateRemoved(name, undefined) !== undefined) return undefined;
  return findOption(TRAEFIK_STATIC_TREE, name.split('.'))?.row.type;
}

/** Why there is no such option, and what to write. */
function refusal(name: string, text: string | undefined): string {
  return translateRemoved(name, text) ?? `there is no such option; ${suggestOption(name)}`;
}

function missingValue(name: string): string {
  // Bare, these were options of Traefik v1; with a value they are ours.
  const isOfV1 = name === 'docker' || name === 'file';
  const hint = isOfV1 ? ` (Traefik v1's --${name} is --providers.${name} today)` : '';
  return `--${name}: a value is missing; write --${name}=VALUE${hint}`;
}

function suggestOption(name: string): string {
  const ofTraefik = suggestPath(TRAEFIK_STATIC_TREE, name.split('.'));
  const guess = name.includes('.') ? ofTraefik : (nearest(name, OWN.keys()) ?? ofTraefik);
  return guess === undefined ? 'remove it or correct its name' : `did you mean --${guess}?`;
}

/** `entrypoints.web.http.tls.domains[0].main` as a variable. */
function traefikVariable(path: string): string {
  const flat = path.replaceAll(/\[(\d+)\]/g, '_$1').replaceAll('.', '_');
  return `TRAEFIK_${flat.toUpperCase()}`;
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

/** Reads a switch; undefined with a problem when the text is no boolean. */
export function readSwitch(value: StaticValue | undefined, problems: string[]): boolean | undefined {
  if (value === undefined) return undefined;
  const parsed = parseBoolean(value.text);
  if (parsed !== undefined) return parsed;
  const { message, hint } = booleanFault(value.text);
  problems.push(`${value.source}: "${value.text}" ${message}; ${hint}`);
  return undefined;
}
