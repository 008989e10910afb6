import { DEFAULT_CLIENT_LIMITS } from '../../../src/config/client-limits.ts';
import { DEFAULT_CONNECTION_LIMITS } from '../../../src/config/connection-limits.ts';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WorkerPool } from '../../../src/control/workers.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { oneService, router, server, testCertificate } from '../../support/data-plane.ts';
import { freePort } from '../../support/free-port.ts';
import { rawBackend, RawClient, type RawBackend } from '../../support/raw-http.ts';

const WORKERS = 3;
const CONNECTIONS = 24;
const CHALLENGE = { token: 'q'.repeat(24), host: 'a.test', keyAuthorization: 'q.the-thumbprint' };
const ASK_CHALLENGE = `GET /.well-known/acme-challenge/${CHALLENGE.token} HTTP/1.1\r\nHost: a.test\r\n\r\n`;
const ASK = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';

let backend: RawBackend;
let pool: WorkerPool;
let port: number;
let threads: Worker[];
let clients: RawClient[];
const noteThread = (worker: Worker) => threads.push(worker);

beforeEach(async () => {
  threads = [];
  clients = [];
  process.on('worker', noteThread);
  backend = await rawBackend((socket, received) => {
    if (received.endsWith('\r\n\r\n')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  port = await freePort();
  const addresses = [{ host: '127.0.0.1', port }];
  pool = new WorkerPool({
    config: {
      entrypoints: [{ name: 'http', addresses, transport: 'plain', redirect: undefined }],
      limits: DEFAULT_CLIENT_LIMITS,
      trustedProxies: [],
      connections: DEFAULT_CONNECTION_LIMITS,
      accessLog: 'off',
      graceMs: 3000,
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
  const snapshot = oneService([server(backend.port)], [router('Host(`a.test`)')]);
  void pool.publish(snapshot);
  pool.setStates(snapshot.services[0]!.servers.map(({ id }) => [id, 'ready'] as const));
  await pool.listen();
});

afterEach(async () => {
  process.off('worker', noteThread);
  for (const client of clients) client.close();
  await pool.stop();
  await backend.close();
});

/** Enough connections that, in all likelihood, every worker has some. */
const openMany = async () => {
  const opened = await Promise.all(Array.from({ length: CONNECTIONS }, () => RawClient.open(port)));
  clients.push(...opened);
  return opened;
};

/** What a connection answers; `undefined` when it has ended. */
const ask = async (client: RawClient, request = ASK) => {
  client.received = '';
  client.send(request);
  await client.until(() => client.hasEnded || /\r\n\r\n./.test(client.received), 'an answer');
  return client.hasEnded ? undefined : client.received.split('\r\n\r\n')[1];
};
const askAll = (list: readonly RawClient[], request?: string) =>
  Promise.all(list.map((client) => ask(client, request)));
const replaced = () => vi.waitFor(() => expect(pool.isListening).toBe(true), { timeout: 5000 });

describe('a worker that dies', () => {
  test('takes its own connections with it and no other', async () => {
    const open = await openMany();
    expect(new Set(await askAll(open))).toEqual(new Set(['ok']));
    const before = (await pool.collect()).map((report) => report.connections);
    await threads[0]!.terminate();
    const answers = await askAll(open);
    const lost = answers.filter((answer) => answer === undefined).length;
    expect(before).toContain(lost);
    expect(answers.filter((answer) => answer === 'ok')).toHaveLength(CONNECTIONS - lost);
    await replaced();
    expect(new Set(await askAll(await openMany()))).toEqual(new Set(['ok']));
  });

  test('is succeeded by one that answers alone when all the others are gone too', async () => {
    await threads[0]!.terminate();
    await replaced();
    // Those of the start; the successor is the last of the list.
    for (const thread of threads.slice(1, WORKERS)) await thread.terminate();
    expect(new Set(await askAll(await openMany()))).toEqual(new Set(['ok']));
  });
});

describe('a challenge', () => {
  test('that is acknowledged is answered by every worker, also by one that came later', async () => {
    await pool.addChallenge(CHALLENGE);
    expect(new Set(await askAll(await openMany(), ASK_CHALLENGE))).toEqual(new Set([CHALLENGE.keyAuthorization]));
    await threads[0]!.terminate();
    await replaced();
    for (const thread of threads.slice(1, WORKERS)) await thread.terminate();
    expect(new Set(await askAll(await openMany(), ASK_CHALLENGE))).toEqual(new Set([CHALLENGE.keyAuthorization]));
  });

  test('that is withdrawn is answered by none', async () => {
    await pool.addChallenge(CHALLENGE);
    pool.removeChallenge(CHALLENGE.token);
    // Messages arrive in order, so every worker has heard of it by its answer.
    await pool.collect();
    expect(await askAll(await openMany(), ASK_CHALLENGE)).not.toContain(CHALLENGE.keyAuthorization);
  });
});

test('a pause is known to a worker that came later, with the time that is left', async () => {
  pool.setPaused([['s@test', performance.now() + 60_000]]);
  await threads[0]!.terminate();
  await replaced();
  for (const thread of threads.slice(1, WORKERS)) await thread.terminate();
  const isRefused = (answer: string | undefined): boolean => answer?.startsWith('503') === true;
  expect((await askAll(await openMany())).every(isRefused)).toBe(true);
  pool.setPaused([['s@test', performance.now()]]);
  // It ends by itself.
  await vi.waitFor(async () => expect(new Set(await askAll(await openMany()))).toEqual(new Set(['ok'])));
});
