import { expect, test } from 'vitest';
import type { AcmeApi, OrderRequest } from '../../../src/acme/acme-api.ts';
import { AcmeProblem } from '../../../src/acme/acme-error.ts';
import { placeOrder } from '../../../src/acme/place-order.ts';
import { collectLogger } from '../../support/collect-logger.ts';

const problem = (type: string, status: number): AcmeProblem => new AcmeProblem({ type, status, detail: '', url: '' });
const spec = { names: ['a.test'], directory: 'https://ca.test/dir', profile: 'short', keyType: 'ec256' as const };

/** Places an order at a CA that refuses so often as there are problems; what it was asked, and what came of it. */
async function place(
  problems: readonly AcmeProblem[],
  options: { readonly hasAri?: boolean; readonly names?: string } = {},
) {
  const asked: string[] = [];
  let marked = 0;
  const left = [...problems];
  const api = {
    directory: async () => ({ renewalInfo: options.hasAri === false ? undefined : 'https://ca.test/ari' }),
    newOrder: async ({ profile, replaces }: OrderRequest) => {
      asked.push(`${profile ?? '-'} ${replaces ?? '-'}`);
      const refusal = left.shift();
      if (refusal !== undefined) throw refusal;
      return { names: [options.names ?? 'a.test'] };
    },
  } as unknown as AcmeApi;
  const predecessor = {
    nameFor: async (account: string) => (account === 'mine' ? 'old' : undefined),
    markReplaced: async () => void (marked += 1),
  };
  const account = { api, url: 'mine' };
  const outcome = await placeOrder(spec, account, { logger: collectLogger().logger, predecessor }).then(
    ({ replaces }) => `ordered ${replaces ?? '-'}`,
    (cause: Error) => cause.message,
  );
  return { asked, outcome, marked };
}

test.for([
  { name: 'all is well', problems: [], asked: ['short old'], outcome: 'ordered old' },
  {
    name: 'it was replaced already',
    problems: [problem('alreadyReplaced', 409)],
    asked: ['short old', 'short -'],
    outcome: 'ordered -',
    marked: 1,
  },
  {
    name: 'it is not known',
    problems: [problem('malformed', 400)],
    asked: ['short old', 'short -'],
    outcome: 'ordered -',
  },
  {
    name: 'another account had it',
    problems: [problem('unauthorized', 403)],
    asked: ['short old', 'short -'],
    outcome: 'ordered -',
  },
  {
    name: 'it is refused twice',
    problems: [problem('malformed', 400), problem('malformed', 400)],
    asked: ['short old', 'short -'],
    outcome: 'malformed: ',
  },
  {
    name: 'the profile is unknown',
    problems: [problem('invalidProfile', 400)],
    asked: ['short old', '- old'],
    outcome: 'ordered old',
  },
  {
    name: 'neither is taken',
    problems: [problem('invalidProfile', 400), problem('alreadyReplaced', 409)],
    asked: ['short old', '- old', '- -'],
    outcome: 'ordered -',
    marked: 1,
  },
  {
    name: 'a limit is reached',
    problems: [problem('rateLimited', 429)],
    asked: ['short old'],
    outcome: 'rateLimited: ',
  },
  {
    name: 'the account is lost',
    problems: [problem('accountDoesNotExist', 400)],
    asked: ['short old'],
    outcome: 'accountDoesNotExist: ',
  },
  {
    name: 'the CA is down',
    problems: [problem('serverInternal', 500)],
    asked: ['short old'],
    outcome: 'serverInternal: ',
  },
])('$name', async ({ problems, asked, outcome, marked = 0 }) => {
  expect(await place(problems)).toEqual({ asked, outcome, marked });
});

test('a CA without renewal information is told no predecessor', async () => {
  expect((await place([], { hasAri: false })).asked).toEqual(['short -']);
});

test('an order for other names is refused', async () => {
  expect((await place([], { names: 'b.test' })).outcome).toBe("asked for a.test, the CA's order is for b.test");
});
