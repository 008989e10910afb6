import { beforeEach, describe, expect, test } from 'vitest';
import type { Socket } from 'node:net';
import type { HeldClient } from '../../support/held-client.ts';
import { HeldLab, until } from '../../support/held-lab.ts';

const lab = new HeldLab();
const UPGRADE = 'GET /ws HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

let client: HeldClient;
let server: Socket;

/** A tunnel that stands: the client's half is held by the test, the server's is a socket on loopback. */
beforeEach(async () => {
  lab.onBytes = (socket, received) => {
    server = socket;
    if (received.endsWith('\r\n\r\n')) socket.write(SWITCH);
  };
  client = lab.open();
  client.send(UPGRADE);
  await until(() => client.socket.sent.endsWith('\r\n\r\n'), 'the switch');
});

const idle = (): number[] => [lab.held.plane.counters.inFlight, lab.held.upstream.inFlight];

describe('idle time-out (U5)', () => {
  test('an hour without a byte in either direction ends it', async () => {
    lab.held.tick(3595);
    expect(client.socket.destroyed).toBe(false);
    lab.held.tick(10);
    await until(() => client.socket.destroyed && lab.backend.sockets.size === 0, 'the end');
    expect(idle()).toEqual([0, 0]);
  });

  test('a server that speaks keeps it, though the client is silent', async () => {
    for (let hour = 1; hour <= 3; hour++) {
      lab.held.tick(3500);
      server.write('tick');
      await until(() => client.socket.sent.endsWith('tick'.repeat(hour)), 'the tick');
    }
    expect(client.socket.destroyed).toBe(false);
  });

  test('a client that speaks keeps it, though the server is silent', async () => {
    for (let hour = 1; hour <= 3; hour++) {
      lab.held.tick(3500);
      client.send('tick');
      await until(() => lab.backend.received[0]!.endsWith('tick'.repeat(hour)), 'the tick');
    }
    expect(client.socket.destroyed).toBe(false);
  });

  test('a client that does not read has a minute, whatever it sends (T14)', async () => {
    client.socket.isHeld = true;
    server.write('x'.repeat(1_000_000));
    await until(() => client.socket.writableNeedDrain, 'the pause');
    lab.held.tick(50);
    client.send('ping');
    await until(() => lab.backend.received[0]!.endsWith('ping'), 'the ping');
    lab.held.tick(15);
    expect(client.socket.destroyed).toBe(true);
  });
});

describe('ends (U3)', () => {
  test('what the client sent before its end arrives, though the server ended first', async () => {
    server.pause();
    server.end();
    await until(() => client.socket.writableEnded, "the server's end");
    // Until the kernel takes no more and a piece waits in our queue, too small for a pause.
    const piece = 'x'.repeat(60_000);
    let pieces = 0;
    await until(() => {
      if (lab.held.queuedForServer() > 0) return true;
      client.send(piece);
      pieces += 1;
      return false;
    }, 'a piece to wait');
    client.end();
    await until(() => lab.held.plane.counters.inFlight === 0, 'the end of the exchange');
    server.resume();
    await until(() => lab.backend.sockets.size === 0, 'the end of the connection');
    expect(lab.backend.received[0]!.split('\r\n\r\n')[1]!.length).toBe(pieces * piece.length);
  });

  test('what the server sent before its end arrives, though the client ended first', async () => {
    client.socket.isHeld = true;
    client.end();
    server.write('last words');
    server.end();
    await until(() => lab.held.plane.counters.inFlight === 0, 'the end of the exchange');
    lab.held.tick(30);
    client.socket.release();
    await until(() => client.socket.destroyed, 'the close');
    expect(client.socket.sent.endsWith('last words')).toBe(true);
  });

  test('a reset of one side ends the other', async () => {
    server.resetAndDestroy();
    await until(() => client.socket.destroyed, 'the close');
    expect(idle()).toEqual([0, 0]);
  });
});
