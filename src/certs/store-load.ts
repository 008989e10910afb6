import { type Dirent, chmodSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Logger } from '../observe/logger.ts';
import { isTemporaryName } from '../lib/atomic-file.ts';
import { packCertificates, unpackCertificates } from './packed-certificates.ts';
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
/** So many folders are read in one go; then their texts go into shared memory, and whatever else waits has its turn. */
const AT_ONCE = 250;

interface Reader {
  /** Content of a file in a folder, or `undefined` when it is not among the folder's names or was damaged. */
  read<T>(folder: Listing, name: string, decode: (text: string) => T): T | undefined;
  list(folder: string): Listing;
}

interface Listing {
  readonly path: string;
  readonly folders: readonly string[];
  readonly names: ReadonlySet<string>;
}

/**
 * Reads the whole store. A damaged file costs only itself: it is moved aside as `*.corrupt-<time>`, the certificate
 * before it is used instead, and an issue is reported. With `repair` false nothing on disk is changed. Texts of keys and
 * chains come to lie in shared memory. Rejects only when a folder exists but cannot be listed.
 *
 * The files are read in place and not by the thread pool: ten thousand small files take a third of the time so.
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
  const entries: StoreEntry[] = [];
  for (const caFolder of reader.list(join(root, 'ca')).folders) {
    const folder = reader.list(join(root, 'ca', caFolder));
    const account = reader.read(folder, 'account.json', decodeAccount);
    if (account !== undefined) accounts.set(caFolder, account);
    const limit = reader.read(folder, 'parked.json', decodeParked);
    if (limit !== undefined) parked.set(caFolder, limit);
    const { path, folders } = reader.list(join(folder.path, 'certs'));
    for (let from = 0; from < folders.length; from += AT_ONCE) {
      const names = folders.slice(from, from + AT_ONCE);
      entries.push(...shareTexts(names.map((name) => loadEntry(reader, join(path, name), `${caFolder}/${name}`))));
      await turn();
    }
  }
  return { entries, accounts, parked, issues };
}

function loadEntry(reader: Reader, path: string, key: string): StoreEntry {
  const folder = reader.list(path);
  const current =
    reader.read(folder, 'current.json', decodeCertificate) ?? reader.read(folder, 'previous.json', decodeCertificate);
  const state = reader.read(folder, 'state.json', decodeAttempt);
  const pending = reader.read(folder, 'pending.json', decodePending);
  const renewal = reader.read(folder, 'renewal.json', decodeRenewal);
  const names = current?.spec.names ?? state?.names ?? [];
  return { path: key, names, current, attempt: state?.attempt, pending, renewal };
}

/** The same entries, with their certificates in one memory that threads can share. */
function shareTexts(entries: readonly StoreEntry[]): readonly StoreEntry[] {
  const certificates = entries.flatMap(({ current }) => (current === undefined ? [] : [current.certificate]));
  const shared = unpackCertificates(packCertificates(certificates)).values();
  return entries.map((entry) => {
    const { current } = entry;
    return current === undefined ? entry : { ...entry, current: { ...current, certificate: shared.next().value! } };
  });
}

function createReader(
  options: { readonly repair: boolean; readonly now: () => number },
  report: (issue: StoreIssue) => void,
): Reader {
  return {
    read: (folder, name, decode) => {
      if (!folder.names.has(name)) return undefined;
      const path = join(folder.path, name);
      try {
        if (options.repair) repairMode(path, report);
        return decode(readFileSync(path, 'utf8'));
      } catch (cause) {
        if (isAbsent(cause)) return undefined;
        // What the system will not let us read may be in order.
        const isDamaged = !(cause instanceof Error && 'syscall' in cause);
        const aside = options.repair && isDamaged ? moveAside(path, options.now()) : undefined;
        report({ path, message: `${reasonOf(cause)}${aside === undefined ? '' : `; moved to ${aside}`}` });
        return undefined;
      }
    },
    list: (path) => {
      const found = listFolder(path);
      const names = found.map((entry) => entry.name);
      if (options.repair) removeLitter(path, names, options.now());
      const folders = found.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
      return { path, folders, names: new Set(names) };
    },
  };
}

function listFolder(path: string): readonly Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (cause) {
    if (isAbsent(cause)) return [];
    throw cause;
  }
}

/** What a crash left of a file that was being written. Litter that cannot be removed is no reason to miss what lies beside it. */
function removeLitter(path: string, names: readonly string[], now: number): void {
  for (const name of names.filter(isTemporaryName)) {
    try {
      const file = join(path, name);
      if (now - statSync(file).mtimeMs > STALE_TEMPORARY_MS) rmSync(file, { force: true });
    } catch {
      // It stays for the next start.
    }
  }
}

/** Others must not read keys. A wrong mode is mended, not refused: a router that does not start helps nobody. */
function repairMode(path: string, report: (issue: StoreIssue) => void): void {
  const { mode } = statSync(path);
  if ((mode & OWNER_ONLY) === 0) return;
  const octal = (mode & 0o777).toString(8);
  try {
    chmodSync(path, 0o600);
    report({ path, message: `could be read by other users (mode ${octal}); set to 600` });
  } catch (cause) {
    report({
      path,
      message: `can be read by other users (mode ${octal}), and that cannot be changed: ${reasonOf(cause)}`,
    });
  }
}

function moveAside(path: string, now: number): string | undefined {
  const aside = `${path}.corrupt-${now}`;
  try {
    renameSync(path, aside);
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
