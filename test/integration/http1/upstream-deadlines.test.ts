import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { DEFAULT_TRANSPORT } from '../../../src/config/default-transport.ts';
import type { ServerConfig, TransportConfig, TransportTimeouts } from '../../../src/config/dynamic.ts';
import { oneService, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { deafListener } from '../../support/deaf-listener.ts';
import { RawClient, rawBackend } from '../../support/raw-http.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
/** So long that a test in which it counts instead of the short one fails. */
const LONG: TransportTimeouts = {
  ...DEFAULT_TRANSPORT.timeouts,
  connectMs: 60_000,
  responseHeadMs: 60_000,
  responseIdleMs: 60_000,
};

const open: { close(): unknown }[] = [];
let plane: TestDataPlane;
let before: Readonly<Record<string, number>>;

beforeAll(async () => {
  plane = await startDataPlane(oneService([]));
  return () => plane.stop();
});

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function over(
  one: ServerConfig,
  changes: Partial<TransportTimeouts>,
  rest: Partial<TransportConfig> = {},
): Promise<void> {
  const snapshot = oneService([one]);
  const services = snapshot.services.map((service) => ({ ...service, transport: 't' }));
  const transports = { t: { ...DEFAULT_TRANSPORT, ...rest, timeouts: { ...LONG, ...changes } } };
  plane.publish({ ...snapshot, services, transports });
  before = (await plane.counters()).reasons;
}

async function ask(): Promise<RawClient> {
  const client = await RawClient.open(plane.httpPort);
  open.push(client);
  client.send(GET);
  return client;
}

/** What failed since the last `over`. */
async function reasons(): Promise<string[]> {
  const { reasons } = await plane.counters();
  return Object.keys(reasons).filter((reason) => reasons[reason] !== before[reason]);
}

describe('a server that', () => {
  test('takes no connection: 504 (T11)', async () => {
    const deaf = await deafListener();
    open.push(deaf);
    await over(server(deaf.port), { connectMs: 1000 });
    const client = await ask();
    await client.until(() => client.received.includes('\r\n\r\n'), 'the answer');
    expect([client.received.slice(9, 12), await reasons()]).toEqual(['504', ['connect_timeout']]);
  });

  test('takes a connection and never shakes hands: 504 (T11)', async () => {
    const silent = await rawBackend(() => {});
    open.push(silent);
    await over(server(silent.port, { scheme: 'https' }), { connectMs: 1000 });
    const client = await ask();
    await client.until(() => client.received.includes('\r\n\r\n'), 'the answer');
    expect([client.received.slice(9, 12), await reasons()]).toEqual(['504', ['connect_timeout']]);
  });

  test('takes the request and does not answer: 504 (T12)', async () => {
    const silent = await rawBackend(() => {});
    open.push(silent);
    await over(server(silent.port), { responseHeadMs: 1000 });
    const client = await ask();
    await client.until(() => client.received.includes('\r\n\r\n'), 'the answer');
    expect([client.received.slice(9, 12), await reasons()]).toEqual(['504', ['response_timeout']]);
    await vi.waitFor(() => expect(silent.sockets.size).toBe(0));
  });

  test('stops inside a response: it is cut (T13)', async () => {
    const slow = await rawBackend((socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart'));
    open.push(slow);
    await over(server(slow.port), { responseIdleMs: 1000 });
    const client = await ask();
    await client.until(() => client.hasEnded, 'the cut');
    expect(client.received).toMatch(/^HTTP\/1\.1 200 .*part$/s);
    expect(await reasons()).toEqual(['upstream_body_timeout']);
  });

  test('is let alone between two requests: the connection is closed (T15)', async () => {
    const app = await rawBackend((socket) => void socket.write(OK));
    open.push(app);
    await over(server(app.port), { idleMs: 1000 });
    const client = await ask();
    await client.until(() => client.received.endsWith('ok'), 'the answer');
    expect(app.sockets.size).toBe(1);
    await vi.waitFor(() => expect(app.sockets.size).toBe(0), { timeout: 4000 });
  });
});

test('a transport that keeps no connection closes each behind its response (T16)', async () => {
  const app = await rawBackend((socket) => void socket.write(OK));
  open.push(app);
  await over(server(app.port), {}, { maxIdle: 0 });
  const client = await ask();
  await client.until(() => client.received.endsWith('ok'), 'the answer');
  await vi.waitFor(() => expect(app.sockets.size).toBe(0));
});
