import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { startAdmin } from '../../../src/admin/admin-server.ts';
import type { CaStatus, RollOutcome } from '../../../src/certs/ca-status.ts';
import { showAccount } from '../../../src/cli/certs/account.ts';
import { adminFacts } from '../../support/admin-facts.ts';

let admin: Server | undefined;
afterEach(() => admin?.close());

async function account(
  isNewKey: boolean,
  facts: { readonly cas?: readonly CaStatus[]; readonly rolled?: RollOutcome },
): Promise<readonly [number, string]> {
  const said: string[] = [];
  admin = await startAdmin({ host: '127.0.0.1', port: 0 }, adminFacts([], facts));
  const add = (text: string): void => void said.push(text);
  const address = { host: '127.0.0.1', port: (admin.address() as AddressInfo).port };
  return [await showAccount(isNewKey, address, { out: add, err: add }), said.join('')];
}

const ca = (directory: string, url: string | undefined): CaStatus =>
  ({ directory, account: url }) as Partial<CaStatus> as CaStatus;

test('each CA with its account', async () => {
  const cas = [ca('https://one.test/dir', 'https://one.test/acct/1'), ca('https://two.test/dir', undefined)];
  expect(await account(false, { cas })).toEqual([
    0,
    'https://one.test/dir  https://one.test/acct/1\nhttps://two.test/dir  no account yet\n',
  ]);
  admin!.close();
  expect(await account(false, { cas: [] })).toEqual([1, 'sluice: no CA is in use\n']);
});

test('a new key, and why there is none', async () => {
  const url = 'https://one.test/acct/1';
  expect(await account(true, { rolled: { account: url } })).toEqual([0, `${url} has a new key\n`]);
  admin!.close();
  expect(await account(true, { rolled: { fault: 'orders are running' } })).toEqual([1, 'sluice: orders are running\n']);
});
