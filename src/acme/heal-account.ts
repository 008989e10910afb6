import type { Logger } from '../observe/logger.ts';
import { AcmeProblem } from './acme-error.ts';
import type { Account, CaSession } from './ca-session.ts';

/** The key is of no use there, while another one may be. A closed account is not among them: that was somebody's will. */
const USELESS_KEY = /^(accountDoesNotExist|badPublicKey|badSignatureAlgorithm)$/;

/**
 * Does something with the account, and once more after what can be mended at once: an account the CA forgot is registered
 * again with its key, and if that does not help with a new one, once a day; changed terms are agreed to.
 * `onForgotten`: what was begun with the lost account is worth nothing.
 */
export async function withAccount<T>(
  session: CaSession,
  work: (account: Account) => Promise<T>,
  options: {
    readonly directory: string;
    readonly now: () => number;
    readonly logger: Logger;
    readonly onForgotten: () => Promise<unknown>;
  },
): Promise<T> {
  const { directory, logger } = options;
  const begunAt = options.now();
  try {
    return await work(await session.account());
  } catch (cause) {
    if (!(cause instanceof AcmeProblem)) throw cause;
    if (cause.type === 'userActionRequired') {
      const facts = { directory, reason: cause.detail, terms: cause.terms, page: cause.instance };
      logger.warn(facts, 'the CA changed its terms, agreeing to them');
      if (!(await session.agreeToTerms(begunAt))) throw cause;
      return work(await session.account());
    }
    if (cause.type !== 'accountDoesNotExist') throw cause;
    logger.warn({ directory }, 'account unknown to the CA, registering its key again');
    await session.forgetAccount();
    await options.onForgotten();
  }
  try {
    return await work(await session.account());
  } catch (cause) {
    if (!(cause instanceof AcmeProblem) || !USELESS_KEY.test(cause.type) || !(await session.replaceKey())) throw cause;
    logger.warn({ directory, reason: cause.message }, 'account key of no use to the CA, making a new one');
    return work(await session.account());
  }
}
