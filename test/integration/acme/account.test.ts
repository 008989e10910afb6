import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { RollOutcome } from '../../../src/certs/ca-status.ts';
import { caKey } from '../../../src/certs/certificate-spec.ts';
import { problemAnswer } from '../../support/ca-extras.ts';
import { startCaLab, type CaLab, type LabRun } from '../../support/ca-lab.ts';
import { eventually, wantedFor } from '../../support/certificate-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const DAY = 86_400_000;
let lab: CaLab;

beforeAll(async () => {
  lab = await startCaLab();
});

afterEach(() => lab.proxy.heal());

afterAll(() => lab.stop());

const signed = (run: LabRun, name: string): Promise<void> =>
  eventually(() => expect(run.serving(name)?.source).toBe('acme'));

const accountFile = (dataDir: string, name = 'account.json'): string =>
  join(dataDir, 'acme', 'ca', caKey(lab.proxy.directoryUrl), name);

async function accountOf(dataDir: string): Promise<{ readonly keyPem: string; readonly url?: string }> {
  return JSON.parse(await readFile(accountFile(dataDir), 'utf8')) as { keyPem: string; url?: string };
}

async function writeAccountFile(dataDir: string, name: string, fields: object): Promise<void> {
  await mkdir(join(accountFile(dataDir), '..'), { recursive: true });
  await writeFile(accountFile(dataDir, name), JSON.stringify(fields), { mode: 0o600 });
}

/** Orders one more certificate with what is on disk and in the session. */
async function orderMore(run: LabRun, name: string): Promise<void> {
  run.manager.setWanted([wantedFor(name)]);
  await signed(run, name);
}

/** Changes the key once the orders before it have written everything. */
async function roll(run: LabRun): Promise<RollOutcome> {
  return await eventually(async () => {
    const outcome = await run.manager.rollAccountKey();
    expect(JSON.stringify(outcome)).not.toContain('orders are running');
    return outcome;
  });
}

const newAccounts = (): number => lab.proxy.count('/sign-me-up');

test('a changed e-mail changes the account and makes no new one', async () => {
  const first = await lab.run(['mail.test'], { acme: { email: 'old@example.com' } });
  await signed(first, 'mail.test');
  await first.manager.stop();
  const accounts = newAccounts();
  const acme = { email: 'new@example.com' };
  const second = await lab.run(['mail.test', 'mail-b.test'], { dataDir: first.dataDir, clock: first.clock, acme });
  await signed(second, 'mail-b.test');
  expect(newAccounts()).toBe(accounts);
  const changes = lab.proxy.requests.filter(({ payload }) => JSON.stringify(payload)?.includes('new@example.com'));
  expect(changes).toMatchObject([{ path: new URL((await accountOf(first.dataDir)).url!).pathname }]);
  expect(second.manager.cas()).toMatchObject([
    { account: (await accountOf(first.dataDir)).url, contact: ['mailto:new@example.com'] },
  ]);
  await second.manager.stop();
  const third = await lab.run(['mail-c.test'], { dataDir: first.dataDir, clock: first.clock, acme });
  await signed(third, 'mail-c.test');
  expect(lab.proxy.requests.filter(({ payload }) => JSON.stringify(payload)?.includes('new@example.com'))).toEqual(
    changes,
  );
});

test.for([{ type: 'pkcs1' as const }, { type: 'pkcs8' as const }])(
  'an RSA account key of another program signs ($type)',
  async ({ type }) => {
    const dataDir = await temporaryFolder();
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const keyPem = privateKey.export({ type, format: 'pem' });
    const record = { v: 1, directory: lab.proxy.directoryUrl, keyPem, contact: [], createdAt: 1 };
    await writeAccountFile(dataDir, 'account.json', record);
    const run = await lab.run([`rsa-${type}.test`], { dataDir });
    await signed(run, `rsa-${type}.test`);
    expect((await accountOf(dataDir)).keyPem).toBe(keyPem);
  },
);

test('the account gets a new key, and goes on as the same account, over a restart too', async () => {
  const run = await lab.run(['roll.test']);
  await signed(run, 'roll.test');
  const before = await accountOf(run.dataDir);
  const accounts = newAccounts();
  expect(await roll(run)).toEqual({ account: before.url });
  const after = await accountOf(run.dataDir);
  expect(after.url).toBe(before.url);
  expect(after.keyPem).not.toBe(before.keyPem);
  await orderMore(run, 'roll-b.test');
  await run.manager.stop();
  const again = await lab.run(['roll-c.test'], { dataDir: run.dataDir, clock: run.clock });
  await signed(again, 'roll-c.test');
  expect(newAccounts()).toBe(accounts);
});

