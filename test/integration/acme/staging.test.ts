import { glob } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { caKey } from '../../../src/certs/certificate-spec.ts';
import { problemAnswer } from '../../support/ca-extras.ts';
import { movableClock, startCaLab, type CaLab } from '../../support/ca-lab.ts';
import { startCaProxy, type CaProxy } from '../../support/ca-proxy.ts';
import { eventually } from '../../support/certificate-bench.ts';
import { startPebble } from '../../support/pebble.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A CA and a test CA behind proxies of their own, both seeing the same names. */
async function startBoth(stack: AsyncDisposableStack): Promise<{ readonly lab: CaLab; readonly staging: CaProxy }> {
  const lab = stack.adopt(await startCaLab(), (part) => part.stop());
  const { listenerCa } = lab.pebble;
  const options = { dnsServer: lab.dns.address, httpPort: lab.responder.port, listenerCa };
  const pebble = stack.adopt(await startPebble(options), (part) => part.stop());
  const staging = stack.adopt(await startCaProxy(pebble), (part) => part.stop());
  return { lab, staging };
}

const orders = (proxy: CaProxy): number => proxy.count('/order-plz');

test(
  'after a failed validation the test CA is asked until it is content, then the CA at once',
  { timeout: 60_000 },
  async () => {
    await using stack = new AsyncDisposableStack();
    const { lab, staging } = await startBoth(stack);
    const clock = movableClock();
    lab.dead.add('late.test');
    const testDirectory = { of: lab.proxy.directoryUrl, url: staging.directoryUrl };
    const run = await lab.run(['late.test'], { clock, acme: { testDirectory } });
    const failures = (count: number): Promise<void> =>
      eventually(() => expect(run.status('late.test')).toMatchObject({ state: 'failed', failures: count }));
    await failures(1);
    expect([orders(lab.proxy), orders(staging)]).toEqual([1, 0]);
    clock.advance(2 * MINUTE);
    await failures(2);
    clock.advance(10 * MINUTE);
    await failures(3);
    expect([orders(lab.proxy), orders(staging)]).toEqual([1, 2]);
    expect(run.events('cert.failed').at(-1)).toMatchObject({ fields: { directory: staging.directoryUrl } });
    lab.dead.clear();
    clock.advance(20 * MINUTE);
    await eventually(() => expect(run.serving('late.test')?.source).toBe('acme'));
    expect([orders(lab.proxy), orders(staging)]).toEqual([2, 3]);
    expect(staging.count('/certZ/')).toBe(1);
    const kept = await Array.fromAsync(
      glob('**/certs/**', { cwd: `${run.dataDir}/acme/ca/${caKey(staging.directoryUrl)}` }),
    );
    expect(kept).toEqual([]);
  },
);

test(
  'a test CA that is down or limits us holds nothing up; a limit of the CA asks no test CA',
  { timeout: 60_000 },
  async () => {
    await using stack = new AsyncDisposableStack();
    const { lab, staging } = await startBoth(stack);
    const clock = movableClock();
    const acme = { testDirectory: { of: lab.proxy.directoryUrl, url: staging.directoryUrl } };
    lab.dead.add('down.test');
    const run = await lab.run(['down.test'], { clock, acme });
    await eventually(() => expect(run.status('down.test')).toMatchObject({ failures: 1 }));
    staging.fail('/dir', { kind: 'answer', status: 503, body: 'down' });
    lab.dead.clear();
    clock.advance(2 * MINUTE);
    await eventually(() => expect(run.serving('down.test')?.source).toBe('acme'));
    await run.manager.stop();

    staging.heal();
    const limited = problemAnswer(429, 'rateLimited');
    lab.proxy.fail('/order-plz', limited, 1);
    const asked = staging.requests.length;
    const second = await lab.run(['limit.test'], { clock, acme });
    await eventually(() => expect(second.status('limit.test')).toMatchObject({ state: 'rate-limited' }));
    clock.advance(2 * HOUR);
    await eventually(() => expect(second.serving('limit.test')?.source).toBe('acme'));
    expect(staging.requests.length).toBe(asked);
  },
);

test(
  'when the test CA is content and the CA is not three times, only the CA is asked',
  { timeout: 60_000 },
  async () => {
    await using stack = new AsyncDisposableStack();
    const { lab, staging } = await startBoth(stack);
    const clock = movableClock();
    const acme = { testDirectory: { of: lab.proxy.directoryUrl, url: staging.directoryUrl } };
    lab.proxy.fail('/finalize-order/', problemAnswer(403, 'caa'));
    const run = await lab.run(['differs.test'], { clock, acme });
    const seen: (readonly number[])[] = [];
    for (const round of [1, 2, 3, 4, 5]) {
      await eventually(() => expect(run.status('differs.test')).toMatchObject({ state: 'failed', failures: round }));
      seen.push([orders(lab.proxy), orders(staging)]);
      clock.advance(3 * HOUR);
    }
    expect(seen).toEqual([
      [1, 0],
      [2, 1],
      [3, 2],
      [4, 3],
      [5, 3],
    ]);
  },
);
