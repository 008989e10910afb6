import { expect, test } from 'vitest';
import { startRouterCaLab } from '../../support/router-ca-lab.ts';
import { createSiteClient } from '../../support/site-client.ts';
import { failuresOf, startSteadyLoad } from '../../support/steady-load.ts';
import { count, isSoak, noteRow } from '../../support/soak.ts';
import { call } from '../../support/tls-client.ts';

const NAME = 'short.test';
const RENEWALS = count(2, 50);
const LIFE_SECONDS = count(24, 60);
const PER_SECOND = count(20, 50);
const KEPT_EACH_MS = 250;

test(
  'a certificate of a short life is renewed under load: nobody is refused, and none sees an expired one',
  { timeout: 60_000 + RENEWALS * LIFE_SECONDS * 1000 },
  async () => {
    await using lab = await startRouterCaLab({ pebble: { validitySeconds: LIFE_SECONDS } });
    await lab.setHosts([NAME]);
    const router = await lab.startRouter();
    await lab.trusted(NAME);
    const at = router.https;
    const seen = new Set<string>();
    const refused: unknown[] = [];
    let handshakes = 0;
    let answers = 0;
    using client = createSiteClient({ at, name: NAME, caPem: lab.rootPem });
    await using load = startSteadyLoad(client, '/', PER_SECOND);
    const kept = await call(router.ports.https, { servername: NAME });
    const deadline = performance.now() + RENEWALS * LIFE_SECONDS * 1000;
    let askedAt = performance.now();
    while (seen.size <= RENEWALS && performance.now() < deadline) {
      // A fresh connection each time, and the client judges dates, chain and name.
      const served = await lab.look(NAME).catch((error: unknown) => ({ serial: '', isTrusted: false, error }));
      handshakes += 1;
      if (served.isTrusted) seen.add(served.serial);
      else refused.push(served);
      // Few enough that the connection is not full (T8).
      if (performance.now() - askedAt < KEPT_EACH_MS) continue;
      askedAt = performance.now();
      expect(await kept.ask(NAME)).toBe(200);
      answers += 1;
    }
    kept.close();
    const outcomes = await load.stop();
    const row = { renewals: seen.size - 1, life: LIFE_SECONDS, handshakes, kept: answers, requests: outcomes.length };
    noteRow('short lives', { ...row, refused: refused.length, failed: failuresOf(outcomes).length });
    expect(refused).toEqual([]);
    expect(failuresOf(outcomes)).toEqual([]);
    expect(seen.size - 1).toBe(RENEWALS);
    expect(handshakes).toBeGreaterThan(isSoak ? 10_000 : 100);
    // Each renewal is one order, and none is made before its time.
    expect(lab.pebble.orderCount() - seen.size).toBeLessThanOrEqual(1);
    expect(router.records.filter(({ msg, level }) => level === 'error' || msg === 'certificate not obtained')).toEqual(
      [],
    );
  },
);