test('a change of key whose answer was lost is found out with the next order', async () => {
  const run = await lab.run(['lost.test']);
  await signed(run, 'lost.test');
  const before = await accountOf(run.dataDir);
  lab.proxy.fail('/rollover-account-key', { kind: 'lose' }, 1);
  expect(await roll(run)).toMatchObject({ fault: expect.any(String) });
  const { keyPem } = JSON.parse(await readFile(accountFile(run.dataDir, 'account.next.json'), 'utf8')) as {
    keyPem: string;
  };
  await orderMore(run, 'lost-b.test');
  expect(await accountOf(run.dataDir)).toMatchObject({ url: before.url, keyPem });
  await expect(readFile(accountFile(run.dataDir, 'account.next.json'))).rejects.toThrow('ENOENT');
});

test('a router that ended between the next key and the call finishes the change when it is back', async () => {
  const first = await lab.run(['ended.test']);
  await signed(first, 'ended.test');
  await first.manager.stop();
  const { url } = await accountOf(first.dataDir);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  await writeAccountFile(first.dataDir, 'account.next.json', { keyPem });
  const second = await lab.run(['ended-b.test'], { dataDir: first.dataDir, clock: first.clock });
  await signed(second, 'ended-b.test');
  expect(await accountOf(first.dataDir)).toMatchObject({ url, keyPem });
});

test('a change of key that the CA refuses leaves the old one in use', async () => {
  const run = await lab.run(['refused.test']);
  await signed(run, 'refused.test');
  const before = await accountOf(run.dataDir);
  lab.proxy.fail('/rollover-account-key', problemAnswer(409, 'conflict'), 1);
  expect(await roll(run)).toEqual({ fault: 'refused: conflict' });
  expect(await accountOf(run.dataDir)).toEqual(before);
  await orderMore(run, 'refused-b.test');
});

test('a closed account is the operator’s: no new one is made', async () => {
  const run = await lab.run(['closed.test']);
  await signed(run, 'closed.test');
  const accounts = newAccounts();
  lab.proxy.fail('/order-plz', problemAnswer(403, 'unauthorized', { detail: 'account is deactivated' }));
  run.manager.setWanted([wantedFor('closed-b.test')]);
  await eventually(() => expect(run.status('closed-b.test')).toMatchObject({ state: 'failed' }));
  const status = run.status('closed-b.test')!;
  expect(status.lastError).toMatchObject({ type: 'unauthorized', detail: 'account is deactivated' });
  expect(status.nextAttempt! - status.lastError!.at!).toBe(DAY);
  expect(newAccounts()).toBe(accounts);
});

test('changed terms are agreed to once, and the order is made again', async () => {
  const run = await lab.run(['terms.test']);
  await signed(run, 'terms.test');
  const { url } = await accountOf(run.dataDir);
  const instance = 'https://ca.test/agree';
  // Both are refused before the terms are agreed to.
  const asked = Promise.withResolvers<void>();
  const before = lab.proxy.count('/order-plz');
  lab.proxy.fail('/order-plz', { ...problemAnswer(403, 'userActionRequired', { instance }), after: asked.promise }, 2);
  run.manager.setWanted([wantedFor('terms-b.test'), wantedFor('terms-d.test')]);
  await eventually(() => expect(lab.proxy.count('/order-plz')).toBe(before + 2));
  asked.resolve();
  await signed(run, 'terms-b.test');
  await signed(run, 'terms-d.test');
  const agreed = (): readonly unknown[] =>
    lab.proxy.requests.filter(
      ({ path, payload }) => url!.endsWith(path) && JSON.stringify(payload)?.startsWith('{"termsOfServiceAgreed":true'),
    );
  expect(agreed()).toHaveLength(1);
  expect(run.lines.filter(({ fields }) => fields['page'] === instance)).toHaveLength(2);

  lab.proxy.fail('/order-plz', problemAnswer(403, 'userActionRequired', { instance }));
  run.manager.setWanted([wantedFor('terms-c.test')]);
  await eventually(() => expect(run.status('terms-c.test')?.state).toBe('failed'));
  expect(run.status('terms-c.test')?.lastError?.detail).toContain(instance);
  expect(agreed()).toHaveLength(1);
});

test('a key that is of no use any more is replaced, once a day', async () => {
  const run = await lab.run(['useless.test']);
  await signed(run, 'useless.test');
  const before = await accountOf(run.dataDir);
  const forgotten = problemAnswer(400, 'accountDoesNotExist');
  lab.proxy.fail('/order-plz', forgotten);
  run.manager.setWanted([wantedFor('useless-b.test')]);
  await eventually(() => expect(run.status('useless-b.test')).toMatchObject({ failures: 1 }));
  expect((await accountOf(run.dataDir)).keyPem).toBe(before.keyPem);
  lab.proxy.heal();
  lab.proxy.fail('/order-plz', forgotten, 2);
  run.clock.advance(DAY + 60_000);
  await signed(run, 'useless-b.test');
  expect((await accountOf(run.dataDir)).keyPem).not.toBe(before.keyPem);
});
