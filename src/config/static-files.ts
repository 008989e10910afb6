import { LineCounter, parseDocument, type Document } from 'yaml';
import { TRAEFIK_STATIC_TREE } from './traefik-static-options.ts';

/** A file of options, read: dotted paths with their texts. */
export interface StaticFile {
  readonly path: string;
  readonly leaves: readonly (readonly [name: string, text: string])[];
}

type ReadFile = (path: string) => string;
type Env = Readonly<Record<string, string | undefined>>;

/** The file that an option names. What is wrong with it is added to the problems. */
export function readNamedFile(
  named: { readonly text: string; readonly source: string },
  readFile: ReadFile,
  problems: string[],
): StaticFile | undefined {
  const path = named.text;
  if (/\.toml$/i.test(path)) {
    problems.push(`${named.source}: ${tomlFault(path)}`);
    return undefined;
  }
  try {
    return { path, leaves: leavesOf(readFile(path), path, problems) };
  } catch (error) {
    problems.push(`${named.source}: ${path} cannot be read: ${detailOf(error)}`);
    return undefined;
  }
}

/**
 * Traefik's static file at one of its usual places (traefik-static.md section 1). A file there that is something else (a compose
 * file, dynamic configuration) is none of ours and is passed over.
 */
export function findTraefikFile(
  env: Env,
  readFile: ReadFile,
  problems: string[],
  notices: string[],
): StaticFile | undefined {
  for (const path of usualPlaces(env)) {
    let content: string;
    try {
      content = readFile(path);
    } catch (error) {
      const { code } = error as { readonly code?: unknown };
      // A folder is what Docker makes of a mounted file that is not there.
      if (code === 'EACCES' || code === 'EISDIR')
        notices.push(`${path} cannot be read and is passed over: ${detailOf(error)}`);
      continue;
    }
    if (!LOOKS_STATIC.test(content)) continue;
    if (path.endsWith('.toml')) {
      problems.push(tomlFault(path));
      return undefined;
    }
    return { path, leaves: leavesOf(content, path, problems) };
  }
  return undefined;
}

function usualPlaces(env: Env): readonly string[] {
  const { XDG_CONFIG_HOME: config, HOME: home } = env;
  const folders = ['/etc/traefik', config, home === undefined || home === '' ? undefined : `${home}/.config`, '.'];
  return folders
    .filter((folder) => folder !== undefined && folder !== '')
    .flatMap((folder) => ['toml', 'yaml', 'yml'].map((ending) => `${folder}/traefik.${ending}`));
}

/** A line that begins with a section that only Traefik's static form has; also in a file that does not parse. */
const LOOKS_STATIC = new RegExp(
  `^["']?\\[*(?:${[...TRAEFIK_STATIC_TREE.children.keys()].join('|')})["']?\\s*[:.\\]=]`,
  'im',
);

function tomlFault(path: string): string {
  return `${path}: TOML is not read; write the same options in YAML, in ${path.replace(/toml$/i, 'yml')}`;
}

function detailOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function leavesOf(content: string, path: string, problems: string[]): StaticFile['leaves'] {
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines });
  for (const { message, pos } of document.errors) {
    const { line, col } = lines.linePos(pos[0]);
    problems.push(`${path}:${line}:${col}: ${message.split('\n')[0]}`);
  }
  return document.errors.length > 0 ? [] : leavesOfDocument(document, path, problems);
}

function leavesOfDocument(document: Document, path: string, problems: string[]): StaticFile['leaves'] {
  try {
    const tree: unknown = document.toJS();
    if (tree === null || tree === undefined) return [];
    if (typeof tree === 'object' && !Array.isArray(tree)) return flatten(tree as Record<string, unknown>);
    problems.push(`${path}: the file is not a list of "name: value" lines`);
  } catch {
    // An alias that holds itself has no end, and aliases of aliases grow beyond any bound.
    problems.push(`${path}: its aliases (*name) cannot be resolved; write the values out`);
  }
  return [];
}

/** Leaves of a YAML tree as dotted paths; a list of plain values is joined by commas, `{}` and nothing mean `true`. */
function flatten(tree: Readonly<Record<string, unknown>>, prefix = ''): StaticFile['leaves'] {
  return Object.entries(tree).flatMap(([key, value]): StaticFile['leaves'] => {
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
