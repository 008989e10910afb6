import { randomInt, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type CertificateStore, createCertificateStore } from '../../../src/certs/store.ts';
import type { CaRequest } from '../../support/ca-proxy.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { startRouterCaLab } from '../../support/router-ca-lab.ts';
import { count, isSoak, noteRow } from '../../support/soak.ts';

const KILLS = count(6, 30);
/** An order takes about half a second behind the change of the file. */
const WITHIN_MS = 1500;
/** Every write of an order, or a few of them, other ones each time. */
const EACH = count(24, 1);
const FIRST = isSoak ? 1 : randomInt(1, EACH);
const PRELOAD = fileURLToPath(new URL('../../support/die-at-write.ts', import.meta.url));

interface Traffic {
  readonly orders: number;
  readonly finalized: number;
  /** URLs of certificates that were fetched. */
  readonly certificates: number;
}

function trafficOf(requests: readonly CaRequest[]): Traffic {
  const paths = (start: string): readonly string[] =>
    requests.flatMap(({ path }) => (path.startsWith(start) ? [path] : []));
  return {
    orders: paths('/order-plz').length,
    finalized: paths('/finalize-order/').length,
    certificates: new Set(paths('/certZ/')).size,
  };
}

test(
  'killed at any moment of an order: the next start serves what there was and ends what was begun',
  { timeout: 60_000 + KILLS * 10_000 },
  async () => {
    await using lab = await startRouterCaLab();
    await lab.setHosts(['kept.test']);
    let router = await lab.startRouter();
    const kept = await lab.trusted('kept.test');
    let resumed = 0;
    let again = 0;
    for (let n = 0; n < KILLS; n++) {
      const name = `n${n}.test`;
      const from = lab.proxy.requests.length;
      await lab.setHosts(['kept.test', name]);
      const waitMs = randomInt(WITHIN_MS);
      await delay(waitMs);
      router.signal('SIGKILL');
      await router.exited;
      router = await lab.startRouter();
      // From the first handshake.
      expect(await lab.look('kept.test')).toEqual(kept);
      await lab.trusted(name);
      const traffic = trafficOf(lab.proxy.requests.slice(from));
      expect({ name, waitMs, ...traffic }).toMatchObject({ finalized: 1, certificates: 1 });
      // One that was killed between an order and its record leaves it to the CA.
      expect(traffic.orders).toBeLessThanOrEqual(2);
      again += traffic.orders - 1;
      resumed += router.records.filter(({ msg }) => msg === 'order resumed').length;
      expect(router.records.filter(({ msg }) => /damaged|store fails/.test(msg))).toEqual([]);
    }
    noteRow('killed while ordering', { kills: KILLS, resumed, orderedAgain: again });
  },
);

test(
  'killed at every write of the store: it is read again, the name is served, and nothing is paid for twice',
  { timeout: 60_000 + (200 / EACH) * 15_000 },
  async () => {
    await using lab = await startRouterCaLab();
    let kills = 0;
    let again = 0;
    for (let at = FIRST; ; at += EACH) {
      const name = `w${at}.test`;
      const dataDir = join(lab.folder, `data-${at}`);
      const from = lab.proxy.requests.length;
      await lab.setHosts([name]);
      const env = { DIE_AT: String(at), DIE_BELOW: join(dataDir, 'acme') };
      const router = await lab.startRouter({ dataDir, nodeFlags: ['--import', PRELOAD], env });
      await Promise.race([lab.trusted(name).catch(() => undefined), router.exited]);
      const { signal } = await router.stop();
      expect((await loadStore(dataDir)).issues).toEqual([]);
      if (signal !== 'SIGKILL') break;
      kills += 1;
      const next = await lab.startRouter({ dataDir });
      const served = await lab.trusted(name);
      const traffic = trafficOf(lab.proxy.requests.slice(from));
      expect({ at, ...traffic }).toMatchObject({ finalized: 1, certificates: 1 });
      expect(traffic.orders).toBeLessThanOrEqual(2);
      again += traffic.orders - 1;
      await next.stop();
      expect(next.records.filter(({ msg }) => /damaged|store fails/.test(msg))).toEqual([]);
      const { entries, issues } = await loadStore(dataDir);
      expect(issues).toEqual([]);
      const leaf = new X509Certificate(entries[0]!.current!.certificate.chainPem);
      expect([leaf.serialNumber, entries[0]!.pending]).toEqual([served.serial, undefined]);
    }
    noteRow('killed at a write', { kills, first: FIRST, each: EACH, orderedAgain: again });
    expect(kills).toBeGreaterThan(1);
  },
);

/** What the next start would find. */
function loadStore(dataDir: string): ReturnType<CertificateStore['load']> {
  const { logger } = collectLogger();
  return createCertificateStore({ dataDir, now: Date.now, logger, readOnly: true }).load();
}
