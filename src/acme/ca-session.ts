import { generateKeyPair } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { AcmeConfig } from '../config/static-config.ts';
import type { AccountRecord } from '../certs/store-records.ts';
import type { CertificateStore } from '../certs/store.ts';
import type { Logger } from '../observe/logger.ts';
import type { AcmeApi } from './acme-api.ts';
import { connectAcme } from './acme-client-api.ts';
import { AcmeProblem, AcmeTransportError, OrderError } from './acme-error.ts';
import { createTransport, type Transport } from './transport.ts';

/** An account at one CA, ready to order. */
export interface Account {
  readonly api: AcmeApi;
  readonly url: string;
}

/** Everything the orders at one CA share: connections, nonces, the account. */
export interface CaSession {
  /**
   * The account, made at the first call; callers at the same time share the work, a failure is forgotten. Rejects with
   * `AcmeProblem`, `AcmeTransportError` or `OrderError` (the key cannot be kept).
   */
  account(): Promise<Account>;
  /** The CA does not know the account any more: the next call asks for it again with the same key. */
  forgetAccount(): Promise<void>;
  close(): void;
}

export interface CaSessionOptions {
  readonly directory: string;
  readonly acme: AcmeConfig;
  readonly store: CertificateStore;
  /** The account on disk. */
  readonly saved: AccountRecord | undefined;
  readonly userAgent: string;
  readonly now: () => number;
  readonly logger: Logger;
}

/** Opens nothing by itself: the first order does. */
export function createCaSession(options: CaSessionOptions): CaSession {
  const { directory, acme, store, now } = options;
  let record = options.saved?.eabKid === acme.eab?.kid ? options.saved : undefined;
  let transport: Transport | undefined;
  let account: Promise<Account> | undefined;

  const openTransport = async (): Promise<Transport> => {
    const extraRootPem = acme.caRootFile === undefined ? undefined : await readRoot(acme.caRootFile, directory);
    return createTransport({ userAgent: options.userAgent, extraRootPem, now });
  };
  const openAccount = async (): Promise<Account> => {
    transport ??= await openTransport();
    record ??= await createKey(options);
    const connection = { directory, accountUrl: record.url, eab: acme.eab, transport, now };
    const api = await connectAcme({ ...connection, accountKeyPem: record.keyPem });
    if (record.url === undefined) {
      const url = await register(api, options);
      record = { ...record, url };
      const fault = await store.saveAccount(record);
      if (fault !== undefined) options.logger.warn({ reason: fault.message, hint: fault.hint }, 'account not saved');
      options.logger.info({ directory, account: url }, 'account ready');
      return { api, url };
    }
    return { api, url: record.url };
  };
  return {
    account: () => {
      account ??= openAccount().catch((cause: unknown) => {
        account = undefined;
        throw cause;
      });
      return account;
    },
    forgetAccount: async () => {
      account = undefined;
      if (record === undefined) return;
      record = { ...record, url: undefined };
      await store.saveAccount(record);
    },
    close: () => transport?.close(),
  };
}

/** The key is on disk before the CA hears of it: after a crash the same key finds the same account (RFC 8555 7.3.1). */
async function createKey({ directory, acme, store, now }: CaSessionOptions): Promise<AccountRecord> {
  const record: AccountRecord = {
    directory,
    keyPem: await createKeyPem(),
    url: undefined,
    contact: contactOf(acme),
    eabKid: acme.eab?.kid,
    createdAt: now(),
  };
  const fault = await store.saveAccount(record);
  if (fault !== undefined) throw new OrderError('store', fault.message);
  return record;
}

/** A P-256 key, PKCS#8 PEM: for accounts and for certificates, a new one each time. */
export async function createKeyPem(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' });
}

async function register(api: AcmeApi, { directory, acme, logger }: CaSessionOptions): Promise<string> {
  const { externalAccountRequired } = await api.directory();
  if (externalAccountRequired && acme.eab === undefined) {
    const detail = 'this CA binds accounts to one made beforehand';
    throw new AcmeProblem({ type: 'externalAccountRequired', status: 403, detail, url: directory });
  }
  try {
    return await api.newAccount(contactOf(acme));
  } catch (cause) {
    // A contact is optional: a CA that dislikes it must not cost the certificates.
    if (!(cause instanceof AcmeProblem) || !/^(invalid|unsupported)Contact$/.test(cause.type)) throw cause;
    logger.warn({ directory, reason: cause.detail, hint: 'check --acme-email' }, 'account made without contact');
    return api.newAccount([]);
  }
}

function contactOf(acme: AcmeConfig): readonly string[] {
  return acme.email === undefined ? [] : [`mailto:${acme.email}`];
}

async function readRoot(path: string, directory: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AcmeTransportError('trust_root', `cannot read the CA root file: ${reason}`, directory, { cause });
  }
}
