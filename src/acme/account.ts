import type { AcmeConfig } from '../config/static-config.ts';
import type { AccountRecord } from '../certs/store-records.ts';
import type { CertificateStore } from '../certs/store.ts';
import type { Logger } from '../observe/logger.ts';
import type { AcmeApi } from './acme-api.ts';
import { AcmeProblem, OrderError } from './acme-error.ts';
import { createKeyPem } from './create-key.ts';

export interface AccountContext {
  readonly directory: string;
  readonly acme: AcmeConfig;
  readonly store: CertificateStore;
  readonly now: () => number;
  readonly logger: Logger;
}

interface NewAccount extends AccountContext {
  /** The account made beforehand that this one is bound to (RFC 8555 7.3.4). */
  readonly eab: AcmeConfig['eab'];
}

/** The key is on disk before the CA hears of it: after a crash the same key finds the same account (RFC 8555 7.3.1). */
export async function createAccountKey({ directory, acme, eab, store, now }: NewAccount): Promise<AccountRecord> {
  const record: AccountRecord = {
    directory,
    keyPem: await createKeyPem(),
    url: undefined,
    contact: contactOf(acme),
    eabKid: eab?.kid,
    createdAt: now(),
  };
  const fault = await store.saveAccount(record);
  if (fault !== undefined) throw new OrderError('store', fault.message);
  return record;
}

/** Makes the account of the record's key, or finds the one it has. */
export async function registerAccount(
  api: AcmeApi,
  record: AccountRecord,
  context: NewAccount,
): Promise<AccountRecord> {
  const { directory, acme, logger } = context;
  const { externalAccountRequired } = await api.directory();
  if (externalAccountRequired && context.eab === undefined) {
    const detail = 'this CA binds accounts to one made beforehand';
    throw new AcmeProblem({ type: 'externalAccountRequired', status: 403, detail, url: directory });
  }
  const url = await withoutBadContact(contactOf(acme), (contact) => api.newAccount(contact), context);
  const registered = { ...record, url, contact: contactOf(acme) };
  await save(registered, context);
  logger.info({ event: 'account.created', directory, account: url }, 'account ready');
  return registered;
}

/**
 * A changed e-mail is a change of the account: a new one would lose what the CA knows of the old (acme.md 9). What the
 * CA does not take costs no certificate; it is tried again at the next start.
 */
export async function followContact(
  api: AcmeApi,
  record: AccountRecord,
  context: AccountContext,
): Promise<AccountRecord> {
  const contact = contactOf(context.acme);
  if (contact.join(' ') === record.contact.join(' ')) return record;
  const { directory, logger } = context;
  try {
    await api.updateAccount({ contact });
  } catch (cause) {
    // The order that follows says it better.
    if (cause instanceof AcmeProblem && /^(accountDoesNotExist|userActionRequired)$/.test(cause.type)) return record;
    const reason = cause instanceof Error ? cause.message : String(cause);
    logger.warn({ directory, reason, hint: 'check --acme-email' }, 'contact of the account not changed');
    return record;
  }
  logger.info({ directory, account: record.url }, 'contact of the account changed');
  const changed = { ...record, contact };
  await save(changed, context);
  return changed;
}

async function save(record: AccountRecord, { store, logger }: AccountContext): Promise<void> {
  const fault = await store.saveAccount(record);
  if (fault !== undefined) logger.warn({ reason: fault.message, hint: fault.hint }, 'account not saved');
}

/** A contact is optional: a CA that dislikes it must not cost the certificates. */
async function withoutBadContact<T>(
  contact: readonly string[],
  call: (contact: readonly string[]) => Promise<T>,
  { directory, logger }: AccountContext,
): Promise<T> {
  try {
    return await call(contact);
  } catch (cause) {
    if (!(cause instanceof AcmeProblem) || !/^(invalid|unsupported)Contact$/.test(cause.type)) throw cause;
    logger.warn({ directory, reason: cause.detail, hint: 'check --acme-email' }, 'account made without contact');
    return call([]);
  }
}

function contactOf(acme: AcmeConfig): readonly string[] {
  return acme.email === undefined ? [] : [`mailto:${acme.email}`];
}
