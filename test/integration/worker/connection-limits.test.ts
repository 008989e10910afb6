import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ConnectionLimits } from '../../../src/config/connection-limits.ts';
import type { EntrypointConfig } from '../../../src/config/static-config.ts';
import { type AddressedClient, clientFrom } from '../../support/client-from.ts';
import { oneService, router, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { freePort } from '../../support/free-port.ts';
import { v1Of, v2Of } from '../../support/proxy-header.ts';
import { rawBackend } from '../../support/raw-http.ts';

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
/** The begin of a handshake. */
const HELLO = '\x16\x03\x01\x02\x00\x01\x00';
/** The peer that sends PROXY headers. */
const BALANCER = '127.0.0.9';

const clients: AddressedClient[] = [];

afterEach(() => {
  for (const { socket } of clients.splice(0)) socket.destroy();
});

interface Doors {
  readonly plane: TestDataPlane;
  readonly plain: number;
  readonly tls: number;
  readonly auto: number;
}

/** A worker with a door of each kind, and a server that answers at once. */
async function open(connections: Partial<ConnectionLimits>, trustedProxies: readonly string[] = []): Promise<Doors> {
  const backend = await rawBackend((socket, received) => {
    if (received.endsWith('\r\n\r\n')) socket.write(OK);
  });
  const ports = { plain: await freePort(), tls: await freePort(), auto: await freePort() };
  const names = ['plain', 'tls', 'auto'] as const;
  const entrypoints = names.map((name): EntrypointConfig => {
    const addresses = [{ host: '127.0.0.1', port: ports[name] }];
    return { name, addresses, transport: name, redirect: undefined, proxyProtocol: [BALANCER] };
  });
  const routers = [false, true].map((tls) => router('Host(`localhost`)', { name: `r${tls}`, entrypoints: names, tls }));
  const plane = await startDataPlane(oneService([server(backend.port)], routers), {
    entrypoints,
    connections,
    trustedProxies,
  });
  onTestFinished(async () => {
    await plane.stop();
    await backend.close();
  });
  return { plane, ...ports };
}

async function come(port: number, address = '127.0.0.1', text = ''): Promise<AddressedClient> {
  const client = await clientFrom(address, port);
  clients.push(client);
  if (text !== '') client.socket.write(text, 'latin1');
  return client;
}

/** `ok` when it is served, else what it gets instead. */
async function ask(port: number, address = '127.0.0.1', header = ''): Promise<string> {
  const client = await come(port, address, header + GET);
  const answered = vi.waitFor(() => expect(client.received().endsWith('ok')).toBe(true), { timeout: 5000 });
  const got = await Promise.race([answered.then(() => 'ok'), client.ended]);
  return got.endsWith('ok') ? 'ok' : got;
}

const tlsClient = (doors: Doors, port: number) =>
  connectTls({ port, servername: 'localhost', ca: doors.plane.rootPem }).on('error', () => {});

const counted = async (plane: TestDataPlane, count: number): Promise<void> => {
  await vi.waitFor(() => expect(plane.openConnections()).toBe(count), { timeout: 5000 });
};

describe('in total', () => {
  test('a plain connection too many gets 503, and the next is served when one has closed', async () => {
    const { plane, plain } = await open({ total: 3 });
    const held = [await come(plain), await come(plain), await come(plain)];
    await counted(plane, 3);
    const refused = await ask(plain);
    expect(refused.slice(0, 12)).toBe('HTTP/1.1 503');
    for (const field of ['Retry-After: 2', 'Connection: close', 'Date: ']) expect(refused).toContain(`\r\n${field}`);
    held[0]!.socket.destroy();
    await counted(plane, 2);
    expect(await ask(plain)).toBe('ok');
    expect((await plane.counters()).reasons).toEqual({ too_many_connections: 1 });
  });

  test.for(['tls', 'auto'] as const)('on %s it is closed without an answer', async (kind) => {
    const doors = await open({ total: 1 });
    const held = await come(doors.plain);
    await counted(doors.plane, 1);
    const refused = await come(doors[kind]);
    expect(await refused.ended).toBe('');
    held.socket.destroy();
    await counted(doors.plane, 0);
    expect(await ask(doors.auto)).toBe('ok');
  });

  test('a flood is closed unanswered but for some: telling costs as much as serving', async () => {
    const { plane, plain } = await open({ total: 1 });
    await come(plain);
    await counted(plane, 1);
    // None of them ends its side, so none of the answers is over.
    const flood = await Promise.all(Array.from({ length: 100 }, () => come(plain)));
    const answers = await Promise.all(flood.map(({ ended }) => ended));
    expect(answers.filter((answer) => answer.startsWith('HTTP/1.1 503'))).toHaveLength(64);
    expect(answers.filter((answer) => answer === '')).toHaveLength(36);
    await vi.waitFor(async () => expect((await ask(plain)).slice(0, 12)).toBe('HTTP/1.1 503'), { timeout: 6000 });
    expect(plane.openConnections()).toBe(1);
  });

  test('the control plane hears of it once a tick, with the number', async () => {
    const { plane, tls } = await open({ total: 1 });
    await come(tls);
    await counted(plane, 1);
    for (let i = 0; i < 20; i++) expect(await (await come(tls)).ended).toBe('');
    const reports = (): (typeof plane.messages)[number][] =>
      plane.messages.filter((message) => message.type === 'refused');
    await vi.waitFor(
      () => expect(reports().reduce((sum, report) => sum + ('count' in report ? report.count : 0), 0)).toBe(20),
      { timeout: 4000 },
    );
    expect(reports().length).toBeLessThan(5);
    expect(reports()[0]).toMatchObject({ reason: 'too_many_connections', address: '127.0.0.1' });
  });
});

describe('by address', () => {
  test.for(['plain', 'tls', 'auto'] as const)('one too many is closed before anything is read: %s', async (kind) => {
    const doors = await open({ perAddress: 2 });
    const held = [await come(doors[kind]), await come(doors[kind])];
    await counted(doors.plane, 2);
    // Silent so far, and in the middle of a handshake or of the first bytes: they count.
    const refused = await come(doors[kind]);
    expect(await refused.ended).toBe('');
    expect(await ask(doors.plain, '127.0.0.2')).toBe('ok');
    held[1]!.socket.destroy();
    await vi.waitFor(() => expect(doors.plane.connectionsOf([127, 0, 0, 1])).toBe(1), { timeout: 5000 });
    expect(await ask(doors.plain)).toBe('ok');
    expect((await doors.plane.counters()).reasons).toEqual({ too_many_from_address: 1 });
  });

  test('a trusted proxy may have any number', async () => {
    const { plain } = await open({ perAddress: 1 }, ['127.0.0.2']);
    expect([await ask(plain, '127.0.0.2'), await ask(plain, '127.0.0.2'), await ask(plain)]).toEqual([
      'ok',
      'ok',
      'ok',
    ]);
    expect(await ask(plain)).toBe('');
  });

  test('behind a PROXY peer each client is counted for itself', async () => {
    const { plane, plain, auto } = await open({ perAddress: 1 });
    expect(await ask(plain, BALANCER, v1Of('203.0.113.1'))).toBe('ok');
    expect(await ask(auto, BALANCER, v2Of('203.0.113.2'))).toBe('ok');
    expect(await ask(auto, BALANCER, v2Of('203.0.113.1'))).toBe('');
    expect(await ask(plain, BALANCER, v2Of('2001:db8:0:1::1'))).toBe('ok');
    expect(await ask(plain, BALANCER, v2Of('2001:db8:0:1:ffff::1'))).toBe('');
    await counted(plane, 3);
  });
});

test.for(['tls', 'auto'] as const)('a client that ends within its handshake is let go at once: %s', async (kind) => {
  const doors = await open({});
  const client = await come(doors[kind], '127.0.0.1', HELLO);
  await counted(doors.plane, 1);
  client.socket.end();
  await client.ended;
  await counted(doors.plane, 0);
});

test.for(['tls', 'auto'] as const)(
  'a TLS client that ends behind its request gets its answer (V6): %s',
  async (kind) => {
    const doors = await open({});
    const socket = tlsClient(doors, doors[kind]);
    socket.allowHalfOpen = true;
    socket.end(GET);
    let received = '';
    for await (const chunk of socket) received += String(chunk);
    expect(received).toMatch(/^HTTP\/1.1 200 OK\r\n.*ok$/s);
  },
);

/** One connection, and how it ends. */
type Fate = (doors: Doors) => Promise<unknown>;

const ended = (socket: NodeJS.EventEmitter): Promise<unknown> =>
  new Promise((resolve) => {
    socket.once('close', resolve);
  });

async function endsAfter(port: number, text: string, address = '127.0.0.1'): Promise<void> {
  const { socket, ended: done } = await clientFrom(address, port);
  socket.write(text, 'latin1');
  await done;
  socket.destroy();
}

async function resets(port: number, text: string, address = '127.0.0.1'): Promise<void> {
  const { socket } = await clientFrom(address, port);
  if (text !== '') await new Promise((resolve) => socket.write(text, 'latin1', resolve));
  socket.resetAndDestroy();
}

async function handshakes(doors: Doors, port: number, request: string): Promise<void> {
  const socket = tlsClient(doors, port);
  socket.resume();
  socket.write(request);
  await ended(socket);
}

const LAST = GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');

const FATES: readonly Fate[] = [
  ({ plain }) => endsAfter(plain, LAST),
  ({ auto }) => endsAfter(auto, LAST),
  ({ plain }) => endsAfter(plain, 'nonsense\r\n\r\n'),
  ({ plain }) => resets(plain, 'GET / HT'),
  ({ plain }) => resets(plain, ''),
  ({ auto }) => resets(auto, ''),
  ({ auto }) => resets(auto, HELLO),
  ({ tls }) => resets(tls, ''),
  ({ tls }) => resets(tls, HELLO),
  ({ tls }) => endsAfter(tls, GET),
  (doors) => handshakes(doors, doors.tls, LAST),
  (doors) => handshakes(doors, doors.auto, LAST),
  async (doors) => {
    const socket = tlsClient(doors, doors.tls);
    socket.once('secureConnect', () => socket.destroy());
    await ended(socket);
  },
  ({ plain }) => endsAfter(plain, v1Of('203.0.113.1') + LAST, BALANCER),
  ({ auto }) => endsAfter(auto, v2Of('203.0.113.1') + LAST, BALANCER),
  ({ tls }) => endsAfter(tls, `${v2Of('203.0.113.1')}nonsense`, BALANCER),
  ({ tls }) => resets(tls, v2Of('203.0.113.1'), BALANCER),
  ({ auto }) => resets(auto, 'PROXY TC', BALANCER),
  ({ plain }) => endsAfter(plain, GET, BALANCER),
  ({ auto }) => endsAfter(auto, 'PROXY nonsense\r\n', BALANCER),
];

test('after two thousand connections of all fates nothing is left in the counts', { timeout: 60_000 }, async () => {
  // Low limits: some meet them on their way.
  const doors = await open({ total: 60, perAddress: 30 });
  const { plane } = doors;
  let next = 0;
  const runner = async (): Promise<void> => {
    while (next < 2000) await FATES[next++ % FATES.length]!(doors);
  };
  await Promise.all(Array.from({ length: 64 }, runner));
  await counted(plane, 0);
  expect(
    [
      [127, 0, 0, 1],
      [127, 0, 0, 9],
      [203, 0, 113, 1],
    ].map((address) => plane.connectionsOf(address)),
  ).toEqual([0, 0, 0]);
  const { connections, inFlight, reasons } = await plane.counters();
  expect([connections, inFlight]).toEqual([0, 0]);
  expect(reasons['bad_proxy_header']).toBeGreaterThan(100);
  expect(reasons['too_many_from_address'] ?? 0).toBeGreaterThan(0);
  expect(await ask(doors.plain)).toBe('ok');
});
