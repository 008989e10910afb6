import type { CertificateSpec } from '../certs/certificate-spec.ts';
import type { StoreFault } from '../certs/store-fault.ts';
import type { PendingOrder, StoredCertificate } from '../certs/store-records.ts';
import type { KeyType } from '../config/key-type.ts';
import type { Logger } from '../observe/logger.ts';
import type { AcmeApi, AcmeOrder } from './acme-api.ts';
import { AcmeProblem, OrderError } from './acme-error.ts';
import type { Account, CaSession } from './ca-session.ts';
import { createKeyPem } from './create-key.ts';
import { answerAuthorization, type ChallengeDesk } from './challenge.ts';
import { withAccount } from './heal-account.ts';
import type { ChallengeChoice } from './pick-challenge.ts';
import { placeOrder } from './place-order.ts';
import { poll, type PollClock } from './poll.ts';
import type { Predecessor } from './predecessor.ts';
import { verifyIssued } from './verify-issued.ts';

const READY_DEADLINE_MS = 30_000;
const ISSUE_DEADLINE_MS = 300_000;
/** The CA was slow, or we have to stop: the order is as good as before, and the next attempt goes on with it. */
const MAY_GO_ON: ReadonlySet<OrderError['code']> = new Set(['authorization_slow', 'order_slow']);

export interface OrderDeps {
  readonly session: CaSession;
  readonly desk: ChallengeDesk;
  readonly choice: ChallengeChoice;
  readonly clock: PollClock;
  readonly logger: Logger;
  /** The certificate that serves until then. */
  readonly predecessor: Predecessor | undefined;
  /** Told of every name that could not be proved. */
  readonly onUnproved: (name: string) => void;
  /** Keeps the order so that a crash can resume it; `undefined` forgets it. */
  readonly savePending: (pending: PendingOrder | undefined) => Promise<StoreFault | undefined>;
}

/**
 * Obtains one certificate: orders, proves each name, finalizes, collects, checks (RFC 8555 7.4, acme.md 4). With a pending
 * order it goes on where that one stopped. Key and order are on disk before `finalize`; the pending record stays there
 * for the caller to remove once the certificate is stored. Rejects with what `classifyFailure` understands.
 */
export async function obtainCertificate(
  spec: CertificateSpec,
  pending: PendingOrder | undefined,
  deps: OrderDeps,
): Promise<StoredCertificate> {
  let resumable = pending;
  return withAccount(deps.session, (account) => runOrder(spec, resumable, account, deps), {
    directory: spec.directory,
    now: deps.clock.now,
    logger: deps.logger,
    onForgotten: () => {
      resumable = undefined;
      return deps.savePending(undefined);
    },
  });
}

/** An order with what is kept about it. */
interface Progress {
  readonly order: AcmeOrder;
  readonly pending: PendingOrder;
}

async function runOrder(
  spec: CertificateSpec,
  pending: PendingOrder | undefined,
  account: Account,
  deps: OrderDeps,
): Promise<StoredCertificate> {
  const { api } = account;
  let progress = (await resume(pending, account, deps)) ?? (await begin(spec, account, deps));
  if (progress.order.status === 'pending')
    progress = { ...progress, order: await authorize(progress.order, api, deps) };
  if (progress.order.status === 'ready') progress = await finalize(progress, spec.keyType, api, deps);
  if (progress.order.status === 'processing') {
    progress = { ...progress, order: await settle(progress.order, api, deps, ISSUE_DEADLINE_MS) };
  }
  const { order } = progress;
  if (order.status === 'invalid') {
    await deps.savePending(undefined);
    throw order.error ?? new OrderError('order_invalid', 'the CA declared the order invalid without a reason');
  }
  if (order.status !== 'valid' || order.certificate === undefined) {
    throw new OrderError('order_slow', `the CA has not issued the certificate yet (order ${order.status})`);
  }
  return collect(spec, progress, order.certificate, account, deps);
}

/** `undefined` when there is nothing to go on with. An order the CA does not know any more is forgotten. */
async function resume(
  pending: PendingOrder | undefined,
  account: Account,
  deps: OrderDeps,
): Promise<Progress | undefined> {
  if (pending === undefined) return undefined;
  if (pending.accountUrl === account.url) {
    const order = await askForOrder(pending.orderUrl, account.api);
    const isLost = order?.status === 'valid' || order?.status === 'processing' ? pending.keyPem === undefined : false;
    if (order !== undefined && order.status !== 'invalid' && !isLost) {
      deps.logger.info({ order: order.url, state: order.status }, 'order resumed');
      return { order, pending };
    }
  }
  await deps.savePending(undefined);
  return undefined;
}

