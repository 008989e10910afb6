import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import {
  child,
  entriesOf,
  mapOf,
  textOf,
  textsOf,
  type ComposeEntry,
  type ComposeFault,
  type ComposeMap,
  type ComposeNode,
  type Place,
} from './compose-node.ts';
import { parseEnvFile } from './env-file.ts';
import type { Lookup } from './interpolate.ts';
import { mergeCompose } from './merge-compose.ts';
import { normaliseService } from './normalise-service.ts';
import { parseCompose } from './parse-compose.ts';

/** What reading needs of the world. */
export interface ComposeWorld {
  /** Text of a file; throws when there is none. `-` is the standard input. */
  readonly readFile: (path: string) => string;
  /** The process environment, whose variables win over those of `.env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** Several files as one, with every `include` and `extends` in its place. */
export interface LoadedCompose {
  readonly root: ComposeMap;
  /** The project's name before any `name:` of the files. */
  readonly defaultName: string;
  readonly lookup: Lookup;
  readonly faults: readonly ComposeFault[];
}

/** Twenty times the largest compose files that people write. */
const MAX_FILE_LENGTH = 1_048_576;

/** Nobody includes or extends deeper. */
const MAX_DEPTH = 20;

/** Reads compose files; a later one is laid over an earlier one. Relative paths are those of the first file's folder. */
export function loadCompose(files: readonly string[], world: ComposeWorld): LoadedCompose {
  const loader = new Loader(world);
  const folder = folderOf(files[0] ?? '-');
  const lookup = loader.lookupOf([join(folder, '.env')], (name) => world.env[name]);
  const root = loader.loadAll(files, lookup, []);
  const named = lookup('COMPOSE_PROJECT_NAME');
  const defaultName = projectName(named === undefined || named === '' ? basename(resolve(world.cwd, folder)) : named);
  return { root, defaultName, lookup, faults: loader.faults };
}

function folderOf(file: string): string {
  return file === '-' ? '.' : dirname(file);
}

function projectName(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
}

class Loader {
  readonly faults: ComposeFault[] = [];
  readonly #world: ComposeWorld;

  constructor(world: ComposeWorld) {
    this.#world = world;
  }

  /** Variables of `.env` files behind those of `before`. A file that is not there says nothing. */
  lookupOf(paths: readonly string[], before: Lookup): Lookup {
    const known = new Map<string, string>();
    const find: Lookup = (name) => before(name) ?? known.get(name);
    for (const path of paths) {
      let content: string;
      try {
        content = this.#world.readFile(path);
      } catch {
        continue;
      }
      for (const { name, value } of parseEnvFile(content, find)) known.set(name, value);
    }
    return find;
  }

  loadAll(files: readonly string[], lookup: Lookup, open: readonly string[]): ComposeMap {
    let merged: ComposeMap | undefined;
    for (const file of files) {
      const loaded = this.#loadFile(file, lookup, open, merged);
      if (loaded === undefined) continue;
      merged = merged === undefined ? loaded : mergeCompose(merged, loaded);
    }
    return merged ?? mapOf(new Map(), { file: files[0] ?? '-', line: 1, column: 1 });
  }

  #loadFile(
    file: string,
    lookup: Lookup,
    open: readonly string[],
    earlier: ComposeMap | undefined,
  ): ComposeMap | undefined {
    const start: Place = { file: shownName(file), line: 1, column: 1 };
    if (open.includes(file) || open.length > MAX_DEPTH) {
      this.#fail(start, 'it leads back to itself', 'remove one include or extends of the circle');
      return undefined;
    }
    const read = this.#read(file, start, lookup);
    if (read === undefined) return undefined;
    const within = [...open, file];
    const own = this.#withExtends(read, { file, lookup, open: within, earlier });
    const included = this.#included(own, file, { lookup, open: within });
    return included === undefined ? own : mergeCompose(included, own);
  }

