import { expect, test } from 'vitest';
import { startRouterCaLab } from '../../support/router-ca-lab.ts';
import { noteRow } from '../../support/soak.ts';

const NAMES = Array.from({ length: 19 }, (_, index) => `n${index}.test`);
const WRONG = 'wrong.test';
const SOON_MS = 10_000;
const HEALS_WITHIN_MS = 60_000;

test(
  'of twenty names one leads elsewhere: the others are served within ten seconds, and that one soon after its DNS is mended',
  { timeout: 120_000 },
  async () => {
    await using lab = await startRouterCaLab();
    // Nobody listens there.
    lab.wrong.set(WRONG, ['127.0.0.2']);
    await lab.setHosts([...NAMES, WRONG]);
    const router = await lab.startRouter();
    const listeningAt = performance.now();
    const served = await Promise.all(NAMES.map((name) => lab.trusted(name, SOON_MS)));
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
