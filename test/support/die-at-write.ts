import fs, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

/**
 * For `--import`: counts what changes files below the folder that `DIE_BELOW` names, and kills the process in the middle of the one with
 * the number `DIE_AT` (from 1). A text is then half written; everything else is not begun.
 */
const below = process.env['DIE_BELOW'] ?? '';
const at = Number(process.env['DIE_AT']);
let count = 0;

function isThere(path: unknown): boolean {
  return typeof path === 'string' && path.startsWith(below);
}

/** Whether this call is the last one. */
function isLast(): boolean {
  count += 1;
  return count === at;
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

function step(): void {
  if (isLast()) die();
}

type AnyFunction = (...args: unknown[]) => Promise<unknown>;

function wrap(target: object, name: string, before: (...args: unknown[]) => void | Promise<void>): void {
  const holder = target as Record<string, AnyFunction>;
  const original = holder[name]!.bind(target);
  holder[name] = async (...args) => {
    await before(...args);
    return original(...args);
  };
}

if (isMainThread && below !== '') {
  for (const name of ['mkdir', 'rename', 'link', 'rm', 'chmod']) {
    wrap(fs, name, (path) => {
      if (isThere(path)) step();
    });
  }
  const { open, writeFile } = fs;
  wrap(fs, 'writeFile', async (path, text, options) => {
    if (!isThere(path) || !isLast()) return;
    await writeFile(path as string, String(text).slice(0, String(text).length / 2), options as object);
    die();
  });
  const opening = async (...args: Parameters<typeof open>): Promise<FileHandle> => {
    if (isThere(args[0])) step();
    const handle = await open(...args);
    if (!isThere(args[0])) return handle;
    wrap(handle, 'chmod', step);
    wrap(handle, 'sync', step);
    const write = handle.writeFile.bind(handle);
    wrap(handle, 'writeFile', async (text) => {
      if (!isLast()) return;
      await write(String(text).slice(0, String(text).length / 2));
      die();
    });
    return handle;
  };
  (fs as { open: typeof open }).open = opening;
  syncBuiltinESMExports();
}
