import { glob } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ariIdOf } from '../../../src/acme/renewal-info.ts';
import { createCaExtras, DAY, problemAnswer, windowAnswer } from '../../support/ca-extras.ts';
import { startCaLab, type CaLab, type LabRun } from '../../support/ca-lab.ts';
import { eventually, wantedFor } from '../../support/certificate-bench.ts';

const HOUR = 3_600_000;
let lab: CaLab;

beforeAll(async () => {
  lab = await startCaLab({ extras: createCaExtras(['classic']) });
});

afterEach(() => {
  lab.proxy.heal();
  lab.extras.renewal = () => problemAnswer(404, 'malformed');
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

/** Payloads of the orders for a name. */
const ordersFor = (name: string): readonly { readonly replaces?: string }[] =>
  lab.proxy.requests.flatMap(({ path, payload }) =>
    path === '/order-plz' && JSON.stringify(payload).includes(`"${name}"`) ? [payload as { replaces?: string }] : [],
  );

test('the CA is asked right after issuance, the time is shown, and a restart keeps it', async () => {
  const start = Date.now() + 20 * DAY;
  lab.extras.renewal = () => windowAnswer(start, start + DAY, 3 * 3600);
  const run = await lab.run(['asked.test']);
  await signed(run, 'asked.test');
  const status = await eventually(() => {
    const found = run.status('asked.test')!;
    expect(found.renewBy).toBe('ari');
    return found;
  });
  expect(status.renewAt).toBe(start + DAY / 2);
  const asked = lab.extras.asked.length;
  await run.manager.stop();

  const again = await lab.run(['asked.test'], { dataDir: run.dataDir, clock: run.clock });
  expect(again.status('asked.test')).toMatchObject({ renewAt: start + DAY / 2, renewBy: 'ari' });
  run.clock.advance(3 * HOUR - 30_000);
  again.manager.setWanted([wantedFor('asked.test'), wantedFor('beside.test')]);
  await signed(again, 'beside.test');
  expect(lab.extras.asked.slice(asked)).not.toContain(lab.extras.asked[asked - 1]);
  run.clock.advance(60_000);
  await eventually(() => expect(lab.extras.asked.slice(asked)).toContain(lab.extras.asked[asked - 1]));
});

test('a window that came is a renewal that names its predecessor, once', async () => {
  const start = Date.now() + 20 * DAY;
  lab.extras.renewal = () => windowAnswer(start, start + DAY, 3600);
  const run = await lab.run(['window.test']);
  const first = await signed(run, 'window.test');
  await eventually(() => expect(run.status('window.test')?.renewBy).toBe('ari'));
  const name = lab.extras.asked.at(-1)!;
  run.clock.advance(20 * DAY + DAY / 2 + 60_000);
  lab.extras.renewal = (ariId) =>
    ariId === name ? windowAnswer(start, start + DAY, 3600) : windowAnswer(start + 60 * DAY, start + 61 * DAY, 3600);
  await signed(run, 'window.test', first);
  expect(ordersFor('window.test').map(({ replaces }) => replaces)).toEqual([undefined, name]);
  expect(lab.extras.replaced).toContain(name);
  expect(run.events('ari.changed')).toEqual([]);
});

test('a window that is suddenly over is told of with its explanation, and the certificate renewed at once', async () => {
  const start = Date.now() + 20 * DAY;
  lab.extras.renewal = () => windowAnswer(start, start + DAY, 3600);
  const run = await lab.run(['revoked.test']);
  const first = await signed(run, 'revoked.test');
  await eventually(() => expect(run.status('revoked.test')?.renewBy).toBe('ari'));
  const name = lab.extras.asked.at(-1)!;
  lab.extras.renewal = (ariId) =>
    ariId === name
      ? windowAnswer(start - 30 * DAY, start - 29 * DAY, 3600, 'https://ca.test/incident')
      : windowAnswer(start + 30 * DAY, start + 31 * DAY, 3600);
  run.clock.advance(7 * HOUR);
  await signed(run, 'revoked.test', first);
  expect(run.events('ari.changed')).toMatchObject([
    { level: 'warn', fields: { names: ['revoked.test'], explanationUrl: 'https://ca.test/incident' } },
  ]);
  expect(ordersFor('revoked.test')).toHaveLength(2);
});

test.for([
  { name: '404', answer: () => problemAnswer(404, 'malformed') },
  { name: 'a window that is none', answer: () => windowAnswer(5, 5) },
])(
  'with $name the dates of the certificate count, and the CA is asked again in six hours',
  async ({ name, answer }) => {
    const host = `${name.replaceAll(' ', '-')}.none.test`;
    lab.extras.renewal = answer;
    const run = await lab.run([host]);
    await signed(run, host);
    const asked = await ariIdOf(run.serving(host)!.chainPem);
    const count = (): number => lab.extras.asked.filter((ariId) => ariId === asked).length;
    await eventually(async () => {
      const files = await Array.fromAsync(glob('**/renewal.json', { cwd: run.dataDir }));
      expect(files).toHaveLength(1);
    });
    expect(count()).toBe(1);
    expect(run.status(host)?.renewBy).toBe('due');
    run.clock.advance(6 * HOUR - 60_000);
    run.manager.setWanted([wantedFor(host), wantedFor(`beside.${host}`)]);
    await signed(run, `beside.${host}`);
    expect(count()).toBe(1);
    run.clock.advance(120_000);
    await eventually(() => expect(count()).toBe(2));
    const faults = run.lines.filter(({ level }) => level === 'warn' || level === 'error');
    expect(faults.filter(({ message }) => message !== 'the clock of the CA differs from ours')).toEqual([]);
  },
);

test('an order whose predecessor was replaced already is made again at once without naming it', async () => {
  const start = Date.now() + 20 * DAY;
  lab.extras.renewal = () => windowAnswer(start, start + DAY, 3600);
  const run = await lab.run(['twice.test']);
  const first = await signed(run, 'twice.test');
  await eventually(() => expect(run.status('twice.test')?.renewBy).toBe('ari'));
  (lab.extras.replaced as Set<string>).add(lab.extras.asked.at(-1)!);
  run.clock.advance(21 * DAY);
  await signed(run, 'twice.test', first);
  const replaces = ordersFor('twice.test').map((order) => order.replaces);
  expect(replaces).toEqual([undefined, expect.any(String), undefined]);
  expect(run.status('twice.test')).toMatchObject({ failures: 0, lastError: undefined });
});
