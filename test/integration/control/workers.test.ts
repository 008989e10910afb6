import { DEFAULT_CLIENT_LIMITS } from '../../../src/config/client-limits.ts';
import { DEFAULT_CONNECTION_LIMITS } from '../../../src/config/connection-limits.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Worker } from 'node:worker_threads';
import type { FromWorker } from '../../../src/protocol.ts';
import { WorkerPool } from '../../../src/control/workers.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { oneService, router, server, testCertificate } from '../../support/data-plane.ts';
import { freePort } from '../../support/free-port.ts';
import { RawClient, rawBackend, type RawBackend } from '../../support/raw-http.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const WORKERS = 2;

let backend: RawBackend;
let respond: (write: () => void) => void;
let pool: WorkerPool;
let port: number;
let log: ReturnType<typeof collectLogger>;
const clients: RawClient[] = [];

beforeEach(async () => {
  respond = (write) => write();
  backend = await rawBackend((socket, received) => {
    if (received.endsWith('\r\n\r\n')) respond(() => socket.write(OK));
  });
  port = await freePort();
  log = collectLogger();
  pool = new WorkerPool({
    config: {
      entrypoints: [
        { name: 'http', addresses: [{ host: '127.0.0.1', port }], transport: 'plain', redirect: undefined },
      ],
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
    logger: log.logger,
    onMessage: () => {},
  });
  pool.start();
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await pool.stop();
  await backend.close();
});

async function open(): Promise<RawClient> {
  const client = await RawClient.open(port);
  clients.push(client);
  return client;
}

async function ask(): Promise<string> {
  const client = await open();
  client.send(GET);
  await client.until(() => client.received.endsWith('\r\n\r\nok') || client.hasEnded, 'the response');
  return client.received.slice(9, 12);
}

async function serve(): Promise<void> {
  const snapshot = oneService([server(backend.port)], [router('Host(`a.test`)')]);
  void pool.publish(snapshot);
  pool.setStates(snapshot.services[0]!.servers.map(({ id }) => [id, 'ready'] as const));
  await pool.listen();
}

/** The threads themselves: a test ends one as a crash would. */
const threads = (): Worker[] => {
  const { threads: map } = pool as unknown as { readonly threads: Map<number, { readonly worker: Worker }> };
  return [...map.values()].map((thread) => thread.worker);
};

describe('a worker that dies', () => {
  test('is replaced within a second or so, with routes and states, and the others go on', async () => {
    await serve();
    const [first] = threads();
    await first!.terminate();
    expect(pool.isListening).toBe(false);
    await vi.waitFor(() => expect(pool.isListening).toBe(true), { timeout: 5000 });
    // Each connection may land on either worker; the new one must know all the old one knew.
    for (let i = 0; i < 20; i++) expect(await ask()).toBe('200');
    expect(log.lines.some((line) => line.message === 'worker died')).toBe(true);
  });

  test('before the listeners are open does not hold up the start', async () => {
    const [first] = threads();
    await first!.terminate();
    await serve();
    expect([pool.isListening, await ask()]).toEqual([true, '200']);
  });

  test('does not make the CA wait for it', async () => {
    await serve();
    const added = pool.addChallenge({ token: 't'.repeat(20), host: 'a.test', keyAuthorization: 'k' });
    await threads()[0]!.terminate();
    await added;
    const client = await open();
    client.send(`GET /.well-known/acme-challenge/${'t'.repeat(20)} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
    await client.until(() => client.received.endsWith('\r\n\r\nk'), 'the challenge answer');
  });

  test('does not hold up the counters of the others', async () => {
    await serve();
    const collected = pool.collect();
    await threads()[0]!.terminate();
    expect((await collected).length).toBeGreaterThanOrEqual(1);
  });
});

describe('a stop', () => {
  test('lets a running request finish', async () => {
    await serve();
    const asked = Promise.withResolvers<() => void>();
    respond = asked.resolve;
    const client = await open();
    client.send(GET);
    const write = await asked.promise;
    const stopped = pool.stop();
    await vi.waitFor(() => expect(RawClient.open(port)).rejects.toThrow('ECONNREFUSED'), { timeout: 3000 });
    write();
    await client.until(() => client.received.endsWith('\r\n\r\nok'), 'the response');
    await stopped;
    expect(client.received).toContain('Connection: close\r\n');
  });

  test('ends at once when nothing runs, idle connections included', async () => {
    await serve();
    const client = await open();
    client.send(GET);
    await client.until(() => client.received.endsWith('ok'), 'the response');
    const before = performance.now();
    await pool.stop();
    expect(performance.now() - before).toBeLessThan(3000);
  });

  test('is held up by no longer than the grace', async () => {
    await serve();
    const asked = Promise.withResolvers<() => void>();
    respond = asked.resolve;
    const client = await open();
    client.send(GET);
    await asked.promise;
    await pool.stop();
    await client.until(() => client.hasEnded, 'the cut');
    expect(client.received).toBe('');
  });
});

test('a message that cannot be obeyed is reported and changes nothing', async () => {
  await serve();
  const messages: unknown[] = [];
  for (const thread of threads()) thread.on('message', (message) => messages.push(message));
  const homeless = { name: 's@test', servers: [], passHostHeader: true, transport: 'nowhere' };
  void pool.publish({ routers: [], services: [homeless], transports: {} });
  await vi.waitFor(() => expect(messages.filter(isLog).length).toBe(WORKERS), { timeout: 3000 });
  expect(messages.find(isLog)).toMatchObject({ type: 'log', level: 'error', message: 'snapshot cannot be built' });
  expect([threads().length, await ask()]).toEqual([WORKERS, '200']);
});

test('what is told of a server while an earlier snapshot is built holds for the one that names it', async () => {
  await serve();
  const many = Array.from({ length: 6000 }, (_, index) =>
    router(`Host(\`h${index}.test\`)`, { name: `r${index}@test` }),
  );
  void pool.publish(oneService([server(backend.port)], many));
  const fresh = server(backend.port, { id: 'fresh/1' });
  pool.setStates([[fresh.id, 'ready']]);
  await pool.publish(oneService([fresh], [router('Host(`a.test`)')]));
  expect(await ask()).toBe('200');
});

function isLog(message: unknown): boolean {
  return (message as FromWorker).type === 'log';
}
