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

  test('half-closed it has a minute, and each byte is worth another', async () => {
    server.end();
    await until(() => client.socket.writableEnded, "the server's end");
    lab.held.tick(50);
    client.send('tick');
    await until(() => lab.backend.received[0]!.endsWith('tick'), 'the tick');
    lab.held.tick(50);
    expect(client.socket.destroyed).toBe(false);
    lab.held.tick(15);
    await until(() => client.socket.destroyed && lab.backend.sockets.size === 0, 'the end of the tunnel');
    expect(idle()).toEqual([0, 0]);
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

describe('a server that is told to stop (design section 8)', () => {
  const CLOSE = '\x88\x02\x03\xe9';
  /** A text frame as a server sends it. */
  const frame = (text: string): string => `\x81${String.fromCharCode(text.length)}${text}`;
  const say = (text: string): void => void server.write(Buffer.from(text, 'latin1'));
  const heard = (): string => client.socket.sent.slice(client.socket.sent.indexOf('\r\n\r\n') + 4);
  const drain = (): void => lab.held.upstream.leave('draining');

  test('keeps its tunnels for a while, then both sides get a close', async () => {
    drain();
    lab.held.tick(7);
    say(frame('hi'));
    await until(() => heard() === frame('hi'), 'the message');
    expect(client.socket.writableEnded).toBe(false);
    lab.held.tick(2);
    await until(() => heard() === frame('hi') + CLOSE && client.socket.writableEnded, 'the close');
    await until(() => !lab.backend.received[0]!.endsWith('\r\n\r\n'), "the server's close");
    const sent = Buffer.from(lab.backend.received[0]!.split('\r\n\r\n')[1]!, 'latin1');
    expect([sent.length, sent[0], sent[1], sent[6]! ^ sent[2]!, sent[7]! ^ sent[3]!]).toEqual([8, 0x88, 0x82, 3, 0xe9]);
    expect(idle()).toEqual([1, 1]);
    lab.held.tick(4);
    await until(() => client.socket.destroyed && lab.backend.sockets.size === 0, 'the end');
    expect(idle()).toEqual([0, 0]);
  });

  test('no frame is broken by the close, and nothing comes behind it', async () => {
    const whole = frame('hello');
    say(whole.slice(0, 4));
    await until(() => heard() === whole.slice(0, 4), 'a part');
    drain();
    lab.held.tick(9);
    expect(heard()).toBe(whole.slice(0, 4));
    say(`${whole.slice(4)}${frame('later')}`);
    await until(() => heard() === whole + CLOSE && client.socket.writableEnded, 'the close');
  });

  test('one that returns to service keeps them', async () => {
    drain();
    lab.held.tick(5);
    lab.held.upstream.state = 'ready';
    lab.held.tick(60);
    say(frame('hi'));
    await until(() => heard() === frame('hi'), 'the message');
  });

  test('one that only fails its checks keeps them', async () => {
    lab.held.upstream.leave('down');
    lab.held.tick(60);
    say(frame('hi'));
    await until(() => heard() === frame('hi'), 'the message');
  });

  test.for([
    ['ends', () => server.end()],
    ['resets', () => server.resetAndDestroy()],
  ] as const)('one that %s first: its visitors hear a close all the same', async ([, act]) => {
    drain();
    act();
    await until(() => heard() === CLOSE && client.socket.writableEnded, 'the close');
    client.end();
    await until(() => client.socket.destroyed && lab.backend.sockets.size === 0, 'the end');
    expect(idle()).toEqual([0, 0]);
  });

  test('a tunnel that begins after the stop gets its close, too', async () => {
    drain();
    const late = lab.open();
    lab.held.upstream.state = 'ready';
    lab.onBytes = (socket, received) => {
      if (!received.endsWith('\r\n\r\n')) return;
      drain();
      socket.write(SWITCH);
    };
    late.send(UPGRADE);
    await until(() => late.socket.sent.endsWith('\r\n\r\n'), 'the switch');
    lab.held.tick(10);
    await until(() => late.socket.sent.endsWith(CLOSE) && late.socket.writableEnded, 'the close');
  });

  test('one that closes by itself is left alone', async () => {
    drain();
    say('\x88\x00');
    server.end();
    await until(() => client.socket.writableEnded, 'the end');
    expect(heard()).toBe('\x88\x00');
  });
});
