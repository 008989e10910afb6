import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ServerState } from '../../../src/protocol.ts';
import type { ServerConfig } from '../../../src/config/dynamic.ts';
import type { Snapshot } from '../../../src/routing/snapshot.ts';
import { oneService, router, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { createTestCa, issueCertificate } from '../../support/issue-certificate.ts';
import { tlsBackend } from '../../support/tls-backend.ts';
import { deafListener } from '../../support/deaf-listener.ts';
import { freePort } from '../../support/free-port.ts';
import { fieldOf, RawClient, rawBackend, type RawBackend, readMessages } from '../../support/raw-http.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

let backend: RawBackend;
let plane: TestDataPlane;
const clients: RawClient[] = [];

function holding(servers: readonly ServerConfig[], holdMs = 30_000): Snapshot {
  const snapshot = oneService(servers);
  return { ...snapshot, services: snapshot.services.map((service) => ({ ...service, holdMs })) };
}

function tell(config: ServerConfig, state: ServerState): void {
  plane.post({ type: 'server-states', states: [[config.id, state]] });
}

async function start(servers: readonly ServerConfig[], holdMs?: number): Promise<void> {
  plane = await startDataPlane(holding(servers, holdMs));
}

beforeEach(async () => {
  const answered = new Map<number, number>();
  backend = await rawBackend((socket, received, connection) => {
    const complete = readMessages(received, 'request').filter((message) => message.isComplete);
    for (let at = answered.get(connection) ?? 0; at < complete.length; at++) socket.write(OK);
    answered.set(connection, complete.length);
  });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await plane.stop();
  await backend.close();
});

async function send(path: string, head = `GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`): Promise<RawClient> {
  const client = await RawClient.open(plane.httpPort);
  clients.push(client);
  client.send(head);
  return client;
}

const statusOf = (client: RawClient): string | undefined => /^HTTP\/1\.1 (\d+)/.exec(client.received)?.[1];
const answered = (client: RawClient): Promise<void> => client.until(() => statusOf(client) !== undefined, 'an answer');
const inFlight = async (count: number): Promise<void> => {
  await vi.waitFor(async () => expect((await plane.counters()).inFlight).toBe(count), { timeout: 5000 });
};
const seen = (): string[] =>
  backend.received.flatMap((text) => readMessages(text, 'request')).map(({ startLine }) => startLine.split(' ')[1]!);

describe('requests wait while no server is ready', () => {
  test('for a service that is gone for a moment, too', async () => {
    const one = server(backend.port);
    await start([one]);
    tell(one, 'draining');
    const waiting = await send('/1');
    await inFlight(1);
    plane.publish({ routers: [], services: [], transports: {} });
    plane.publish(holding([server(backend.port, { id: 'successor' })]));
    plane.post({ type: 'server-states', states: [['successor', 'ready']] });
    await answered(waiting);
    expect(statusOf(waiting)).toBe('200');
  });

  test.for(['starting', 'draining'] as const)('one that is %s', async (state) => {
    const app = server(backend.port);
    await start([app]);
    tell(app, state);
    const client = await send('/');
    await inFlight(1);
    expect(client.received).toBe('');
    tell(app, 'ready');
    await answered(client);
    expect(statusOf(client)).toBe('200');
  });

  test('and are served in the order in which they came', async () => {
    const app = server(backend.port);
    await start([app]);
    tell(app, 'starting');
    for (let index = 0; index < 8; index++) {
      await send(`/${index}`);
      await inFlight(index + 1);
    }
    tell(app, 'ready');
    for (const client of clients) await answered(client);
    expect(seen()).toEqual(Array.from({ length: 8 }, (_, index) => `/${index}`));
  });

  test('many of them, too', async () => {
    const app = server(backend.port);
    await start([app]);
    tell(app, 'starting');
    for (let index = 0; index < 200; index++) await send(`/${index}`);
    await inFlight(200);
    tell(app, 'ready');
    for (const client of clients) await answered(client);
    expect(clients.map(statusOf)).toEqual(Array.from({ length: 200 }, () => '200'));
  });

  test('a payload waits at the client, and the request is made once', async () => {
    const app = server(backend.port);
    await start([app]);
    tell(app, 'starting');
    const client = await send('/', 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello');
    await inFlight(1);
    tell(app, 'ready');
    await answered(client);
    const requests = backend.received.flatMap((text) => readMessages(text, 'request'));
    expect(requests.map(({ body }) => body)).toEqual(['hello']);
  });

  test('the server may be another one, of a later configuration', async () => {
    const old = server(await freePort(), { id: 'old/1' });
    await start([old]);
    tell(old, 'draining');
    const client = await send('/');
    await inFlight(1);
    // Compose removes the old container before the new one is there.
    plane.publish(holding([]));
    expect(client.received).toBe('');
    plane.publish(holding([server(backend.port, { id: 'new/1' })]));
    await answered(client);
    expect(statusOf(client)).toBe('200');
  });

  test('also one that does not hold requests any more', async () => {
    const old = server(await freePort(), { id: 'old/1' });
    await start([old]);
    tell(old, 'draining');
    const client = await send('/');
    await inFlight(1);
    plane.publish(oneService([server(backend.port, { id: 'new/1' })]));
    await answered(client);
    expect(statusOf(client)).toBe('200');
  });

  test('a request whose server breaks off goes to one that came after it', async () => {
    let breakOff = (): void => {};
    const dying = await rawBackend((socket) => (breakOff = () => void socket.resetAndDestroy()));
    const old = server(dying.port, { id: 'old/1' });
    await start([old]);
    const client = await send('/');
    await vi.waitFor(() => expect(dying.received.length).toBe(1));
    plane.publish(holding([old, server(backend.port, { id: 'new/1' })]));
    tell(old, 'draining');
    await plane.counters();
    breakOff();
    await answered(client);
    expect(statusOf(client)).toBe('200');
    await dying.close();
  });

  test('a request whose dialled server leaves with all others waits for their successors', async () => {
    const deaf = await deafListener();
    const servers = Array.from({ length: 8 }, (_, index) => server(deaf.port, { id: `old/${index}` }));
    await start(servers);
    const client = await send('/', 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n');
    await inFlight(1);
    plane.post({ type: 'server-states', states: servers.map(({ id }) => [id, 'draining']) });
    await inFlight(1);
    plane.publish(holding([server(backend.port, { id: 'new/1' })]));
    await answered(client);
    expect(statusOf(client)).toBe('200');
    await deaf.close();
  });

  test.for([
    ['failover', { kind: 'failover', service: 'first@test', fallback: 'second@test' }],
    [
      'weighted',
      {
        kind: 'weighted',
        members: [
          { name: 'first@test', weight: 1 },
          { name: 'second@test', weight: 1 },
        ],
      },
    ],
  ] as const)('of a %s service: whichever part is ready first', async ([, composed]) => {
    const parts = ['first@test', 'second@test'] as const;
    const apps = parts.map((name) => server(backend.port, { id: `${name}/1` }));
    const services = parts.map((name, index) => ({ ...holding([apps[index]!]).services[0]!, name }));
    plane = await startDataPlane({
      routers: [router('Host(`a.test`)', { service: 'c@test' })],
      services: [{ name: 'c@test', servers: [], passHostHeader: true, composed }, ...services],
      transports: {},
    });
    for (const app of apps) tell(app, 'starting');
    for (const path of ['/1', '/2']) await send(path);
    await inFlight(2);
    tell(apps[1]!, 'ready');
    for (const client of clients) await answered(client);
    expect(clients.map(statusOf)).toEqual(['200', '200']);
  });

  test('also right after the last server is gone', async () => {
    await start([server(await freePort(), { id: 'old/1' })]);
    plane.publish(holding([]));
    const client = await send('/');
    await inFlight(1);
    plane.publish(holding([server(backend.port, { id: 'new/1' })]));
    await answered(client);
    expect(statusOf(client)).toBe('200');
  });

  test('a request that found the only server refusing waits for it, too', async () => {
    const app = server(await freePort());
    await start([app]);
    const client = await send('/');
    await vi.waitFor(() => expect(plane.messages).toContainEqual(expect.objectContaining({ type: 'connect-failed' })));
    expect(client.received).toBe('');
    tell(app, 'starting');
    plane.publish(holding([server(backend.port, { id: 'new/1' })]));
    await answered(client);
    expect(statusOf(client)).toBe('200');
  });
});

describe('nobody waits', () => {
  test('longer than the hold of the service', async () => {
    const app = server(backend.port);
    await start([app], 1000);
    tell(app, 'starting');
    const began = performance.now();
    const client = await send('/');
    await answered(client);
    expect(performance.now() - began).toBeGreaterThanOrEqual(1000);
    const [response] = readMessages(client.received, 'response');
    expect([statusOf(client), fieldOf(response!, 'retry-after')]).toEqual(['503', '2']);
    expect((await plane.counters()).reasons['hold_timeout']).toBe(1);
  });

  test('whose client has left', async () => {
    const app = server(backend.port);
    await start([app]);
    tell(app, 'starting');
    const client = await send('/gone');
    await inFlight(1);
    client.close();
    await inFlight(0);
    const other = await send('/stayed');
    await inFlight(1);
    tell(app, 'ready');
    await answered(other);
    expect(seen()).toEqual(['/stayed']);
  });

  test('for a server that is down and was never ready', async () => {
    const app = server(backend.port);
    await start([]);
    plane.publish(holding([]));
    plane.post({ type: 'server-states', states: [[app.id, 'down']] });
    const client = await send('/');
    await answered(client);
    expect(statusOf(client)).toBe('503');
    expect((await plane.counters()).reasons['no_server']).toBe(1);
  });

  test('for a server that is ready and cannot prove who it is: a wait would not change that', async () => {
    const now = Date.now();
    const { keyPem, chainPem } = await issueCertificate(await createTestCa(), {
      names: ['other.test'],
      notBefore: now - 1000,
      notAfter: now + 86_400_000,
    });
    const secret = await tlsBackend({ key: keyPem, cert: chainPem });
    await start([server(secret.port, { scheme: 'https' })]);
    const client = await send('/');
    await answered(client);
    expect([statusOf(client), (await plane.counters()).reasons['upstream_tls']]).toEqual(['502', 1]);
    await secret.close();
  });

  test('where the service holds nothing', async () => {
    const app = server(backend.port);
    plane = await startDataPlane(oneService([app]));
    tell(app, 'starting');
    const client = await send('/');
    await answered(client);
    expect((await plane.counters()).reasons['no_server']).toBe(1);
  });
});
