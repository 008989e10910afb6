import type { AccountRecord } from '../certs/store-records.ts';
import type { CertificateStore } from '../certs/store.ts';
import type { Logger } from '../observe/logger.ts';
import type { AcmeApi } from './acme-api.ts';
import { AcmeProblem, OrderError } from './acme-error.ts';
import { createKeyPem } from './create-key.ts';

interface KeyChangeContext {
  readonly directory: string;
  readonly store: CertificateStore;
  readonly now: () => number;
  readonly logger: Logger;
}

/**
 * Gives the account a new key (RFC 8555 7.3.5). The key is on disk before the CA hears of it, and the old one is given up
 * only afterwards, so that one of the two on disk is always the account's. Rejects with what the CA said, or
 * `OrderError` when the key cannot be kept; then the old key holds.
 */
export async function changeAccountKey(
  api: AcmeApi,
  record: AccountRecord,
  context: KeyChangeContext,
): Promise<AccountRecord> {
  const { directory, store } = context;
  const keyPem = await createKeyPem();
  const fault = await store.saveNextKey(directory, keyPem);
  if (fault !== undefined) throw new OrderError('store', fault.message);
  try {
    await api.changeKey(keyPem);
  } catch (cause) {
    // The CA said no; anything else leaves open whether it heard us, and the next start asks.
    if (cause instanceof AcmeProblem && cause.status < 500) await store.saveNextKey(directory, undefined);
    throw cause;
  }
  return promote(record, keyPem, context);
}

/** Ends a change that a crash or a lost answer left half done: asks which key the account has, and goes on from there. */
export async function settleKeyChange(
  record: AccountRecord,
  context: KeyChangeContext & {
    readonly connect: (account: Pick<AccountRecord, 'keyPem' | 'url'>) => Promise<AcmeApi>;
  },
): Promise<AccountRecord> {
  const { directory, store, connect, logger } = context;
  const keyPem = record.url === undefined ? undefined : await store.readNextKey(directory);
  if (keyPem === undefined) return record;
  if (await isKeyOf(await connect({ keyPem, url: undefined }))) return promote(record, keyPem, context);
  try {
    await (await connect(record)).changeKey(keyPem);
  } catch (cause) {
    if (!(cause instanceof AcmeProblem) || cause.status >= 500) throw cause;
    logger.warn({ directory, reason: cause.message }, 'the account keeps its key');
    await store.saveNextKey(directory, undefined);
    return record;
  }
  return promote(record, keyPem, context);
}

async function isKeyOf(api: AcmeApi): Promise<boolean> {
  try {
    await api.findAccount();
    return true;
  } catch (cause) {
    if (cause instanceof AcmeProblem && cause.status < 500 && cause.status !== 429) return false;
    throw cause;
  }
}

async function promote(
  record: AccountRecord,
  keyPem: string,
  { directory, store, now, logger }: KeyChangeContext,
): Promise<AccountRecord> {
  const changed = { ...record, keyPem, createdAt: now() };
  const fault = await store.saveAccount(changed);
  // Until the account is written the next key stays: a restart finds it and asks.
  if (fault === undefined) await store.saveNextKey(directory, undefined);
  else logger.warn({ reason: fault.message, hint: fault.hint }, 'account not saved');
  logger.info({ directory, account: record.url }, 'key of the account changed');
  return changed;
}
