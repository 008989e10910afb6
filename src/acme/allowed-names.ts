import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import { isCertificateName } from '../lib/hostname.ts';
import type { Logger } from '../observe/logger.ts';

const FILE = 'on-demand.json';

/** A name that may have a certificate on demand. */
export interface AllowedName {
  readonly name: string;
  /** When that was said last, Unix milliseconds. */
  readonly allowedAt: number;
}

/** The names that were allowed, kept over restarts so that they are renewed. */
export interface AllowedNames {
  list(): readonly AllowedName[];
  has(name: string): boolean;
  get(name: string): AllowedName | undefined;
  put(allowed: AllowedName): Promise<void>;
  remove(name: string): Promise<void>;
}

/** Reads them from the data folder. What cannot be read or written is said once and lives in memory. */
export async function openAllowedNames(dataDir: string, logger: Logger): Promise<AllowedNames> {
  const path = join(dataDir, FILE);
  const names = new Map<string, AllowedName>();
  let hasWarned = false;
  const warn = (cause: unknown): void => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (!hasWarned) logger.warn({ path, reason }, 'names with certificates on demand are not kept over a restart');
    hasWarned = true;
  };
  try {
    for (const allowed of decode(await readFile(path, 'utf8'))) names.set(allowed.name, allowed);
  } catch (cause) {
    const isOfSystem = cause instanceof Error && 'code' in cause;
    if (!(isOfSystem && cause.code === 'ENOENT')) warn(cause);
    // What is damaged may still be read by a person; the next name must not write over it.
    if (!isOfSystem) await rename(path, `${path}.corrupt-${Date.now()}`).catch(() => undefined);
  }
  let saving = Promise.resolve();
  /** One write after the other, each with all that is known then. */
  const save = (): Promise<void> => {
    saving = saving.then(async () => {
      const text = `${JSON.stringify({ v: 1, names: [...names.values()] }, undefined, 2)}\n`;
      await writeFileAtomic(path, text).catch(warn);
    });
    return saving;
  };
  return {
    list: () => [...names.values()],
    has: (name) => names.has(name),
    get: (name) => names.get(name),
    put: (allowed) => {
      names.set(allowed.name, allowed);
      return save();
    },
    remove: (name) => {
      names.delete(name);
      return save();
    },
  };
}

/** Throws when the text is something else. */
function decode(text: string): readonly AllowedName[] {
  const { names } = JSON.parse(text) as { readonly names?: unknown };
  if (!Array.isArray(names)) throw new SyntaxError('names: expected a list');
  return names.filter(
    (entry: Partial<AllowedName> | null): entry is AllowedName =>
      typeof entry?.name === 'string' && isCertificateName(entry.name) && typeof entry.allowedAt === 'number',
  );
}
