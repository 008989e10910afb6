import { STATIC_OPTIONS } from '../../config/static-options.ts';
import { TRAEFIK_STATIC_TREE } from '../../config/traefik-static-options.ts';
import { findOption } from '../../config/option-tree.ts';
import { child, entriesOf, textOf, textsOf, type ComposeNode, type Place } from './compose-node.ts';
import type { ComposeProject, ComposeService } from './compose-project.ts';
import { parseEnvFile } from './env-file.ts';
import type { Lookup } from './interpolate.ts';
import { beside } from './load-compose.ts';
import { splitWords } from './split-words.ts';

/** One word of the router's command, or one of its variables, with its place. */
export interface PlacedWord {
  readonly text: string;
  readonly place: Place;
}

/** The router's own service, and what it says of static options. */
export interface RouterService {
  readonly service: ComposeService;
  readonly words: readonly PlacedWord[];
  readonly variables: ReadonlyMap<string, PlacedWord>;
  /** Its bind mounts, the last first: path in the container → path here. */
  readonly mounts: readonly (readonly [inside: string, here: string])[];
}

/** Finds the router among the services; the first one when there are several. */
export function findRouter(
  { services }: ComposeProject,
  lookup: Lookup,
  readFile: (path: string) => string,
): RouterService | undefined {
  const found = services.map((service) => describe(service, lookup, readFile)).find(isRouter);
  return found;
}

function describe(service: ComposeService, lookup: Lookup, readFile: (path: string) => string): RouterService {
  const { node } = service;
  const variables = new Map<string, PlacedWord>();
  for (const file of envFiles(node)) {
    let content: string;
    try {
      content = readFile(file);
    } catch {
      continue;
    }
    for (const { name, value, line } of parseEnvFile(content, lookup)) {
      variables.set(name, { text: value, place: { file, line, column: 1 } });
    }
  }
  for (const [name, { key, value }] of entriesOf(child(node, 'environment'))) {
    // A name without value takes the value of the process.
    const text = textOf(value) ?? lookup(name);
    if (text !== undefined) variables.set(name, { text, place: key });
  }
  return { service, words: commandOf(node), variables, mounts: mountsOf(node) };
}

function envFiles(node: ComposeNode): readonly string[] {
  const written = child(node, 'env_file');
  const items = written?.kind === 'list' ? written.items : written === undefined ? [] : [written];
  return items.flatMap((item) => {
    const path = textOf(item) ?? textOf(child(item, 'path'));
    return path === undefined ? [] : [beside(fileOf(item.place), path)];
  });
}

function fileOf({ file }: Place): string {
  return file === '<stdin>' ? '-' : file;
}

function commandOf(node: ComposeNode): readonly PlacedWord[] {
  const command = child(node, 'command');
  const words = textsOf(command).flatMap(({ text, place }) => {
    return (command?.kind === 'list' ? [text] : splitWords(text)).map((word) => ({ text: word, place }));
  });
  // `command: traefik --flag` names the program, as does `run`.
  const start = words.findIndex(({ text }) => !['sluice', 'traefik', 'run'].includes(text));
  return start < 0 ? [] : words.slice(start);
}

function mountsOf(node: ComposeNode): RouterService['mounts'] {
  const list = child(node, 'volumes');
  const items = list?.kind === 'list' ? list.items : [];
  const mounts = items.flatMap((item): RouterService['mounts'] => {
    const [source = '', target = ''] =
      item.kind === 'map'
        ? [textOf(child(item, 'source')), textOf(child(item, 'target'))]
        : (textOf(item) ?? '').split(':');
    // What is no path is the name of a volume.
    return /^[./]/.test(source) && target !== ''
      ? [[target.replace(/\/$/, ''), beside(fileOf(item.place), source)]]
      : [];
  });
  return mounts.toReversed();
}

/** Where a path of the router's container is here; undefined: in no folder that the files mount. */
export function pathHere({ mounts }: RouterService, path: string): string | undefined {
  for (const [inside, here] of mounts) {
    if (path === inside) return here;
    if (path.startsWith(`${inside}/`)) return here + path.slice(inside.length);
  }
  return undefined;
}

function isRouter({ service, words, variables }: RouterService): boolean {
  const image = (textOf(child(service.node, 'image')) ?? '').split('@')[0] ?? '';
  const name = image.slice(image.lastIndexOf('/') + 1).split(':')[0] ?? '';
  if (name === 'traefik' || name.startsWith('sluice')) return true;
  // Built here under any name: only what it is told shows what it is.
  if (child(service.node, 'build') === undefined) return false;
  return words.some(({ text }) => isTelling(text)) || [...variables.keys()].some(isVariable);
}

/** Whether an argument is one that no other program has. */
function isTelling(argument: string): boolean {
  const [, name = ''] = /^--?([^=]+)/.exec(argument) ?? [];
  return name.includes('.') && findOption(TRAEFIK_STATIC_TREE, name.split('.')) !== undefined;
}

const VARIABLES = new Set(STATIC_OPTIONS.map(({ name }) => `SLUICE_${name.toUpperCase().replaceAll('-', '_')}`));

function isVariable(name: string): boolean {
  return VARIABLES.has(name) || /^TRAEFIK_(?:PROVIDERS|ENTRYPOINTS|CERTIFICATESRESOLVERS)_/.test(name);
}
