import { createPrivateKey } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { problemAnswer } from '../../support/ca-extras.ts';
import { startCaLab, type CaLab, type LabRun } from '../../support/ca-lab.ts';
import { eventually, wantedFor } from '../../support/certificate-bench.ts';

let lab: CaLab;

beforeAll(async () => {
  lab = await startCaLab();
});

afterEach(() => {
  lab.proxy.heal();
  lab.dead.clear();
});

afterAll(() => lab.stop());

async function signed(run: LabRun, name: string, before?: string): Promise<string> {
  return eventually(() => {
    const found = run.serving(name);
    expect(found?.source).toBe('acme');
    expect(found?.id).not.toBe(before);
    return found!.id;
  });
}

test('a certificate is ordered again on request, and a second request joins the first', async () => {
  const run = await lab.run([wantedFor('now-a.test', 'now-b.test')]);
  const first = await signed(run, 'now-a.test');
  const names = ['now-a.test', 'now-b.test'];
  // It serves before everything is written.
  await eventually(() => expect(run.events('cert.obtained')).toHaveLength(1));
  const outcomes = run.manager.renewNow(['now-b.test']);
  expect(await outcomes).toEqual([{ names, state: 'started' }]);
  expect(await run.manager.renewNow(['now-a.test'])).toEqual([{ names, state: 'running' }]);
  await signed(run, 'now-a.test', first);
  await eventually(() => {
    expect(run.events('cert.obtained')).toMatchObject([{ fields: { renewal: false } }, { fields: { renewal: true } }]);
  });
  expect(run.manager.cas()).toMatchObject([
    { directory: lab.proxy.directoryUrl, limitedUntil: undefined, counters: { ordersObtained: 2, ordersFailed: {} } },
  ]);
  expect(run.manager.cas()[0]!.counters.requests['200']).toBeGreaterThan(5);
});

test('a request forgets the failures before it', async () => {
  lab.dead.add('mended.test');
  const run = await lab.run(['mended.test']);
  await eventually(() => expect(run.status('mended.test')).toMatchObject({ state: 'failed', failures: 1 }));
  expect(run.manager.cas()[0]!.counters.ordersFailed).toEqual({ validation: 1 });
  lab.dead.clear();
  await run.manager.renewNow(['mended.test']);
  await signed(run, 'mended.test');
  expect(run.status('mended.test')).toMatchObject({ failures: 0 });
});

test('what cannot be ordered is said', async () => {
  const internal = { names: ['in.test'], issuer: 'internal' as const, routers: [] };
  const run = await lab.run([internal, 'limited.test']);
  await signed(run, 'limited.test');
  await eventually(() => expect(run.events('cert.obtained')).toHaveLength(1));
  expect(await run.manager.renewNow(['nobody.test', 'in.test'])).toEqual([
    { fault: 'no router wants a certificate for nobody.test' },
    { fault: 'in.test: the local authority signs it' },
  ]);
  const detail = 'too many new orders (300) from this account';
  lab.proxy.fail('/order-plz', problemAnswer(429, 'rateLimited', { detail }));
  await run.manager.renewNow(['limited.test']);
  await eventually(() => expect(run.manager.cas()[0]!.limitedUntil).toBeDefined());
  await eventually(async () => {
    const [outcome] = await run.manager.renewNow(['limited.test']);
    expect(outcome).toEqual({ fault: expect.stringMatching(/^the CA takes no orders before 20/) });
  });
});

test('the time that the CA gave for one certificate is waited for', async () => {
  const until = new Date(Date.now() + 3_600_000).toISOString().replace('T', ' ').slice(0, 19);
  const detail = `too many certificates (5) already issued for this exact set, retry after ${until} UTC`;
  lab.proxy.fail('/order-plz', problemAnswer(429, 'rateLimited', { detail }));
  const run = await lab.run(['exact.test']);
  await eventually(() => expect(run.status('exact.test')?.state).toBe('rate-limited'));
  const orders = lab.proxy.count('/order-plz');
  lab.proxy.heal();
  expect(await run.manager.renewNow(['exact.test'])).toEqual([
    { fault: expect.stringMatching(/^the CA takes no orders before 20/) },
  ]);
  run.clock.advance(2 * 3_600_000);
  await signed(run, 'exact.test');
  expect(lab.proxy.count('/order-plz')).toBe(orders + 1);
});

test.for([
  { keyType: 'ec384' as const, kind: 'ec', details: { namedCurve: 'secp384r1' } },
  { keyType: 'rsa2048' as const, kind: 'rsa', details: { modulusLength: 2048 } },
])('a certificate for a key of type $keyType', async ({ keyType, kind, details }) => {
  const run = await lab.run([`${keyType}.test`], { acme: { keyType } });
  await signed(run, `${keyType}.test`);
  const key = createPrivateKey(run.serving(`${keyType}.test`)!.keyPem);
  expect(key.asymmetricKeyType).toBe(kind);
  expect(key.asymmetricKeyDetails).toMatchObject(details);
  await run.manager.stop();
  const again = await lab.run([`${keyType}.test`], { dataDir: run.dataDir, clock: run.clock, acme: { keyType } });
  expect(again.status(`${keyType}.test`)).toMatchObject({ state: 'ok' });
});
