import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createCertificateStore } from '../../../src/certs/store.ts';
import { startCaLab, type CaLab } from '../../support/ca-lab.ts';
import { eventually, wantedFor } from '../../support/certificate-bench.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

let lab: CaLab;

beforeAll(async () => {
  lab = await startCaLab();
});
afterEach(() => {
  lab.proxy.heal();
  lab.dead.clear();
});
afterAll(() => lab.stop());

test('of two routers with one store one orders, and both serve what it gets', { timeout: 40_000 }, async () => {
  const dataDir = await temporaryFolder();
  const orders = lab.proxy.count('/order-plz');
  const [one, two] = await Promise.all([lab.run(['both.test'], { dataDir }), lab.run(['both.test'], { dataDir })]);
  await eventually(() => {
    expect(one.serving('both.test')?.source).toBe('acme');
    expect(two.serving('both.test')?.id).toBe(one.serving('both.test')?.id);
  }, 30_000);
  expect(lab.proxy.count('/order-plz') - orders).toBe(1);
});

test('a renewal of one is served by the other within a minute', { timeout: 40_000 }, async () => {
  const dataDir = await temporaryFolder();
  const one = await lab.run(['later.test'], { dataDir });
  await eventually(() => expect(one.serving('later.test')?.source).toBe('acme'));
  // It serves before everything is written.
  await eventually(() => expect(one.events('cert.obtained')).toHaveLength(1));
  const two = await lab.run(['later.test'], { dataDir });
  const first = one.serving('later.test')!.id;
  expect(two.serving('later.test')?.id).toBe(first);
  await eventually(async () =>
    expect(await one.manager.renewNow(['later.test'])).toMatchObject([{ state: 'started' }]),
  );
  await eventually(() => expect(one.serving('later.test')!.id).not.toBe(first));
  two.clock.advance(60_001);
  await eventually(() => expect(two.serving('later.test')?.id).toBe(one.serving('later.test')!.id));
});

test('a failure of one holds the other back as well: the CA counts both', { timeout: 40_000 }, async () => {
  const dataDir = await temporaryFolder();
  lab.dead.add('dead.test');
  const two = await lab.run([], { dataDir });
  const one = await lab.run(['dead.test'], { dataDir });
  await eventually(() => expect(one.status('dead.test')).toMatchObject({ state: 'failed', failures: 1 }));
  const orders = lab.proxy.count('/order-plz');
  two.manager.setWanted([wantedFor('dead.test')]);
  await eventually(() => expect(two.status('dead.test')).toMatchObject({ state: 'failed', failures: 1 }));
  expect(lab.proxy.count('/order-plz')).toBe(orders);
  lab.dead.clear();
  two.clock.advance(120_000);
  await eventually(() => expect(two.serving('dead.test')?.source).toBe('acme'));
});

test('two that ask at once whether the store can be written do not trip over each other', async () => {
  const options = { dataDir: await temporaryFolder(), now: Date.now, logger: collectLogger().logger };
  const stores = [createCertificateStore(options), createCertificateStore(options)];
  for (let round = 0; round < 30; round++) {
    expect(await Promise.all(stores.map((store) => store.probe()))).toEqual([undefined, undefined]);
  }
});
