import type { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test, vi } from 'vitest';
import { DEFAULT_CLIENT_LIMITS } from '../../../src/config/client-limits.ts';
import type { ConnectionLimits } from '../../../src/config/connection-limits.ts';
import { WorkerPool } from '../../../src/control/workers.ts';
import type { FromWorker } from '../../../src/protocol.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { testCertificate } from '../../support/data-plane.ts';
import { freePort } from '../../support/free-port.ts';
import { RawClient } from '../../support/raw-http.ts';

interface Pool {
  readonly pool: WorkerPool;
  readonly messages: readonly FromWorker[];
  /** A client that stays; undefined when it was turned away. */
  come(): Promise<RawClient | undefined>;
}

/** Four workers that share these limits; the kernel spreads connections over them as it likes. */
async function start(connections: ConnectionLimits): Promise<Pool> {
  const port = await freePort();
  const messages: FromWorker[] = [];
  const addresses = [{ host: '127.0.0.1', port }];
  const pool = new WorkerPool({
    config: {
      entrypoints: [{ name: 'http', addresses, transport: 'plain', redirect: undefined }],
      limits: DEFAULT_CLIENT_LIMITS,
      trustedProxies: [],
      connections,
      accessLog: 'off',
      graceMs: 100,
      workers: 4,
    },
    memoryBound: Infinity,
    stickyKey: new Uint8Array(32),
    defaultCertificate: (await testCertificate()).certificate,
    certificates: [],
    logger: collectLogger().logger,
    onMessage: (message) => void messages.push(message),
  });
  const clients: RawClient[] = [];
  onTestFinished(async () => {
    for (const client of clients) client.close();
    await pool.stop();
  });
  pool.start();
  await pool.listen();
  return {
    pool,
    messages,
    come: async () => {
      const client = await RawClient.open(port);
      clients.push(client);
      // No router is there: whoever is let in hears 404 and may stay.
      client.send('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
      await client.until(() => client.hasEnded || client.received.includes('\r\n\r\n'), 'an answer or an end');
      return client.received.startsWith('HTTP/1.1 404') ? client : undefined;
    },
  };
}

const threads = (pool: WorkerPool): Worker[] => {
  const { threads: map } = pool as unknown as { readonly threads: Map<number, { readonly worker: Worker }> };
  return [...map.values()].map((thread) => thread.worker);
};

test.for<{ limits: ConnectionLimits }>([
  { limits: { total: 10, perAddress: 0 } },
  { limits: { total: 0, perAddress: 10 } },
])('exactly as many come in as are allowed, whichever worker they meet: $limits', async ({ limits }) => {
  const { come } = await start(limits);
  const clients: (RawClient | undefined)[] = [];
  for (let i = 0; i < 14; i++) clients.push(await come());
  expect(clients.map((client) => client !== undefined)).toEqual([
    ...Array<boolean>(10).fill(true),
    ...Array<boolean>(4).fill(false),
  ]);
  clients[3]!.close();
  await vi.waitFor(async () => expect(await come()).toBeDefined(), { timeout: 3000 });
  expect(await come()).toBeUndefined();
});

test('the connections of a worker that died are forgotten, those of the others are not', async () => {
  const { pool, come } = await start({ total: 0, perAddress: 12 });
  const clients = [];
  for (let i = 0; i < 12; i++) clients.push((await come())!);
  expect(await come()).toBeUndefined();
  await threads(pool)[0]!.terminate();
  await vi.waitFor(() => expect(pool.isListening).toBe(true), { timeout: 5000 });
  const left = clients.filter((client) => !client.hasEnded).length;
  for (let count = left; count < 12; count++) expect(await come()).toBeDefined();
  expect(await come()).toBeUndefined();
});
