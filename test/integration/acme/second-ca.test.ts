import { expect, test } from 'vitest';
import { createCaExtras, DAY } from '../../support/ca-extras.ts';
import { movableClock, startCaLab, type CaLab, type LabRun, type MovableClock } from '../../support/ca-lab.ts';
import { startCaProxy, type CaProxy } from '../../support/ca-proxy.ts';
import { eventually } from '../../support/certificate-bench.ts';
import { startPebble } from '../../support/pebble.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface TwoCas {
  readonly lab: CaLab;
  readonly second: CaProxy;
  readonly clock: MovableClock;
  start(name: string, dataDir?: string): Promise<LabRun>;
}

async function startBoth(stack: AsyncDisposableStack): Promise<TwoCas> {
  const lab = stack.adopt(await startCaLab(), (part) => part.stop());
  const { listenerCa } = lab.pebble;
  const options = {
    dnsServer: lab.dns.address,
    httpPort: lab.responder.port,
    listenerCa,
    validitySeconds: 90 * 86_400,
  };
  const pebble = stack.adopt(await startPebble(options), (part) => part.stop());
  const second = stack.adopt(await startCaProxy(pebble, createCaExtras()), (part) => part.stop());
  const clock = movableClock();
  const directories = [lab.proxy.directoryUrl, second.directoryUrl];
  const start = (name: string, dataDir?: string): Promise<LabRun> =>
    lab.run([name], { clock, acme: { directories }, ...(dataDir === undefined ? {} : { dataDir }) });
  return { lab, second, clock, start };
}

const orders = (proxy: CaProxy): number => proxy.count('/order-plz');

/** Lets the time pass in small steps; what comes due in between runs to its end. */
async function pass(run: LabRun, name: string, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += MINUTE) {
    run.clock.advance(MINUTE);
    await eventually(() => {
      const { state, nextAttempt = Infinity } = run.status(name)!;
      expect(state).not.toBe('obtaining');
      expect(nextAttempt).toBeGreaterThan(run.clock.now());
    });
  }
}

test('a CA that is gone for an hour: the second one is asked, and not before', { timeout: 60_000 }, async () => {
  await using stack = new AsyncDisposableStack();
  const { lab, second, clock, start } = await startBoth(stack);
  lab.proxy.fail('/', { kind: 'reset' });
  const run = await start('gone.test');
  await eventually(() => expect(run.status('gone.test')).toMatchObject({ state: 'failed' }));
  await pass(run, 'gone.test', 58 * MINUTE);
  expect([run.serving('gone.test')?.source, second.requests.length]).toEqual(['local', 0]);
  clock.advance(5 * MINUTE);
  await eventually(() => expect(run.serving('gone.test')?.source).toBe('acme'));
  expect([orders(lab.proxy), orders(second)]).toEqual([0, 1]);

  // The first is back: the next renewal goes there, and names nothing of the other's.
  lab.proxy.heal();
  const before = run.serving('gone.test')!.id;
  clock.advance(70 * DAY);
  await eventually(() => expect(run.serving('gone.test')!.id).not.toBe(before));
  expect([orders(lab.proxy), orders(second)]).toEqual([1, 1]);
  const [order] = lab.proxy.requests.filter(({ path }) => path === '/order-plz');
  expect(order!.payload).not.toHaveProperty('replaces');
});

test(
  'with less than a sixth of its life left, a certificate waits a quarter of an hour',
  { timeout: 60_000 },
  async () => {
    await using stack = new AsyncDisposableStack();
    const { lab, second, clock, start } = await startBoth(stack);
    const first = await start('late.test');
    await eventually(() => expect(first.serving('late.test')?.source).toBe('acme'));
    const { id } = first.serving('late.test')!;
    await first.manager.stop();
    clock.advance(76 * DAY);
    lab.proxy.fail('/', { kind: 'reset' });
    const run = await start('late.test', first.dataDir);
    // What was due at the start is spread over an hour.
    clock.advance(HOUR);
    await eventually(() => expect(run.status('late.test')).toMatchObject({ failures: 1 }));
    await pass(run, 'late.test', 13 * MINUTE);
    expect([run.serving('late.test')?.id, orders(second)]).toEqual([id, 0]);
    clock.advance(10 * MINUTE);
    await eventually(() => expect(run.serving('late.test')!.id).not.toBe(id));
    expect(orders(second)).toBe(1);
    expect(second.requests.find(({ path }) => path === '/order-plz')!.payload).not.toHaveProperty('replaces');
  },
);
