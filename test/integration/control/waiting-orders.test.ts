import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { problemAnswer } from '../../support/ca-extras.ts';
import type { CaFault } from '../../support/ca-proxy.ts';
import { waitFor } from '../../support/lab/wait-for.ts';
import { startRouterCaLab, type RouterCaLab } from '../../support/router-ca-lab.ts';
import { isSoak, noteRow } from '../../support/soak.ts';

const NAMES = Array.from({ length: 19 }, (_, index) => `n${index}.test`);
const WRONG = 'wrong.test';
const SOON_MS = 10_000;
const HEALS_WITHIN_MS = 60_000;
const [KEPT, NEW] = ['kept.test', 'new.test'];
/** Shorter times of a CA are not believed. */
const RETRY_SECONDS = 30;

let labs: readonly [RouterCaLab, RouterCaLab];

// One after the other: their ports are found free, and taken later.
beforeAll(async () => {
  labs = [await startRouterCaLab(), await startRouterCaLab()];
}, 60_000);

afterAll(async () => {
  for (const lab of labs) await lab[Symbol.asyncDispose]();
});

// Side by side, as each waits for half a minute.
describe.concurrent('an order that waits', () => {
  test(
    'of twenty names one leads elsewhere: the others are served within ten seconds, and that one soon after its DNS is mended',
    { timeout: 120_000 },
    async () => {
      const [lab] = labs;
      // Nobody listens there.
      lab.wrong.set(WRONG, ['127.0.0.2']);
      await lab.setHosts([...NAMES, WRONG]);
      const router = await lab.startRouter();
      const listeningAt = performance.now();
      // The log, as hundreds of handshakes a second would be what it waits for.
      const obtained = (name: string): Promise<unknown> =>
        router.logged('certificate obtained', ({ names }) => String(names) === name, SOON_MS);
      await Promise.all(NAMES.map(obtained));
      const served = await Promise.all(NAMES.map((name) => lab.trusted(name)));
      const servedMs = Math.round(performance.now() - listeningAt);
      expect(served.map(({ names }) => names)).toEqual(NAMES.map((name) => `DNS:${name}`));
      await router.logged('certificate not obtained', ({ names }) => String(names) === WRONG);
      expect((await lab.look(WRONG)).issuer).toMatch(/local authority/);

      lab.wrong.delete(WRONG);
      const mendedAt = performance.now();
      await lab.trusted(WRONG, HEALS_WITHIN_MS);
      noteRow('twenty names, one wrong', { servedMs, healedMs: Math.round(performance.now() - mendedAt) });
      // One refusal, and one order for everything else.
      expect(router.records.filter(({ msg }) => msg === 'certificate not obtained')).toHaveLength(1);
      expect(lab.proxy.count('/order-plz')).toBe(NAMES.length + 2);
    },
  );

  test(
    'the time of a 429 holds over a kill: no order before it, and one soon after it',
    { timeout: 120_000 },
    async () => {
      const [, lab] = labs;
      await lab.setHosts([KEPT]);
      const first = await lab.startRouter();
      const kept = await lab.trusted(KEPT);
      const limit = {
        ...problemAnswer(429, 'rateLimited'),
        headers: { 'content-type': 'application/problem+json', 'retry-after': String(RETRY_SECONDS) },
      } as CaFault;
      lab.proxy.fail('/order-plz', limit);
      const from = lab.proxy.count('/order-plz');
      await lab.setHosts([KEPT, NEW]);
      const failed = await first.logged('certificate not obtained');
      const limitedAt = Date.parse(failed.time);
      expect(failed).toMatchObject({ names: [NEW], class: 'rate-limited', type: 'rateLimited' });
      const nextAt = Date.parse(String(failed['nextAttempt']));
      expect(nextAt - limitedAt).toBeGreaterThanOrEqual(RETRY_SECONDS * 1000 - 1000);
      lab.proxy.heal();
      first.signal('SIGKILL');
      await first.exited;

      await lab.startRouter();
      expect(await lab.look(KEPT)).toEqual(kept);
      expect((await lab.look(NEW)).issuer).toMatch(/local authority/);
      await waitFor('the next order', () => lab.proxy.count('/order-plz') > from + 1, 60_000);
      const orderedAt = Date.now();
      expect(orderedAt).toBeGreaterThanOrEqual(nextAt);
      // At its time, and not with the next look at the clocks.
      expect(orderedAt - nextAt).toBeLessThan(5000);
      await lab.trusted(NEW);
      expect(lab.proxy.count('/order-plz')).toBe(from + 2);
    },
  );
});

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
