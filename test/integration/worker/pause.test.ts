import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ServerConfig } from '../../../src/config/dynamic.ts';
import type { Snapshot } from '../../../src/routing/snapshot.ts';
import { oneService, router, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { fieldOf, RawClient, rawBackend, type RawBackend, readMessages } from '../../support/raw-http.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const SERVICE = 's@test';
const LONG_MS = 60_000;

let backend: RawBackend;
let plane: TestDataPlane;
const clients: RawClient[] = [];

function holding(servers: readonly ServerConfig[], holdMs: number | 'none'): Snapshot {
  const routers = [router('Host(`a.test`)'), router('Host(`b.test`)', { name: 'b@test', service: 'other@test' })];
  const snapshot = oneService(servers, routers);
  const [service] = snapshot.services;
  const held = holdMs === 'none' ? service! : { ...service!, holdMs };
  return { ...snapshot, services: [held, { ...held, name: 'other@test' }] };
}

function pause(leftMs: number): void {
  plane.post({ type: 'paused', services: [[SERVICE, leftMs]] });
}

function resume(): void {
  plane.post({ type: 'paused', services: [] });
}

beforeEach(async () => {
  const answered = new Map<number, number>();
  backend = await rawBackend((socket, received, connection) => {
    const complete = readMessages(received, 'request').filter((message) => message.isComplete);
    for (let at = answered.get(connection) ?? 0; at < complete.length; at++) {
      if (!complete[at]!.startLine.includes('/slow')) socket.write(OK);
    }
    answered.set(connection, complete.length);
  });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await plane.stop();
  await backend.close();
});

async function start(holdMs: number | 'none' = 30_000): Promise<ServerConfig> {
  const app = server(backend.port);
  plane = await startDataPlane(holding([app], holdMs));
  return app;
}

async function send(path: string, host = 'a.test'): Promise<RawClient> {
  const client = await RawClient.open(plane.httpPort);
  clients.push(client);
  client.send(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  return client;
}

const statusOf = (client: RawClient): string | undefined => /^HTTP\/1\.1 (\d+)/.exec(client.received)?.[1];
const answered = (client: RawClient): Promise<void> => client.until(() => statusOf(client) !== undefined, 'an answer');
const inFlight = (count: number): Promise<void> =>
  vi.waitFor(async () => expect((await plane.counters()).inFlight).toBe(count), { timeout: 5000 });
const seen = (): string[] =>
  backend.received.flatMap((text) => readMessages(text, 'request')).map(({ startLine }) => startLine.split(' ')[1]!);

describe('while a service is paused', () => {
  test('its requests wait although a server is ready, and go on in order', async () => {
    await start();
    pause(LONG_MS);
    for (let index = 0; index < 8; index++) {
      await send(`/${index}`);
      await inFlight(index + 1);
    }
    expect(seen()).toEqual([]);
    resume();
    for (const client of clients) await answered(client);
    expect(clients.map(statusOf)).toEqual(Array.from({ length: 8 }, () => '200'));
    expect(seen()).toEqual(Array.from({ length: 8 }, (_, index) => `/${index}`));
  });

  test('many of them, too', async () => {
    await start();
    pause(LONG_MS);
    for (let index = 0; index < 200; index++) await send(`/${index}`);
    await inFlight(200);
    resume();
    for (const client of clients) await answered(client);
    expect(new Set(clients.map(statusOf))).toEqual(new Set(['200']));
  });

  test('those of another one do not wait', async () => {
    await start();
    pause(LONG_MS);
    const client = await send('/', 'b.test');
    await answered(client);
    expect(statusOf(client)).toBe('200');
  });

  test('a request that runs goes on', async () => {
    let release = (): void => {};
    await backend.close();
    backend = await rawBackend((socket) => (release = () => void socket.write(OK)));
    await start();
    const running = await send('/slow');
    await vi.waitFor(() => expect(backend.received.join('')).toContain('/slow'));
    pause(LONG_MS);
    await send('/behind');
    await inFlight(2);
    release();
    await answered(running);
    expect([statusOf(running), backend.received.join('').includes('/behind')]).toEqual(['200', false]);
  });

  test('a new version of the service is paused as well, and the wait is for its servers', async () => {
    const app = await start();
    pause(LONG_MS);
    const client = await send('/');
    await inFlight(1);
    plane.publish(holding([server(backend.port, { id: 'new/1' })], 20_000));
    await send('/second');
    await inFlight(2);
    expect([client.received, seen()]).toEqual(['', []]);
    plane.post({ type: 'server-states', states: [[app.id, 'down']] });
    resume();
    for (const one of clients) await answered(one);
    expect(seen()).toEqual(['/', '/second']);
  });

  test('who waits, waits longer than the hold, and is served when the time of the pause is over', async () => {
    await start(1000);
    pause(3500);
    const began = performance.now();
    const client = await send('/');
    await answered(client);
    expect(statusOf(client)).toBe('200');
    expect(performance.now() - began).toBeGreaterThan(3000);
  });

  test('who waited when it began waits on', async () => {
    const app = await start(1000);
    plane.post({ type: 'server-states', states: [[app.id, 'starting']] });
    const client = await send('/');
    await inFlight(1);
    pause(LONG_MS);
    // Two holds and more.
    const began = performance.now();
    await vi.waitFor(() => expect(performance.now() - began).toBeGreaterThan(3200), { timeout: 5000 });
    expect(client.received).toBe('');
    plane.post({ type: 'server-states', states: [[app.id, 'ready']] });
    await inFlight(1);
    expect(seen()).toEqual([]);
    resume();
    await answered(client);
    expect(statusOf(client)).toBe('200');
  });

  test('and nobody is ready when it ends: the hold counts from then on', async () => {
    const app = await start(1000);
    pause(LONG_MS);
    const client = await send('/');
    await inFlight(1);
    plane.post({ type: 'server-states', states: [[app.id, 'starting']] });
    resume();
    await answered(client);
    expect([statusOf(client), (await plane.counters()).reasons['hold_timeout']]).toEqual(['503', 1]);
  });

  test('and the service is not there any more when it ends: the hold counts from then on', async () => {
    await start(1000);
    pause(LONG_MS);
    const client = await send('/');
    await inFlight(1);
    plane.publish({ routers: [], services: [], transports: {} });
    resume();
    await answered(client);
    expect([statusOf(client), (await plane.counters()).reasons['hold_timeout']]).toEqual(['503', 1]);
  });

  test('a payload waits at the client for as long', async () => {
    plane = await startDataPlane(holding([server(backend.port)], 30_000), { limits: { bodyIdleMs: 1000 } });
    pause(LONG_MS);
    const bodies = ['hello', ''];
    for (const sent of bodies) {
      const client = await RawClient.open(plane.httpPort);
      clients.push(client);
      client.send(`POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\n${sent}`);
    }
    await inFlight(2);
    // Two of the time-outs of a payload (T5) and more.
    const began = performance.now();
    await vi.waitFor(() => expect(performance.now() - began).toBeGreaterThan(4200), { timeout: 5000 });
    expect(clients.map(({ received }) => received)).toEqual(['', '']);
    resume();
    clients[1]!.send('hello');
    for (const client of clients) await answered(client);
    expect(clients.map(statusOf)).toEqual(['200', '200']);
  });

  test('a client that leaves is forgotten', async () => {
    await start();
    pause(LONG_MS);
    const client = await send('/gone');
    await inFlight(1);
    client.close();
    await inFlight(0);
    resume();
    const other = await send('/stayed');
    await answered(other);
    expect(seen()).toEqual(['/stayed']);
  });

  test('one that holds no requests answers 503 at once, and says when to come back', async () => {
    await start('none');
    pause(LONG_MS);
    const client = await send('/');
    await answered(client);
    const [response] = readMessages(client.received, 'response');
    expect([statusOf(client), fieldOf(response!, 'retry-after')]).toEqual(['503', '2']);
    expect((await plane.counters()).reasons).toEqual({ paused: 1 });
    resume();
    const next = await send('/');
    await answered(next);
    expect(statusOf(next)).toBe('200');
  });

  test('and it is part of another, requests for that one wait as well, instead of going elsewhere', async () => {
    const app = server(backend.port);
    const [main] = holding([app], 30_000).services;
    const names = ['c@test', 'main@test', 'spare@test'];
    const composed = { kind: 'failover', service: 'main@test', fallback: 'spare@test' } as const;
    plane = await startDataPlane({
      routers: [router('Host(`a.test`)', { service: 'c@test' })],
      services: [
        { name: 'c@test', servers: [], passHostHeader: true, composed },
        { ...main!, name: 'main@test' },
        { ...main!, name: 'spare@test', servers: [server(backend.port, { id: 'spare/1' })] },
      ],
      transports: {},
    });
    plane.post({ type: 'paused', services: names.map((name) => [name, LONG_MS] as const) });
    const client = await send('/');
    await inFlight(1);
    expect([client.received, seen()]).toEqual(['', []]);
    resume();
    await answered(client);
    expect([statusOf(client), seen()]).toEqual(['200', ['/']]);
  });
});
