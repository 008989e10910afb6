import { chmod, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../observe/logger.ts';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import { caKey, specKey, type CertificateSpec } from './certificate-spec.ts';
import { describeStoreFault, type StoreFault } from './store-fault.ts';
import { loadStore, type StoreContents } from './store-load.ts';
import { takeLock, type StoreLock } from './store-lock.ts';
import { createStoreScan } from './store-scan.ts';
import { encode } from './record-fields.ts';
import { encodeRenewal, type RenewalRecord } from './renewal-record.ts';
import {
  decodeAttempt,
  decodeCertificate,
  decodeNextKey,
  encodeAttempt,
  encodeCertificate,
  type AccountRecord,
  type AttemptRecord,
  type ParkedRecord,
  type PendingOrder,
  type StoredCertificate,
} from './store-records.ts';

const VERSION = '1';
/** More than all that an order writes. */
const PROBE_BYTES = 65_536;

/**
 * Certificates, accounts and unfinished work on disk, below `<dataDir>/acme`: one folder per CA and per spec.
 * Saving never rejects: it answers with the fault, and the caller goes on from memory.
 */
export interface CertificateStore {
  readonly root: string;
  /** Everything there is; empty with a fault when it cannot be read. */
  load(): Promise<StoreContents & { readonly fault: StoreFault | undefined }>;
  saveCertificate(stored: StoredCertificate): Promise<StoreFault | undefined>;
  /** The certificate of a spec as it is on disk now; `undefined`: there is none that can be read. */
  readCertificate(spec: CertificateSpec): Promise<StoredCertificate | undefined>;
  /** The failures of a spec as they are on disk now. */
  readAttempt(spec: CertificateSpec): Promise<AttemptRecord | undefined>;
  /** Certificates that others have put there since the last call. */
  changes(): Promise<readonly StoredCertificate[]>;
  /**
   * The right to order a certificate, among all processes with this store; `undefined`: another one has it. Rejects when the store
   * cannot be written.
   */
  lock(spec: CertificateSpec): Promise<StoreLock | undefined>;
  /** `undefined` removes the record. */
  saveAttempt(spec: CertificateSpec, attempt: AttemptRecord | undefined): Promise<StoreFault | undefined>;
  savePending(spec: CertificateSpec, pending: PendingOrder | undefined): Promise<StoreFault | undefined>;
  saveRenewal(spec: CertificateSpec, record: RenewalRecord | undefined): Promise<StoreFault | undefined>;
  /** Removes everything about a spec. */
  removeSpec(spec: CertificateSpec): Promise<StoreFault | undefined>;
  saveAccount(account: AccountRecord): Promise<StoreFault | undefined>;
  /** A key that the account of this CA is about to get; `undefined` removes it. */
  saveNextKey(directory: string, keyPem: string | undefined): Promise<StoreFault | undefined>;
  /** Undefined: there is none, or it cannot be read. */
  readNextKey(directory: string): Promise<string | undefined>;
  saveParked(directory: string, parked: ParkedRecord | undefined): Promise<StoreFault | undefined>;
  /** Writes and removes a file. Asked before every order: a certificate that cannot be kept is wasted (acme.md 14.3). */
  probe(): Promise<StoreFault | undefined>;
}

/** Key under which `load` reports a spec: `<CA folder>/<spec folder>`. */
export function storePath(spec: CertificateSpec): string {
  return paths.getOrInsertComputed(spec, () => `${caKey(spec.directory)}/${specKey(spec)}`);
}

/** The scheduler asks for the same specs over and over; each answer costs a hash. */
const paths = new WeakMap<CertificateSpec, string>();

/** `readOnly` leaves the disk as it is, for a command beside a running router. */
export function createCertificateStore(options: {
  readonly dataDir: string;
  readonly now: () => number;
  readonly logger: Logger;
  readonly readOnly?: boolean;
}): CertificateStore {
  const root = join(options.dataDir, 'acme');
  let probing: Promise<StoreFault | undefined> | undefined;
  const caFolder = (directory: string): string => join(root, 'ca', caKey(directory));
  const specFile = (spec: CertificateSpec, name: string): string =>
    join(caFolder(spec.directory), 'certs', specKey(spec), name);
  const scan = createStoreScan(root);
  return {
    root,
    load: async () => {
      // What is there now is no news later.
      await scan.changes();
      return load(root, options);
    },
    readCertificate: (spec) => readNow(specFile(spec, 'current.json'), decodeCertificate),
    readAttempt: async (spec) => (await readNow(specFile(spec, 'state.json'), decodeAttempt))?.attempt,
    changes: scan.changes,
    lock: (spec) => takeLock(join(root, 'locks'), specKey(spec)),
    saveCertificate: (stored) =>
      write(specFile(stored.spec, 'current.json'), encodeCertificate(stored), specFile(stored.spec, 'previous.json')),
    saveAttempt: (spec, attempt) =>
      writeOrRemove(specFile(spec, 'state.json'), attempt && encodeAttempt(spec, attempt)),
    savePending: (spec, pending) => writeOrRemove(specFile(spec, 'pending.json'), pending && encode(pending)),
    saveRenewal: (spec, record) => writeOrRemove(specFile(spec, 'renewal.json'), record && encodeRenewal(spec, record)),
    removeSpec: (spec) => remove(join(caFolder(spec.directory), 'certs', specKey(spec)), { recursive: true }),
    saveAccount: (account) => write(join(caFolder(account.directory), 'account.json'), encode(account)),
    saveNextKey: (directory, keyPem) =>
      writeOrRemove(join(caFolder(directory), 'account.next.json'), keyPem && encode({ directory, keyPem })),
    readNextKey: async (directory) => {
      const text = await readFile(join(caFolder(directory), 'account.next.json'), 'utf8').catch(() => undefined);
      return text === undefined ? undefined : decodeNextKey(text);
    },
    saveParked: (directory, parked) =>
      writeOrRemove(join(caFolder(directory), 'parked.json'), parked && encode(parked)),
    probe: () => {
      // One file: callers at the same time share the answer instead of removing it from under each other.
      probing ??= probe(root).finally(() => (probing = undefined));
      return probing;
    },
  };
}

async function load(
  root: string,
  options: { readonly now: () => number; readonly logger: Logger; readonly readOnly?: boolean },
): Promise<StoreContents & { readonly fault: StoreFault | undefined }> {
  const nothing = { entries: [], accounts: new Map(), parked: new Map(), issues: [] };
  try {
    const version = await readVersion(root);
    if (version !== undefined && version !== VERSION) {
      const fault = {
        code: 'store_version' as const,
        message: `${join(root, 'version')} says ${JSON.stringify(version)}, this release reads ${VERSION}`,
        hint: 'run the release that wrote it, or set --data to another folder',
      };
      return { ...nothing, fault };
    }
    const repair = options.readOnly !== true;
    // A volume that cannot be written still has what serves.
    if (repair && version !== undefined) await chmod(root, 0o700).catch(() => undefined);
    return { ...(await loadStore(root, { repair, now: options.now, logger: options.logger })), fault: undefined };
  } catch (cause) {
    return { ...nothing, fault: describeStoreFault('store_unreadable', root, cause) };
  }
}

async function readNow<T>(path: string, decode: (text: string) => T): Promise<T | undefined> {
  try {
    return decode(await readFile(path, 'utf8'));
  } catch {
    // What is damaged is repaired by the next start; it is written anew before.
    return undefined;
  }
}

async function readVersion(root: string): Promise<string | undefined> {
  try {
    return (await readFile(join(root, 'version'), 'utf8')).trim();
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw cause;
  }
}

async function probe(root: string): Promise<StoreFault | undefined> {
  try {
    await mkdir(root, { recursive: true, mode: 0o700 });
    const version = await readVersion(root);
    if (version === undefined) await writeFileAtomic(join(root, 'version'), `${VERSION}\n`);
    const path = join(root, '.probe');
    // A disk that is full still takes files without content.
    await writeFileAtomic(path, Buffer.alloc(PROBE_BYTES));
    // Another process with this store asks as we do, and may have removed it.
    await rm(path, { force: true });
    return undefined;
  } catch (cause) {
    return describeStoreFault('store_unwritable', root, cause);
  }
}

async function write(path: string, text: string, previousPath?: string): Promise<StoreFault | undefined> {
  try {
    await writeFileAtomic(path, text, previousPath === undefined ? {} : { previousPath });
    return undefined;
  } catch (cause) {
    return describeStoreFault('store_unwritable', path, cause);
  }
}

async function writeOrRemove(path: string, text: string | undefined): Promise<StoreFault | undefined> {
  return text === undefined ? remove(path) : write(path, text);
}

async function remove(path: string, options: { readonly recursive?: boolean } = {}): Promise<StoreFault | undefined> {
  try {
    await rm(path, { force: true, ...options });
    return undefined;
  } catch (cause) {
    return describeStoreFault('store_unwritable', path, cause);
  }
}
