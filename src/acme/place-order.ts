import type { CertificateSpec } from '../certs/certificate-spec.ts';
import type { Logger } from '../observe/logger.ts';
import type { AcmeOrder, OrderRequest } from './acme-api.ts';
import { AcmeProblem, OrderError } from './acme-error.ts';
import type { Account } from './ca-session.ts';
import type { Predecessor } from './predecessor.ts';

/** These say nothing about the predecessor; their own remedies come first. */
const NOT_ABOUT_REPLACES = /^(rateLimited|accountDoesNotExist|userActionRequired|badNonce)$/;

/** A new order, and the certificate it names as its predecessor. */
export interface PlacedOrder {
  readonly order: AcmeOrder;
  readonly replaces: string | undefined;
}

/**
 * Orders (RFC 8555 7.4). What only makes an order better must not cost it: a CA that refuses the predecessor, or the
 * profile, gets the order once more at once without it. Rejects when the order is for other names than asked.
 */
export async function placeOrder(
  { names, profile }: CertificateSpec,
  { api, url }: Account,
  { logger, predecessor }: { readonly logger: Logger; readonly predecessor: Predecessor | undefined },
): Promise<PlacedOrder> {
  const { renewalInfo } = await api.directory();
  let request: OrderRequest = {
    names,
    profile,
    replaces: renewalInfo === undefined ? undefined : await predecessor?.nameFor(url),
  };
  for (;;) {
    try {
      const order = await api.newOrder(request);
      return { order: checkNames(order, names), replaces: request.replaces };
    } catch (cause) {
      const less = lessen(request, cause);
      if (less === undefined || !(cause instanceof AcmeProblem)) throw cause;
      if (less.profile === request.profile) {
        logger.info({ names, reason: cause.message }, 'ordering without naming the certificate before');
        if (cause.status === 409) await predecessor?.markReplaced();
      } else {
        const reason = cause.detail;
        logger.warn({ profile: request.profile, reason, hint: 'check --acme-profile' }, 'ordering without profile');
      }
      request = less;
    }
  }
}

/** The order without what the CA did not take; undefined when nothing is left to leave out. */
function lessen(request: OrderRequest, cause: unknown): OrderRequest | undefined {
  if (!(cause instanceof AcmeProblem) || cause.status < 400 || cause.status >= 500) return undefined;
  if (cause.type === 'invalidProfile' && request.profile !== undefined) return { ...request, profile: undefined };
  const isAboutOther = cause.status === 429 || NOT_ABOUT_REPLACES.test(cause.type);
  return request.replaces === undefined || isAboutOther ? undefined : { ...request, replaces: undefined };
}

function checkNames(order: AcmeOrder, names: readonly string[]): AcmeOrder {
  if (order.names.toSorted().join(',') === names.toSorted().join(',')) return order;
  const [asked, got] = [names.join(', '), order.names.join(', ')];
  throw new OrderError('order_invalid', `asked for ${asked}, the CA's order is for ${got}`);
}
