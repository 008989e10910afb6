import { caKey, type CertificateSpec } from '../certs/certificate-spec.ts';
import { NO_RENEWAL, type RenewalRecord } from '../certs/renewal-record.ts';
import type { StoreFault } from '../certs/store-fault.ts';
import type {
  AccountRecord,
  AttemptRecord,
  ParkedRecord,
  PendingOrder,
  StoredCertificate,
} from '../certs/store-records.ts';
import { storePath, type CertificateStore } from '../certs/store.ts';
import type { Logger } from '../observe/logger.ts';

/** What is known about one spec. */
export interface BookEntry {
  readonly current: StoredCertificate | undefined;
  readonly attempt: AttemptRecord | undefined;
  readonly pending: PendingOrder | undefined;
  readonly renewal?: RenewalRecord | undefined;
}

/**
 * The store's contents in memory. Every change is made here first and then written: what cannot be written is kept, used,
 * and written when that works again.
 */
export interface CertificateBook {
  /** Reads the store. Until that worked, `canOrder` is false: an order might be for what is already there. */
  load(): Promise<void>;
  canOrder(): boolean;
  get(spec: CertificateSpec): BookEntry;
  certificates(): readonly StoredCertificate[];
  /** Those with this very name among theirs; wildcards as they are written. */
  withName(name: string): readonly StoredCertificate[];
  account(directory: string): AccountRecord | undefined;
  /** Also ends the row of failures and the pending order of its spec. */
  putCertificate(stored: StoredCertificate): Promise<void>;
  /** Looks for what other processes with this store have obtained; answers whether there was anything. */
  takeIn(): Promise<boolean>;
  /** The same for one spec, and its failures. */
  takeInOne(spec: CertificateSpec): Promise<boolean>;
  /** `undefined` ends the row of failures. */
  putAttempt(spec: CertificateSpec, attempt: AttemptRecord | undefined): Promise<void>;
  /** Answers the fault, because an order must not go on without its record. */
  putPending(spec: CertificateSpec, pending: PendingOrder | undefined): Promise<StoreFault | undefined>;
  renewal(spec: CertificateSpec): RenewalRecord;
  /** Changes a part of it. */
  putRenewal(spec: CertificateSpec, change: Partial<RenewalRecord>): Promise<void>;
  /** Forgets everything about a spec, on disk as well. */
  remove(spec: CertificateSpec): Promise<void>;
  parked(directory: string): ParkedRecord | undefined;
  park(directory: string, parked: ParkedRecord): Promise<void>;
  /** Reads or writes again what did not work before. */
  retry(): Promise<void>;
  /** What is wrong with the store now. */
  fault(): StoreFault | undefined;
}

const NOTHING: BookEntry = { current: undefined, attempt: undefined, pending: undefined };

