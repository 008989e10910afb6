import { readFile } from 'node:fs/promises';
import { isKnownDirectory } from '../config/acme-directories.ts';
import type { AcmeConfig } from '../config/static-config.ts';
import type { AccountRecord } from '../certs/store-records.ts';
import type { CertificateStore } from '../certs/store.ts';
import type { Logger } from '../observe/logger.ts';
import type { AcmeApi, AcmeDirectory } from './acme-api.ts';
import { connectAcme } from './acme-client-api.ts';
import { AcmeProblem, AcmeTransportError } from './acme-error.ts';
import { createAccountKey, followContact, registerAccount } from './account.ts';
import { createDirectoryCache } from './directory-cache.ts';
import { changeAccountKey, settleKeyChange } from './key-change.ts';
import { readRetryAt } from './retry-after.ts';
import { createTransport, type Transport, type TransportOptions } from './transport.ts';

const DAY_MS = 86_400_000;

/** An account at one CA, ready to order. */
export interface Account {
  readonly api: AcmeApi;
  readonly url: string;
}

/** What a CA answers about the renewal of a certificate, not yet read. */
export interface RenewalAnswer {
  readonly data: unknown;
  /** When it wants to be asked again, Unix milliseconds. */
  readonly retryAt: number | undefined;
}

/** Everything the orders at one CA share: connections, nonces, the account. */
export interface CaSession {
  /**
   * The account, made at the first call; callers at the same time share the work, a failure is forgotten. Rejects with
   * `AcmeProblem`, `AcmeTransportError` or `OrderError` (the key cannot be kept).
   */
  account(): Promise<Account>;
  /** Needs no account. */
  directory(): Promise<AcmeDirectory>;
  /** Asks when to renew (RFC 9773 4.1), without an account. Undefined: this CA does not say. */
  renewalInfo(ariId: string): Promise<RenewalAnswer | undefined>;
  /** The CA does not know the account any more: the next call asks for it again with the same key. */
  forgetAccount(): Promise<void>;
  /** Gives up the key and its account for new ones. False, and nothing done: the key is less than a day old. */
  replaceKey(): Promise<boolean>;
  /**
   * Agrees to the terms as they are now (RFC 8555 7.3.3), once a day; orders begun before that share it. False: the CA
   * refused, or an order begun since was asked for it again.
   */
  agreeToTerms(begunAt: number): Promise<boolean>;
  /** Gives the account a new key; after a crash at any point it is finished at the next start. No order must run. */
  rollAccountKey(): Promise<Account>;
  /** The account as it is known, without asking. */
  known(): AccountRecord | undefined;
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
  /** Told of every answer. */
  readonly onAnswer?: TransportOptions['onAnswer'];
}

