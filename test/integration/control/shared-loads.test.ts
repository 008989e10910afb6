import { afterEach, beforeEach, expect, test } from 'vitest';
import { DEFAULT_CLIENT_LIMITS } from '../../../src/config/client-limits.ts';
import { DEFAULT_CONNECTION_LIMITS } from '../../../src/config/connection-limits.ts';
import { WorkerPool } from '../../../src/control/workers.ts';
import type { ServerState } from '../../../src/protocol.ts';
import type { Snapshot } from '../../../src/routing/snapshot.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { oneService, router, server, testCertificate } from '../../support/data-plane.ts';
import { freePort } from '../../support/free-port.ts';
import { RawClient } from '../../support/raw-http.ts';
import { ScriptedBackend } from '../../support/scripted-backend.ts';

const WORKERS = 2;

let backends: readonly ScriptedBackend[];
let pool: WorkerPool;
let port: number;
const clients: RawClient[] = [];

beforeEach(async () => {
  // They keep every request.
  backends = await Promise.all([0, 1].map(() => new ScriptedBackend(() => {}).listen()));
  port = await freePort();
  pool = new WorkerPool({
    config: {
      entrypoints: [
        { name: 'http', addresses: [{ host: '127.0.0.1', port }], transport: 'plain', redirect: undefined },
      ],
      limits: DEFAULT_CLIENT_LIMITS,
      trustedProxies: [],
      connections: DEFAULT_CONNECTION_LIMITS,
      accessLog: 'off',
      graceMs: 100,
      workers: WORKERS,
    },
    memoryBound: Infinity,
    stickyKey: new Uint8Array(32),
    defaultCertificate: (await testCertificate()).certificate,
    certificates: [],
    logger: collectLogger().logger,
    onMessage: () => {},
  });
  pool.start();
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await pool.stop();
  await Promise.all(backends.map((backend) => backend.refuse()));
});

/** Sends requests that nobody answers, and waits until each is at a server. */
async function hold(count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const before = held().reduce((sum, one) => sum + one, 0);
    const client = await RawClient.open(port);
    clients.push(client);
    client.send('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    await client.until(() => held().reduce((sum, one) => sum + one, 0) > before, 'the request at a server');
  }
}

const held = (): readonly number[] =>
  backends.map(({ connections }) => [...connections].filter(({ received }) => received !== '').length);

test('least connections goes by the requests of all workers', async () => {
  const servers = backends.map((backend) => server(backend.port));
  const one = oneService(servers, [router('Host(`a.test`)')]);
  const balance = { strategy: 'leastconn', slowStartMs: 0 } as const;
  const snapshot: Snapshot = { ...one, services: one.services.map((service) => ({ ...service, balance })) };
  const judge = (states: readonly ServerState[]): void =>
    pool.setStates(servers.map(({ id }, index) => [id, states[index]!] as const));
  await pool.publish(snapshot);
  judge(['ready', 'draining']);
  await pool.listen();
  await hold(12);
  expect(held()).toEqual([12, 0]);
  judge(['ready', 'ready']);
  // Answered behind the states, by every worker.
  await pool.collect();
  // A worker that knew of its own requests only would send some to the first, unless each got as many as before.
  await hold(12);
  expect(held()).toEqual([12, 12]);
});
