import { join } from 'node:path';
import { parseEnvFile } from './env-file.ts';

interface FilesWorld {
  readonly exists: (path: string) => boolean;
  readonly isFolder: (path: string) => boolean;
  readonly readFile: (path: string) => string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const OVERRIDES = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
];

/**
 * The compose files that are meant. Nothing: what `COMPOSE_FILE` says, else those of the current folder, with the override file beside
 * them; a folder: those in it; a file: that alone. Empty: there is none.
 */
export function findComposeFiles(operands: readonly string[], world: FilesWorld): readonly string[] {
  if (operands.length > 0) {
    return operands.flatMap((path) => (path !== '-' && world.isFolder(path) ? inFolder(path, world) : [path]));
  }
  const named = composeFileVariable(world);
  return named.length > 0 ? named : inFolder('', world);
}

function inFolder(folder: string, { exists }: FilesWorld): readonly string[] {
  const paths = (names: readonly string[]): readonly string[] =>
    names.map((name) => join(folder, name)).filter((path) => exists(path));
  const [file] = paths(NAMES);
  return file === undefined ? [] : [file, ...paths(OVERRIDES).slice(0, 1)];
}

function composeFileVariable({ env, readFile, exists, isFolder }: FilesWorld): readonly string[] {
  const entries = exists('.env') && !isFolder('.env') ? parseEnvFile(readFile('.env'), (name) => env[name]) : [];
  const value = (name: string): string => env[name] ?? entries.findLast((entry) => entry.name === name)?.value ?? '';
  const separator = value('COMPOSE_PATH_SEPARATOR') || ':';
  return value('COMPOSE_FILE')
    .split(separator)
    .filter((path) => path !== '');
}
