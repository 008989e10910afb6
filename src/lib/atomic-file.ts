import { randomUUID } from 'node:crypto';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** File systems without folder sync (some network and overlay ones) answer with one of these. */
const NO_FOLDER_SYNC = new Set(['EINVAL', 'ENOTSUP', 'EPERM', 'EISDIR']);

/**
 * Replaces a file so that a crash leaves either the old content or the new, never a mixture, readable by the owner
 * only. Missing folders are made. With `previousPath` (same folder) the old file stays under that name; the main
 * name never disappears in between. Rejects with the system's error; the old file is then untouched.
 */
export async function writeFileAtomic(
  path: string,
  text: string | Uint8Array,
  options: { readonly previousPath?: string } = {},
): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  const temporary = temporaryName(path);
  try {
    await writeSynced(temporary, text);
    if (options.previousPath !== undefined) await keepPrevious(path, options.previousPath);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw cause;
  }
  await syncFolder(folder);
}

/** Whether a file of this name was being written when something ended the process; nobody reads it. */
export function isTemporaryName(name: string): boolean {
  return name.startsWith('.') && name.endsWith('.tmp');
}

function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
}

async function writeSynced(path: string, text: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx', FILE_MODE);
  try {
    // The mode given to open is cut by the umask; this one is not.
    await file.chmod(FILE_MODE);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A hard link first: between two renames the main name would be missing. */
async function keepPrevious(path: string, previousPath: string): Promise<void> {
  const second = temporaryName(previousPath);
  try {
    await link(path, second);
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return;
    throw cause;
  }
  try {
    await rename(second, previousPath);
  } catch (cause) {
    await rm(second, { force: true });
    throw cause;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (cause) {
    if (!NO_FOLDER_SYNC.has(errorCode(cause) ?? '')) throw cause;
  } finally {
    await handle.close();
  }
}

function errorCode(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
}
