import { expect, test } from 'vitest';
import { problemAnswer } from '../../support/ca-extras.ts';
import type { CaFault } from '../../support/ca-proxy.ts';
import { waitFor } from '../../support/lab/wait-for.ts';
import { startRouterCaLab } from '../../support/router-ca-lab.ts';
import { isSoak } from '../../support/soak.ts';

const [KEPT, NEW] = ['kept.test', 'new.test'];
const RETRY_SECONDS = 8;

function limited(seconds: number): CaFault {
  return { ...problemAnswer(429, 'rateLimited'), headers: { 'retry-after': String(seconds) } } as CaFault;
}

test(
  'the time of a 429 holds over a kill: no order before it, and one soon after it',
  { timeout: 60_000 },
  async () => {
    await using lab = await startRouterCaLab();
    await lab.setHosts([KEPT]);
    const first = await lab.startRouter();
    const kept = await lab.trusted(KEPT);
    lab.proxy.fail('/order-plz', limited(RETRY_SECONDS));
    const from = lab.proxy.count('/order-plz');
    await lab.setHosts([KEPT, NEW]);
    const failed = await first.logged('certificate not obtained');
    const limitedAt = Date.parse(failed.time);
    expect(failed).toMatchObject({ names: [NEW], class: 'rate-limited' });
    const nextAt = Date.parse(String(failed['nextAttempt']));
    expect(nextAt - limitedAt).toBeGreaterThanOrEqual(RETRY_SECONDS * 1000 - 1000);
    lab.proxy.heal();
    first.signal('SIGKILL');
    await first.exited;

    await lab.startRouter();
    expect(await lab.look(KEPT)).toEqual(kept);
    expect((await lab.look(NEW)).issuer).toMatch(/local authority/);
    await waitFor('the next order', () => lab.proxy.count('/order-plz') > from + 1, 30_000);
    const orderedAt = Date.now();
    expect(orderedAt).toBeGreaterThanOrEqual(nextAt);
    // At its time, and not with the next look at the clocks.
    expect(orderedAt - nextAt).toBeLessThan(5000);
    await lab.trusted(NEW);
    expect(lab.proxy.count('/order-plz')).toBe(from + 2);
  },
);

/** Each waits for the CA's silence to be one, and for the second attempt: too long but for the full counts. */
const OUTAGES: readonly { readonly name: string; readonly fault: CaFault; readonly type: string }[] = [
  { name: 'hangs', fault: { kind: 'hang' }, type: 'timeout' },
  {
    name: 'shows a page of its load balancer',
    fault: { kind: 'answer', status: 503, headers: { 'content-type': 'text/html' }, body: '<h1>sorry</h1>' },
    type: 'http_503',
  },
  {
    name: 'answers garbage',
    fault: { kind: 'answer', status: 200, headers: { 'content-type': 'application/json' }, body: '{"newNonce":' },
    type: 'garbage',
  },
];

test.for(isSoak ? OUTAGES : [])(
  'a CA that $name costs nobody anything but the new name, and is asked again',
  { timeout: 120_000 },
  async ({ fault, type }) => {
    await using lab = await startRouterCaLab({ pebble: { nonceRejectPercent: 50 } });
    await lab.setHosts([KEPT]);
    const router = await lab.startRouter();
    const kept = await lab.trusted(KEPT);
    lab.proxy.fail('/', fault);
    await lab.setHosts([KEPT, NEW]);
    const failed = await router.logged('certificate not obtained', undefined, 30_000);
    expect(failed).toMatchObject({ names: [NEW], class: 'transient', type });
    expect(await lab.look(KEPT)).toEqual(kept);
    expect((await lab.look(NEW)).issuer).toMatch(/local authority/);
    const asked = lab.proxy.requests.length;
    lab.proxy.heal();
    // It is left alone meanwhile, and half of its nonces are bad when it is back.
    await waitFor('the next request', () => lab.proxy.requests.length > asked, 60_000);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(String(failed['nextAttempt'])));
    await lab.trusted(NEW);
    expect(router.records.filter(({ msg }) => msg === 'certificate not obtained')).toHaveLength(1);
  },
);