async function askForOrder(url: string, api: AcmeApi): Promise<AcmeOrder | undefined> {
  try {
    return await api.order(url);
  } catch (cause) {
    const isGone = cause instanceof AcmeProblem && cause.status < 500 && cause.status !== 429;
    if (!isGone || cause.type === 'accountDoesNotExist') throw cause;
    return undefined;
  }
}

async function begin(spec: CertificateSpec, account: Account, deps: OrderDeps): Promise<Progress> {
  const { order, replaces } = await placeOrder(spec, account, deps);
  const pending = {
    orderUrl: order.url,
    accountUrl: account.url,
    keyPem: undefined,
    createdAt: deps.clock.now(),
    replaces,
  };
  await keep(pending, deps);
  return { order, pending };
}

/**
 * Proves every name and resolves with the order as it is then. All names are tried, also after one failed: the CA counts
 * failures by name, and the next attempt needs only the rest.
 */
async function authorize(order: AcmeOrder, api: AcmeApi, deps: OrderDeps): Promise<AcmeOrder> {
  const results = await Promise.allSettled(order.authorizations.map((url) => authorizeOne(url, api, deps)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    // A refused name makes the order useless; a lost connection does not.
    if (failed.reason instanceof AcmeProblem && failed.reason.status === 0) await deps.savePending(undefined);
    throw failed.reason;
  }
  return settle(order, api, deps, READY_DEADLINE_MS);
}

async function authorizeOne(url: string, api: AcmeApi, deps: OrderDeps): Promise<void> {
  const authorization = await api.authorization(url);
  // CAs reuse authorizations: nothing to prove.
  if (authorization.status === 'valid') return;
  if (authorization.status !== 'pending') {
    await deps.savePending(undefined);
    const problem = authorization.challenges.find(({ error }) => error !== undefined)?.error;
    throw (
      problem ??
      new OrderError('order_invalid', `the authorization of ${authorization.name} is ${authorization.status}`)
    );
  }
  try {
    await answerAuthorization(authorization, { api, desk: deps.desk, clock: deps.clock, choice: deps.choice });
  } catch (cause) {
    if (cause instanceof AcmeProblem && cause.status === 0) {
      deps.onUnproved(`${authorization.isWildcard ? '*.' : ''}${authorization.name}`);
    }
    if (cause instanceof OrderError && !MAY_GO_ON.has(cause.code)) {
      // Left pending, it would count against the account's limit for a week.
      await api.deactivateAuthorization(url).catch(() => undefined);
      await deps.savePending(undefined);
    }
    throw cause;
  }
}

async function finalize(
  { order, pending }: Progress,
  keyType: KeyType,
  api: AcmeApi,
  deps: OrderDeps,
): Promise<Progress> {
  const withKey = { ...pending, keyPem: pending.keyPem ?? (await createKeyPem(keyType)) };
  if (pending.keyPem === undefined) await keep(withKey, deps);
  try {
    const finalized = await api.finalize(order, withKey.keyPem);
    if (pending.replaces !== undefined) await deps.predecessor?.markReplaced();
    return { order: finalized, pending: withKey };
  } catch (cause) {
    if (!(cause instanceof AcmeProblem)) throw cause;
    // It was finalized by the attempt before this one, whose answer was lost.
    if (cause.type === 'orderNotReady') return { order: await api.order(order.url), pending: withKey };
    if (cause.status < 500 && cause.status !== 429) await deps.savePending(undefined);
    throw cause;
  }
}

function settle(order: AcmeOrder, api: AcmeApi, deps: OrderDeps, deadlineMs: number): Promise<AcmeOrder> {
  return poll({
    ask: () => api.order(order.url),
    isFinal: ({ status }) => status !== 'pending' && status !== 'processing',
    firstMs: 500,
    maxMs: 10_000,
    deadlineMs,
    clock: deps.clock,
  });
}

async function collect(
  spec: CertificateSpec,
  { order, pending }: Progress,
  certificateUrl: string,
  account: Account,
  deps: OrderDeps,
): Promise<StoredCertificate> {
  const chainPem = await account.api.certificate(certificateUrl);
  try {
    const certificate = verifyIssued(chainPem, pending.keyPem ?? '', spec, deps.clock.now());
    return { spec, certificate, issuedAt: deps.clock.now(), accountUrl: account.url, orderUrl: order.url };
  } catch (cause) {
    // The same order would deliver the same certificate again.
    await deps.savePending(undefined);
    throw cause;
  }
}

/** Without its record on disk an order must not go on: after a crash it would be paid for twice. */
async function keep(pending: PendingOrder, deps: OrderDeps): Promise<void> {
  const fault = await deps.savePending(pending);
  if (fault !== undefined) throw new OrderError('store', fault.message);
}