  #read(file: string, start: Place, lookup: Lookup): ComposeMap | undefined {
    let content: string;
    try {
      content = this.#world.readFile(file);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.#fail(start, `the file cannot be read: ${detail}`, 'name a compose file that is there');
      return undefined;
    }
    if (content.length > MAX_FILE_LENGTH) {
      this.#fail(start, 'the file is larger than 1 MiB', 'split it, and name its parts with include');
      return undefined;
    }
    const parsed = parseCompose(content, shownName(file), lookup);
    if ('faults' in parsed) {
      this.faults.push(...parsed.faults);
      return undefined;
    }
    const services = parsed.root.entries.get('services');
    if (services === undefined) return parsed.root;
    if (services.value.kind !== 'map') {
      const isNothing = services.value.kind === 'scalar' && services.value.isNull;
      if (!isNothing) this.#fail(services.key, 'services is not a map', 'write services: {NAME: {image: …}}');
      return parsed.root;
    }
    const normal = new Map<string, ComposeEntry>();
    for (const [name, entry] of services.value.entries) {
      normal.set(name, { ...entry, value: normaliseService(entry.value) });
    }
    const entries = new Map(parsed.root.entries);
    entries.set('services', { ...services, value: { ...services.value, entries: normal } });
    return { ...parsed.root, entries };
  }

  /** Included projects have variables of their own, behind ours. */
  #included(root: ComposeMap, file: string, at: Pick<Reading, 'lookup' | 'open'>): ComposeMap | undefined {
    const list = child(root, 'include');
    let merged: ComposeMap | undefined;
    for (const item of list?.kind === 'list' ? list.items : []) {
      const written = item.kind === 'map' ? child(item, 'path') : item;
      const paths = textsOf(written).map(({ text }) => beside(file, text));
      const [first] = paths;
      if (first === undefined) continue;
      const folder = textOf(child(item, 'project_directory'));
      const inFolder = folder === undefined ? dirname(first) : beside(file, folder);
      const named = textsOf(child(item, 'env_file')).map(({ text }) => beside(file, text));
      const lookup = this.lookupOf(named.length > 0 ? named : [join(inFolder, '.env')], at.lookup);
      const loaded = this.loadAll(paths, lookup, at.open);
      merged = merged === undefined ? loaded : mergeCompose(merged, loaded);
    }
    return merged;
  }

  #withExtends(root: ComposeMap, at: Reading): ComposeMap {
    const services = root.entries.get('services');
    if (services?.value.kind !== 'map') return root;
    const resolved = new Map<string, ComposeEntry>();
    for (const [name, entry] of services.value.entries) {
      resolved.set(name, { ...entry, value: this.#extended(entry.value, root, at, [name]) });
    }
    const entries = new Map(root.entries);
    entries.set('services', { ...services, value: { ...services.value, entries: resolved } });
    return { ...root, entries };
  }

  #extended(service: ComposeNode, root: ComposeMap, at: Reading, names: readonly string[]): ComposeNode {
    const extended = child(service, 'extends');
    if (service.kind !== 'map' || extended === undefined) return service;
    const wanted = textOf(extended) ?? textOf(child(extended, 'service')) ?? '';
    const path = textOf(child(extended, 'file'));
    const base = path === undefined ? root : this.#read(beside(at.file, path), extended.place, at.lookup);
    if (base === undefined) return service;
    const found = child(child(base, 'services'), wanted) ?? child(child(at.earlier, 'services'), wanted);
    if (found?.kind !== 'map') {
      const others = entriesOf(child(base, 'services')).map(([name]) => name);
      this.#fail(extended.place, `there is no service ${wanted} to extend`, `name one of ${others.join(', ')}`);
      return service;
    }
    const isCircle = (path === undefined && names.includes(wanted)) || names.length > MAX_DEPTH;
    if (isCircle) {
      this.#fail(extended.place, 'the service extends itself', 'remove one extends of the circle');
      return service;
    }
    const inBase = path === undefined ? at : { ...at, file: beside(at.file, path), earlier: undefined };
    const whole = this.#extended(found, base, inBase, path === undefined ? [...names, wanted] : [...names, '']);
    const own = new Map(service.entries);
    own.delete('extends');
    return whole.kind === 'map' ? mergeCompose(whole, { ...service, entries: own }) : service;
  }

  #fail(place: Place, message: string, hint: string): void {
    this.faults.push({ place, message, hint });
  }
}

/** What a file is read with. */
interface Reading {
  readonly file: string;
  readonly lookup: Lookup;
  /** Files that are being read, the outermost first. */
  readonly open: readonly string[];
  /** What files before this one say. */
  readonly earlier: ComposeMap | undefined;
}

/** A path that a file names, from the folder of the file. */
export function beside(file: string, path: string): string {
  return isAbsolute(path) ? path : join(folderOf(file), path);
}

/** How a file is called in messages. */
export function shownName(file: string): string {
  return file === '-' ? '<stdin>' : file;
}