export function createCertificateBook(options: {
  readonly store: CertificateStore;
  readonly logger: Logger;
}): CertificateBook {
  const { store, logger } = options;
  const entries = new Map<string, BookEntry>();
  const parked = new Map<string, ParkedRecord>();
  const unsaved = new Map<string, StoredCertificate>();
  let accounts: ReadonlyMap<string, AccountRecord> = new Map();
  let isLoaded = false;
  let fault: StoreFault | undefined;

  /** Made when it is asked for after a change. */
  let byName: ReadonlyMap<string, readonly StoredCertificate[]> | undefined;

  const update = (path: string, change: Partial<BookEntry>): void => {
    if ('current' in change) byName = undefined;
    entries.set(path, { ...(entries.get(path) ?? NOTHING), ...change });
  };
  const renewalOf = (path: string): RenewalRecord => entries.get(path)?.renewal ?? NO_RENEWAL;
  /** Logs changes, not states; a write that works ends the fault unless certificates still wait for theirs. */
  const note = (found: StoreFault | undefined): StoreFault | undefined => {
    if (found !== undefined && fault?.message !== found.message) {
      const facts = { event: 'store.readonly', reason: found.message, hint: found.hint };
      logger.warn(facts, 'certificate store fails, going on from memory');
    }
    if (found === undefined && fault !== undefined && unsaved.size === 0) {
      logger.info({}, 'certificate store works again');
    }
    fault = found ?? (unsaved.size > 0 ? fault : undefined);
    return found;
  };
  const save = async (stored: StoredCertificate): Promise<void> => {
    const path = storePath(stored.spec);
    unsaved.set(path, stored);
    const failed = await store.saveCertificate(stored);
    if (failed === undefined && unsaved.get(path) === stored) unsaved.delete(path);
    if (note(failed) !== undefined) return;
    // Only now: until the certificate is on disk, the pending order is how a restart gets it.
    note((await store.savePending(stored.spec, undefined)) ?? (await store.saveAttempt(stored.spec, undefined)));
  };
  /** One that is newer than what we have ends our own row of failures and our pending order, too. */
  const adopt = (stored: StoredCertificate | undefined): boolean => {
    if (stored === undefined) return false;
    const path = storePath(stored.spec);
    const held = entries.get(path)?.current;
    if (held !== undefined && !isNewer(stored, held)) return false;
    update(path, { current: stored, attempt: undefined, pending: undefined });
    logger.info({ names: stored.spec.names }, 'certificate found in the store');
    return true;
  };
  /** The CA counts failures of a name, whoever made them: a later one than ours is ours, too. */
  const adoptAttempt = (spec: CertificateSpec, attempt: AttemptRecord | undefined): boolean => {
    const held = entries.get(storePath(spec))?.attempt;
    if (attempt === undefined || attempt.lastAt <= (held?.lastAt ?? -Infinity)) return false;
    update(storePath(spec), { attempt });
    return true;
  };
  const load = async (): Promise<void> => {
    const contents = await store.load();
    if (note(contents.fault) !== undefined) return;
    isLoaded = true;
    accounts = contents.accounts;
    for (const { path, current, attempt, pending, renewal } of contents.entries) {
      // A crash right after the certificate was written leaves these two behind: the order would deliver the same one again.
      const isCollected = current !== undefined && current.orderUrl === pending?.orderUrl;
      const isPast = current !== undefined && attempt !== undefined && attempt.lastAt < current.issuedAt;
      update(path, {
        current,
        attempt: isPast ? undefined : attempt,
        pending: isCollected ? undefined : pending,
        renewal,
      });
      // There is a key in it. A disk that cannot be written keeps it until the next order.
      if (isCollected) await store.savePending(current.spec, undefined);
    }
    for (const [key, record] of contents.parked) parked.set(key, record);
  };
  return {
    load,
    canOrder: () => isLoaded,
    get: (spec) => entries.get(storePath(spec)) ?? NOTHING,
    certificates: () => [...entries.values()].flatMap(({ current }) => (current === undefined ? [] : [current])),
    withName: (name) => {
      byName ??= indexNames(entries.values());
      return byName.get(name) ?? [];
    },
    account: (directory) => accounts.get(caKey(directory)),
    putCertificate: async (stored) => {
      update(storePath(stored.spec), { current: stored, attempt: undefined, pending: undefined });
      await save(stored);
    },
    takeIn: async () => (await store.changes()).map(adopt).includes(true),
    takeInOne: async (spec) =>
      adopt(await store.readCertificate(spec)) || adoptAttempt(spec, await store.readAttempt(spec)),
    putAttempt: async (spec, attempt) => {
      update(storePath(spec), { attempt });
      note(await store.saveAttempt(spec, attempt));
    },
    putPending: async (spec, pending) => {
      update(storePath(spec), { pending });
      return note(await store.savePending(spec, pending));
    },
    renewal: (spec) => renewalOf(storePath(spec)),
    putRenewal: async (spec, change) => {
      const record = { ...renewalOf(storePath(spec)), ...change };
      update(storePath(spec), { renewal: record });
      note(await store.saveRenewal(spec, record));
    },
    remove: async (spec) => {
      entries.delete(storePath(spec));
      byName = undefined;
      unsaved.delete(storePath(spec));
      note(await store.removeSpec(spec));
    },
    parked: (directory) => parked.get(caKey(directory)),
    park: async (directory, record) => {
      parked.set(caKey(directory), record);
      note(await store.saveParked(directory, record));
    },
    retry: async () => {
      if (!isLoaded) return load();
      for (const stored of unsaved.values()) await save(stored);
      return undefined;
    },
    fault: () => fault,
  };
}

/** Dates of certificates are whole seconds: of two of the same second the later one is known by when it came. */
function isNewer(one: StoredCertificate, other: StoredCertificate): boolean {
  if (one.certificate.id === other.certificate.id) return false;
  const later = one.certificate.notBefore - other.certificate.notBefore;
  return later > 0 || (later === 0 && one.issuedAt > other.issuedAt);
}

function indexNames(entries: Iterable<BookEntry>): ReadonlyMap<string, readonly StoredCertificate[]> {
  const index = new Map<string, StoredCertificate[]>();
  for (const { current } of entries) {
    if (current === undefined) continue;
    for (const name of current.certificate.names) index.getOrInsertComputed(name, () => []).push(current);
  }
  return index;
}
