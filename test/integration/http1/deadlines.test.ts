import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { DEFAULT_CLIENT_LIMITS, type ClientLimits } from '../../../src/config/client-limits.ts';
import { DEFAULT_TRANSPORT } from '../../../src/config/default-transport.ts';
import type { TransportTimeouts } from '../../../src/config/dynamic.ts';
import type { UpstreamConnection } from '../../../src/http/upstream-connection.ts';
import { Upstream } from '../../../src/upstream/upstream.ts';
import { heldPlane, type HeldPlane } from '../../support/held-client.ts';
import { finals, GET, HeldLab, OK, statuses, until } from '../../support/held-lab.ts';
import { server } from '../../support/server-config.ts';

const lab = new HeldLab();
const POST = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100000\r\n\r\n';
const reasons = (held: HeldPlane = lab.held): object => held.plane.counters.report().reasons;

/** A response of 4 MB, of which this much comes at once. */
function respond(socket: Socket, bytes = 4_000_000): void {
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n${'x'.repeat(bytes)}`, 'latin1');
}

function limit(limits: Partial<ClientLimits>): void {
  Object.assign(lab.held.plane, { limits: { ...DEFAULT_CLIENT_LIMITS, ...limits } });
}

const others: HeldPlane[] = [];
/** The lab's backend behind a transport with time-outs of its own. */
function withTimeouts(timeouts: Partial<TransportTimeouts>): HeldPlane {
  const transport = { ...DEFAULT_TRANSPORT, timeouts: { ...DEFAULT_TRANSPORT.timeouts, ...timeouts } };
  const { port } = lab.backend;
  const held = heldPlane(port, new Upstream<UpstreamConnection>(server(port), transport));
  others.push(held);
  return held;
}

afterEach(() => {
  for (const held of others.splice(0)) held.upstream.closeIdle();
});

describe('a server that does not answer in time (T12)', () => {
  test.for(['GET', 'DELETE'])('%s is not sent again, though the connection was a used one', async (method) => {
    const client = lab.open();
    client.send(GET);
    await until(() => statuses(client).length === 1, 'the first answer');
    lab.onRequest = () => {};
    client.send(`${method} /slow HTTP/1.1\r\nHost: a.test\r\n\r\n`);
    await until(() => lab.requestsSeen.length === 2, 'the second request');
    lab.held.tick(62);
    await until(() => statuses(client).length === 2, 'the second answer');
    expect([lab.requestsSeen.length, statuses(client), reasons()]).toEqual([2, [200, 504], { response_timeout: 1 }]);
  });

  test('is not to blame for a client that begins its payload late', async () => {
    const held = withTimeouts({ responseHeadMs: 5000 });
    lab.onBytes = (socket, received) => void (received.endsWith('hello') && socket.write(OK));
    const client = held.open();
    client.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\n');
    await until(() => lab.backend.received.some((text) => text.endsWith('\r\n\r\n')), 'the head at the server');
    held.tick(8);
    client.send('hello');
    await until(() => finals(client).length === 1, 'the answer');
    expect(statuses(client)).toEqual([200]);
    client.connection.destroy();
  });
});

describe('a client that does not read', () => {
  test('is not a server that stands still (T13)', async () => {
    const held = withTimeouts({ responseIdleMs: 10_000 });
    lab.onBytes = (socket) => respond(socket);
    const client = held.open();
    client.socket.isHeld = true;
    client.send(GET);
    await until(() => client.socket.writableNeedDrain, 'the pause');
    held.tick(20);
    expect([client.socket.destroyed, reasons(held)]).toEqual([false, {}]);
    held.tick(45);
    expect([client.socket.destroyed, reasons(held)]).toEqual([true, { client_stalled: 1 }]);
  });

  test('nor is one whose last read ended behind the payload of a chunk', async () => {
    const held = withTimeouts({ responseIdleMs: 10_000 });
    const chunk = (size: number): string => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`;
    let server: Socket | undefined;
    lab.onBytes = (socket) => {
      server = socket;
      socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(60_000)}`, 'latin1');
    };
    const client = held.open();
    client.socket.isHeld = true;
    client.send(GET);
    await until(() => client.socket.writableLength > 60_000, 'the first chunk');
    server!.write(chunk(20_000), 'latin1');
    await until(() => client.socket.writableNeedDrain, 'the pause');
    held.tick(20);
    expect([client.socket.destroyed, reasons(held)]).toEqual([false, {}]);
    client.connection.destroy();
  });

  test('has no more time because it completes its request (T14)', async () => {
    lab.onBytes = (socket, received) => void (received.endsWith('\r\n\r\n') && respond(socket));
    const client = lab.open();
    client.socket.isHeld = true;
    client.send(POST);
    await until(() => client.socket.writableNeedDrain, 'the pause');
    client.send('x'.repeat(100_000));
    await until(() => lab.backend.received[0]!.length > 100_000, 'the payload at the server');
    lab.held.tick(65);
    expect([client.socket.destroyed, reasons()]).toEqual([true, { client_stalled: 1 }]);
  });

  test('has no more time because it sends on (T14)', async () => {
    lab.onBytes = (socket, received) => void (received.endsWith('\r\n\r\n') && respond(socket));
    const client = lab.open();
    client.socket.isHeld = true;
    client.send(POST);
    await until(() => client.socket.writableNeedDrain, 'the pause');
    lab.held.tick(40);
    client.send('x'.repeat(30_000));
    await until(() => lab.backend.received[0]!.length > 30_000, 'the piece at the server');
    lab.held.tick(25);
    expect([client.socket.destroyed, reasons()]).toEqual([true, { client_stalled: 1 }]);
  });

  test('and reads again has all its time for the payload (T5)', async () => {
    limit({ stallMs: 5000 });
    lab.onBytes = (socket, received) => void (received.endsWith('\r\n\r\n') && respond(socket, 300_000));
    const client = lab.open();
    client.socket.isHeld = true;
    client.send(POST);
    await until(() => client.socket.writableNeedDrain, 'the pause');
    await until(() => {
      client.socket.release();
      return client.socket.sent.length > 300_000;
    }, 'all there is');
    lab.held.tick(10);
    expect([client.socket.destroyed, reasons()]).toEqual([false, {}]);
  });

  test('gets the end of a complete response, however short idle connections live (T7)', async () => {
    limit({ keepAliveMs: 5000 });
    lab.onRequest = (socket) =>
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n${'x'.repeat(60_000)}`, 'latin1');
    const client = lab.open();
    client.socket.isHeld = true;
    client.send(GET);
    await until(() => client.socket.writableLength > 60_000 && lab.held.plane.counters.inFlight === 0, 'the response');
    lab.held.tick(10);
    expect(client.socket.destroyed).toBe(false);
    client.socket.release();
    await until(() => client.socket.writableFinished, 'the end');
    expect(statuses(client)).toEqual([200]);
  });

  test('gets the end of an early answer to a request that it did not complete (X15)', async () => {
    lab.onBytes = (socket) =>
      void socket.write(`HTTP/1.1 413 No\r\nContent-Length: 60000\r\n\r\n${'x'.repeat(60_000)}`, 'latin1');
    const client = lab.open();
    client.socket.isHeld = true;
    client.send(POST);
    await until(() => client.socket.writableLength > 60_000 && lab.held.plane.counters.inFlight === 0, 'the response');
    lab.held.tick(4);
    expect(client.socket.destroyed).toBe(false);
    client.socket.release();
    await until(() => client.socket.writableFinished, 'the end');
    expect(statuses(client)).toEqual([413]);
  });
});

test('small answers to a client that does not read hold little more memory than their bytes', async () => {
  lab.onRequest = (socket) => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1100\r\n\r\n${'y'.repeat(1100)}`);
  const clients = Array.from({ length: 10 }, () => lab.open());
  const before = process.memoryUsage().arrayBuffers;
  for (const client of clients) {
    client.socket.isHeld = true;
    client.send(GET.repeat(80));
  }
  await until(() => clients.every((client) => client.socket.writableNeedDrain), 'the pauses');
  const held = (process.memoryUsage().arrayBuffers - before) / clients.length;
  expect(held).toBeLessThan(6 * clients[0]!.socket.writableLength);
});
