import { normalize } from 'node:path';
import { checkStack, type CheckedStack, type CheckWorld } from '../../src/provider/compose/check-stack.ts';
import type { Finding } from '../../src/provider/compose/finding.ts';

/** A folder called `shop` that holds nothing but these files. */
export function composeWorld(
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): CheckWorld {
  const find = (path: string): string | undefined => files[normalize(path)];
  return {
    readFile: (path) => {
      const content = find(path);
      if (content === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`);
      return content;
    },
    env,
    cwd: '/home/me/shop',
    exists: (path) => find(path) !== undefined,
    isFolder: (path) => Object.keys(files).some((file) => file.startsWith(`${normalize(path)}/`)),
    readRootCas: (path) => ({ message: `${path} has no certificate`, hint: 'name a PEM file' }),
    readUsers: (path) => ({ message: `${path} has no user`, hint: 'add one' }),
    readServices: () => ({ workloads: [], problems: [], missing: undefined }),
  };
}

/** Judges `compose.yaml` of a world; throws when it cannot be read. */
export function checkFiles(
  files: Readonly<Record<string, string>>,
  { env = {}, flags = [], names = ['compose.yaml'] }: CheckOptions = {},
): CheckedStack {
  const result = checkStack(names, flags, composeWorld(files, env));
  if ('faults' in result) throw new Error(result.faults.map(({ message }) => message).join('\n'));
  return result;
}

interface CheckOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  readonly names?: readonly string[];
}

/** A finding in one line: what, where, and its words. */
export function line({ severity, code, place, service, label, column, message, hint }: Finding): string {
  const where = [`${place.file}:${place.line}`, service, label, column === undefined ? undefined : `column ${column}`];
  return `${severity} ${code} ${where.filter((part) => part !== undefined).join(' ')}: ${message} → ${hint}`;
}
