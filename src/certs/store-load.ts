import { chmod, readdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../observe/logger.ts';
import { removeStaleTemporaries } from '../lib/atomic-file.ts';
import { decodeRenewal, type RenewalRecord } from './renewal-record.ts';
import {
  decodeAccount,
  decodeAttempt,
  decodeCertificate,
  decodeParked,
  decodePending,
  type AccountRecord,
  type AttemptRecord,
  type ParkedRecord,
  type PendingOrder,
  type StoredCertificate,
} from './store-records.ts';

/** Everything about one spec. `path` is `<CA folder>/<spec folder>`. */
export interface StoreEntry {
  readonly path: string;
  /** What it is for; empty when no file says so. */
  readonly names: readonly string[];
  readonly current: StoredCertificate | undefined;
  readonly attempt: AttemptRecord | undefined;
  readonly pending: PendingOrder | undefined;
  readonly renewal?: RenewalRecord | undefined;
}

/** A file that was wrong, and what was done about it. */
export interface StoreIssue {
  readonly path: string;
  readonly message: string;
}

export interface StoreContents {
  readonly entries: readonly StoreEntry[];
  /** By CA folder. */
  readonly accounts: ReadonlyMap<string, AccountRecord>;
  readonly parked: ReadonlyMap<string, ParkedRecord>;
  readonly issues: readonly StoreIssue[];
}

const STALE_TEMPORARY_MS = 3_600_000;
const OWNER_ONLY = 0o077;

interface Reader {
  /** Content, or `undefined` when there is no such file or it was damaged. */
  read<T>(path: string, decode: (text: string) => T): Promise<T | undefined>;
  list(folder: string): Promise<readonly string[]>;
}

/**
 * Reads the whole store. A damaged file costs only itself: it is moved aside as `*.corrupt-<time>`, the certificate
 * before it is used instead, and an issue is reported. With `repair` false nothing on disk is changed.
 * Rejects only when the top folder exists but cannot be listed.
 */
export async function loadStore(
  root: string,
  options: { readonly repair: boolean; readonly now: () => number; readonly logger: Logger },
): Promise<StoreContents> {
  const issues: StoreIssue[] = [];
  const reader = createReader(options, (issue) => {
    issues.push(issue);
    options.logger.warn({ path: issue.path, reason: issue.message }, 'certificate store file damaged');
  });
  const accounts = new Map<string, AccountRecord>();
  const parked = new Map<string, ParkedRecord>();
  const caFolders = await reader.list(join(root, 'ca'));
  const entries = await Promise.all(
    caFolders.map(async (caFolder) => {
      const folder = join(root, 'ca', caFolder);
      const account = await reader.read(join(folder, 'account.json'), decodeAccount);
      if (account !== undefined) accounts.set(caFolder, account);
      const limit = await reader.read(join(folder, 'parked.json'), decodeParked);
      if (limit !== undefined) parked.set(caFolder, limit);
      const specFolders = await reader.list(join(folder, 'certs'));
      return Promise.all(
        specFolders.map((name) => loadEntry(reader, join(folder, 'certs', name), `${caFolder}/${name}`)),
      );
    }),
  );
  return { entries: entries.flat(), accounts, parked, issues };
}

async function loadEntry(reader: Reader, folder: string, path: string): Promise<StoreEntry> {
  // Lists the folder as well, so that what a crash left in it goes.
  await reader.list(folder);
  const current =
    (await reader.read(join(folder, 'current.json'), decodeCertificate)) ??
    (await reader.read(join(folder, 'previous.json'), decodeCertificate));
  const state = await reader.read(join(folder, 'state.json'), decodeAttempt);
  const pending = await reader.read(join(folder, 'pending.json'), decodePending);
  const renewal = await reader.read(join(folder, 'renewal.json'), decodeRenewal);
  const names = current?.spec.names ?? state?.names ?? [];
  return { path, names, current, attempt: state?.attempt, pending, renewal };
}

function createReader(
  options: { readonly repair: boolean; readonly now: () => number },
  report: (issue: StoreIssue) => void,
): Reader {
  return {
    read: async (path, decode) => {
      try {
        if (options.repair) await repairMode(path, report);
        return decode(await readFile(path, 'utf8'));
      } catch (cause) {
        if (isAbsent(cause)) return undefined;
        // What the system will not let us read may be in order.
        const isDamaged = !(cause instanceof Error && 'syscall' in cause);
        const aside = options.repair && isDamaged ? await moveAside(path, options.now()) : undefined;
        report({ path, message: `${reasonOf(cause)}${aside === undefined ? '' : `; moved to ${aside}`}` });
        return undefined;
      }
    },
    list: async (folder) => {
      try {
        // Litter that cannot be removed is no reason to miss what lies beside it.
        if (options.repair) {
          await removeStaleTemporaries(folder, options.now(), STALE_TEMPORARY_MS).catch(() => undefined);
        }
        const found = await readdir(folder, { withFileTypes: true });
        return found.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
      } catch (cause) {
        if (isAbsent(cause)) return [];
        throw cause;
      }
    },
  };
}

/** Others must not read keys. A wrong mode is mended, not refused: a router that does not start helps nobody. */
async function repairMode(path: string, report: (issue: StoreIssue) => void): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & OWNER_ONLY) === 0) return;
  const octal = (mode & 0o777).toString(8);
  try {
    await chmod(path, 0o600);
    report({ path, message: `could be read by other users (mode ${octal}); set to 600` });
  } catch (cause) {
    report({
      path,
      message: `can be read by other users (mode ${octal}), and that cannot be changed: ${reasonOf(cause)}`,
    });
  }
}

async function moveAside(path: string, now: number): Promise<string | undefined> {
  const aside = `${path}.corrupt-${now}`;
  try {
    await rename(path, aside);
    return aside;
  } catch {
    return undefined;
  }
}

function isAbsent(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR');
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