/** Opens nothing by itself: the first order does. */
export function createCaSession(options: CaSessionOptions): CaSession {
  const { directory, acme, store, now } = options;
  let record = options.saved;
  let isChecked = false;
  let connection: Promise<Connection> | undefined;
  let isClosed = false;
  let account: Promise<Account> | undefined;
  let agreement: { readonly at: number; readonly done: Promise<boolean> } | undefined;

  /** The root file is read again after a failure: it may have been mended. */
  const open = (): Promise<Connection> => {
    connection ??= openConnection(options).catch((cause: unknown) => {
      connection = undefined;
      throw cause;
    });
    return connection.then((opened) => {
      if (isClosed) opened.transport.close();
      return opened;
    });
  };
  /** What was made beforehand at one CA is no business of another: of a test CA never, of several of those that ask for it. */
  const findEab = async (): Promise<AcmeConfig['eab']> => {
    if (acme.eab === undefined || !acme.directories.includes(directory)) return undefined;
    if (acme.directories.length === 1) return acme.eab;
    const { externalAccountRequired } = await (await open()).fetchDirectory();
    return externalAccountRequired ? acme.eab : undefined;
  };
  const connect = async ({ keyPem, url }: Pick<AccountRecord, 'keyPem' | 'url'>): Promise<AcmeApi> => {
    const [parts, eab] = [await open(), await findEab()];
    return connectAcme({ directory, ...parts, accountKeyPem: keyPem, accountUrl: url, eab, now });
  };
  /** Whether the account on disk is the one that is asked for. One that was taken over does not say what it is bound to. */
  const isOf = async (eab: AcmeConfig['eab']): Promise<boolean> => {
    if (record?.eabKid === eab?.kid) return true;
    const isTakenOver = record?.url !== undefined && record.eabKid === undefined;
    return isTakenOver && (await (await open()).fetchDirectory()).externalAccountRequired;
  };
  const openAccount = async (): Promise<Account> => {
    await open();
    const eab = await findEab();
    if (!isChecked && !(await isOf(eab))) record = undefined;
    isChecked = true;
    record ??= await createAccountKey({ ...options, eab });
    record = await settleKeyChange(record, { ...options, connect });
    const api = await connect(record);
    const isNew = record.url === undefined;
    record = isNew
      ? await registerAccount(api, record, { ...options, eab })
      : await followContact(api, record, options);
    return { api, url: record.url! };
  };
  const ensureAccount = (): Promise<Account> => {
    account ??= openAccount().catch((cause: unknown) => {
      account = undefined;
      throw cause;
    });
    return account;
  };
  const agree = async (): Promise<boolean> => {
    if (record?.url === undefined) return false;
    // The contact as it is: a change without anything that accounts have is refused by some.
    const change = { termsOfServiceAgreed: true as const, contact: record.contact };
    try {
      await (await ensureAccount()).api.updateAccount(change);
      return true;
    } catch (cause) {
      if (!(cause instanceof AcmeProblem)) {
        agreement = undefined;
        throw cause;
      }
      options.logger.warn({ directory, reason: cause.message }, 'the CA does not take our agreement');
      return false;
    }
  };
  return {
    account: ensureAccount,
    directory: async () => (await open()).fetchDirectory(),
    renewalInfo: async (ariId) => {
      const { transport, fetchDirectory } = await open();
      const { renewalInfo } = await fetchDirectory();
      if (renewalInfo === undefined) return undefined;
      const url = `${renewalInfo.replace(/\/$/, '')}/${ariId}`;
      const { data, headers } = await transport.request(url, 'GET', undefined, { canWait: true });
      return { data, retryAt: readRetryAt(headers['retry-after'], '', now()) };
    },
    forgetAccount: async () => {
      account = undefined;
      if (record === undefined) return;
      record = { ...record, url: undefined };
      await store.saveAccount(record);
    },
    replaceKey: async () => {
      if (record !== undefined && now() - record.createdAt < DAY_MS) return false;
      account = undefined;
      record = await createAccountKey({ ...options, eab: await findEab() });
      return true;
    },
    agreeToTerms: (begunAt) => {
      if (agreement !== undefined && now() - agreement.at < DAY_MS) {
        return agreement.at >= begunAt ? agreement.done : Promise.resolve(false);
      }
      agreement = { at: now(), done: agree() };
      return agreement.done;
    },
    rollAccountKey: async () => {
      const { api } = await ensureAccount();
      try {
        record = await changeAccountKey(api, record!, options);
      } finally {
        // Also when the answer was lost: opening the account finds out which key it has.
        account = undefined;
      }
      return ensureAccount();
    },
    known: () => record,
    close: () => {
      isClosed = true;
      connection?.then(({ transport }) => transport.close()).catch(() => undefined);
    },
  };
}

interface Connection {
  readonly transport: Transport;
  readonly fetchDirectory: () => Promise<AcmeDirectory>;
}

async function openConnection({ directory, acme, userAgent, now, onAnswer }: CaSessionOptions): Promise<Connection> {
  const extraRootPem = acme.caRootFile === undefined ? undefined : await readRoot(acme.caRootFile, directory);
  const isOwnCa = !isKnownDirectory(directory);
  const told = onAnswer === undefined ? {} : { onAnswer };
  const transport = createTransport({ userAgent, extraRootPem, now, isOwnCa, ...told });
  return { transport, fetchDirectory: createDirectoryCache(directory, transport, now) };
}

async function readRoot(path: string, directory: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AcmeTransportError('trust_root', `cannot read the CA root file: ${reason}`, directory, { cause });
  }
}
