import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setInterval } from 'node:timers';
import { setTimeout as delay } from 'node:timers/promises';

const REFRESH_MS = 5000;
const STALE_MS = 30_000;
/** One that was made a moment ago may not be written to its end yet. */
const BEING_WRITTEN_MS = 2000;

/** Of this process; another one at the same place in the process table is told apart by it. */
const INSTANCE = randomUUID();

/** A lock that is ours. */
export interface StoreLock {
  /** Lets others have it. Never rejects. */
  release(): Promise<void>;
}

interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly instance: string;
}

/**
 * Takes a lock that holds among all processes with this folder (acme.md 14.4), or answers `undefined` when another one has it. An
 * owner that died is found out by its process where it ran on this machine, else by half a minute without a sign of life. Rejects
 * with the system's error when the folder cannot be written.
 */
export async function takeLock(folder: string, name: string): Promise<StoreLock | undefined> {
  const path = join(folder, `${name}.lock`);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  if (await create(path)) return hold(path);
  const owner = await readDead(path);
  if (owner === undefined || !(await remove(path, owner)) || !(await create(path))) return undefined;
  return hold(path);
}

async function create(path: string): Promise<boolean> {
  const owner: Owner = { pid: process.pid, host: hostname(), instance: INSTANCE };
  try {
    await writeFile(path, JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return false;
    throw cause;
  }
}

function hold(path: string): StoreLock {
  const timer = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, REFRESH_MS).unref();
  return {
    release: async () => {
      clearInterval(timer);
      // Whoever was asleep for half a minute may have lost it.
      const text = await readFile(path, 'utf8').catch(() => '');
      if (text.includes(INSTANCE)) await rm(path, { force: true }).catch(() => undefined);
    },
  };
}

/** The text of a lock whose owner is gone, also while it wrote it; `undefined` when it is not, or the lock is. */
async function readDead(path: string, isSecondLook = false): Promise<string | undefined> {
  try {
    const { mtimeMs } = await stat(path);
    const text = await readFile(path, 'utf8');
    const ageMs = Date.now() - mtimeMs;
    // A clock that was set back makes ages negative: such a lock is as good as a new one.
    if (ageMs > STALE_MS) return text;
    const owner = readOwner(text);
    if (owner !== undefined) return isDead(owner) ? text : undefined;
    if (ageMs > BEING_WRITTEN_MS) return text;
    if (isSecondLook) return undefined;
    await delay(BEING_WRITTEN_MS + 1 - Math.max(ageMs, 0));
    return await readDead(path, true);
  } catch (cause) {
    return ignoreAbsent(cause);
  }
}

/** `undefined`: the text is not whole. */
function readOwner(text: string): Partial<Owner> | null | undefined {
  try {
    return JSON.parse(text) as Partial<Owner> | null;
  } catch {
    return undefined;
  }
}

/** Only of owners on this machine can that be said. */
function isDead(owner: Partial<Owner> | null): boolean {
  const { pid, host, instance } = owner ?? {};
  if (host !== hostname() || typeof pid !== 'number' || instance === INSTANCE) return false;
  // Another process had our number before us.
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (cause) {
    return codeOf(cause) === 'ESRCH';
  }
}

/** Between the look and this somebody else may have taken over: what is not the dead one's is put back. */
async function remove(path: string, dead: string): Promise<boolean> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
    const isTheDeadOne = (await readFile(aside, 'utf8')) === dead;
    if (!isTheDeadOne) await link(aside, path).catch(() => undefined);
    await rm(aside, { force: true });
    return isTheDeadOne;
  } catch (cause) {
    ignoreAbsent(cause);
    return false;
  }
}

function ignoreAbsent(cause: unknown): undefined {
  if (codeOf(cause) === 'ENOENT') return undefined;
  throw cause;
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}
