import { describe, expect, test } from 'vitest';
import { DEFAULT_CLIENT_LIMITS } from '../../../src/config/client-limits.ts';
import { finals, GET, HeldLab, OK, statuses, until } from '../../support/held-lab.ts';

const lab = new HeldLab();
const reasons = (): object => lab.held.plane.counters.report().reasons;

describe('request head (T4)', () => {
  test.for([
    ['nothing', '', []],
    ['an empty line', '\r\n', []],
    ['a part', 'GET / HT', [408]],
  ] as const)('%s within 10 s', async ([, part, expected]) => {
    const client = lab.open();
    if (part !== '') client.send(part);
    await until(() => client.socket.readableLength === 0, 'the bytes to be read');
    lab.held.tick(9);
    expect(client.socket.destroyed || client.socket.writableEnded).toBe(false);
    lab.held.tick(3);
    await until(() => client.socket.destroyed || client.socket.writableEnded, 'the end');
    if (expected.length > 0) expect(statuses(client)).toEqual(expected);
  });

  test('a byte a second does not lengthen it', async () => {
    const client = lab.open();
    for (const byte of 'GET / HTTP/1') {
      client.send(byte);
      await until(() => client.socket.readableLength === 0, 'the byte to be read');
      lab.held.tick(1);
    }
    await until(() => client.socket.writableEnded, 'the end');
    expect([statuses(client), reasons()]).toEqual([[408], { head_timeout: 1 }]);
  });
});

describe('request body', () => {
  const POST = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100000\r\n\r\n';

  test('no byte for a minute (T5)', async () => {
    const client = lab.open();
    client.send(`${POST}x`);
    await until(() => lab.backend.received.join('').endsWith('x'), 'the first byte at the server');
    lab.held.tick(62);
    await until(() => client.socket.writableEnded, 'the end');
    expect([statuses(client), reasons()]).toEqual([[408], { body_timeout: 1 }]);
  });

  test('below 500 bytes a second (T6)', async () => {
    const client = lab.open();
    client.send(POST);
    for (let second = 0; second < 12 && !client.socket.writableEnded; second++) {
      client.send('x');
      await until(() => client.socket.readableLength === 0, 'the byte to be read');
      lab.held.tick(1);
    }
    await until(() => client.socket.writableEnded, 'the end');
    expect([statuses(client), reasons()]).toEqual([[408], { body_too_slow: 1 }]);
    await until(() => lab.backend.sockets.size === 0, 'the server connection to be destroyed');
  });

  test('a client that waits for 100 is not slow', async () => {
    lab.onBytes = (socket, received) =>
      void socket.write(received.endsWith('x') ? OK : 'HTTP/1.1 100 Continue\r\n\r\n');
    const client = lab.open();
    client.send('PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n');
    await until(() => client.socket.sent.includes('100 Continue'), 'the 100');
    lab.held.tick(40);
    client.send('x');
    await until(() => finals(client).length === 1, 'the answer');
    expect(statuses(client)).toEqual([200]);
  });
});

describe('between requests', () => {
  test('75 s of silence close (T7)', async () => {
    const client = lab.open();
    client.send(GET);
    await until(() => finals(client).length === 1, 'the answer');
    lab.held.tick(74);
    expect(client.socket.destroyed).toBe(false);
    lab.held.tick(3);
    await until(() => client.socket.destroyed, 'the close');
  });

  test('the last request a connection may carry says so (T8)', async () => {
    Object.assign(lab.held.plane, { limits: { ...DEFAULT_CLIENT_LIMITS, requests: 5 } });
    const client = lab.open();
    client.send(GET.repeat(6));
    await until(() => client.socket.writableEnded, 'the close');
    expect(statuses(client).length).toBe(5);
    expect(client.socket.sent.split('Connection: close').length - 1).toBe(1);
  });
});
