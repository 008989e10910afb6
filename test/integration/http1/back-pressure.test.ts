import { describe, expect, test } from 'vitest';
import { finals, GET, HeldLab, statuses, until } from '../../support/held-lab.ts';

const lab = new HeldLab();
const KIB = 1024;

const answerWith = (bytes: number): void => {
  lab.onRequest = (socket) => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n${'x'.repeat(bytes)}`);
};

describe('toward a client that does not read', () => {
  test('a response whose last piece had to wait leaves a server connection that works (B10)', async () => {
    answerWith(30_000);
    const slow = lab.open();
    slow.socket.isHeld = true;
    slow.socket.write('y'.repeat(70_000));
    slow.send(GET);
    await until(() => lab.held.upstream.idleCount === 1, 'the response to be read');
    const next = lab.open();
    next.send(GET);
    await until(() => finals(next).length === 1, 'the next response');
    expect(lab.backend.received.length).toBe(1);
  });

  test('pipelined requests wait for the answers before them to be taken (V4)', async () => {
    answerWith(10_000);
    const client = lab.open();
    client.socket.isHeld = true;
    client.send(GET.repeat(100));
    await until(() => client.socket.writableNeedDrain, 'the pause');
    const seen = lab.requestsSeen.length;
    expect(seen).toBeLessThan(15);
    client.socket.release();
    await until(() => finals(client).length === 100, 'every response');
  });

  test('so do requests that are answered without a server', async () => {
    lab.held.route = { disabled: 'x' };
    const client = lab.open();
    client.socket.isHeld = true;
    const requests = 5000;
    client.send(GET.repeat(requests));
    await until(() => client.socket.writableNeedDrain, 'the pause');
    expect(client.socket.writableLength).toBeLessThan(200 * KIB);
    client.socket.release();
    await until(() => finals(client).length === requests, 'every answer');
  });

  test('and it is given up after a minute (T14)', async () => {
    lab.held.route = { disabled: 'x' };
    const client = lab.open();
    client.socket.isHeld = true;
    client.send(GET.repeat(5000));
    await until(() => client.socket.writableNeedDrain, 'the pause');
    lab.held.tick(59);
    expect(client.socket.destroyed).toBe(false);
    lab.held.tick(4);
    expect(client.socket.destroyed).toBe(true);
  });

  test('the last bytes before a close have their time too, not that of a lingering client (T9, T14)', async () => {
    const client = lab.open();
    client.socket.isHeld = true;
    client.send(GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    await until(() => client.socket.writableEnded, 'our end');
    lab.held.tick(20);
    expect(client.socket.destroyed).toBe(false);
    client.socket.release();
    await until(() => client.socket.writableFinished, 'the last byte');
    expect(statuses(client)).toEqual([200]);
    lab.held.tick(4);
    expect(client.socket.destroyed).toBe(true);
  });

  test('a stop does not cut the bytes of a complete response', async () => {
    const client = lab.open();
    client.socket.isHeld = true;
    client.send(GET);
    await until(() => lab.held.upstream.idleCount === 1, 'the response to be read');
    client.connection.drain();
    expect(client.socket.destroyed).toBe(false);
    client.socket.release();
    await until(() => client.socket.writableFinished, 'our end');
    expect(statuses(client)).toEqual([200]);
  });
});

describe('toward a client that sends more than is served', () => {
  test('held requests do not grow with every answer (V4)', async () => {
    const client = lab.open();
    const chunk = GET.repeat(2000).slice(0, 64 * KIB);
    for (let i = 0; i < 20; i++) client.send(chunk);
    await until(() => finals(client).length >= 200, 'two hundred answers');
    expect(client.socket.readableLength).toBeGreaterThanOrEqual(17 * 64 * KIB);
  });

  test('a client that leaves while its answer is awaited is noticed, also after a large payload', async () => {
    const client = lab.open();
    client.send(GET);
    await until(() => finals(client).length === 1, 'a server connection in the pool');
    lab.onBytes = (socket) => void socket.pause();
    const size = 24 * KIB * KIB;
    client.send(`POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`);
    await until(() => lab.held.queuedForServer() > 0, 'the request to be on its way');
    expect(client.socket.isPaused()).toBe(false);
  });
});

test('a server that does not take the payload is told from a client that does not send it: 504', async () => {
  lab.onBytes = (socket) => void socket.pause();
  const client = lab.open();
  client.send(`POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${1024 * KIB * KIB}\r\n\r\n`);
  await until(() => lab.backend.received[0] !== undefined, 'the request');
  const chunk = 'x'.repeat(256 * KIB);
  // What the kernel still takes may end a pause; the last one holds.
  let heldFor = 0;
  await until(() => {
    if (client.socket.isPaused()) return ++heldFor > 20;
    client.send(chunk);
    heldFor = 0;
    return false;
  }, 'the last pause');
  lab.held.tick(63);
  await until(() => finals(client).length === 1, 'the answer');
  expect(statuses(client)).toEqual([504]);
});

test('a buffer pool that is used up costs copies and nothing else', async () => {
  for (let i = 0; i < 256; i++) lab.held.plane.buffers.take();
  expect(lab.held.plane.buffers.take()).toBeUndefined();
  answerWith(1024 * KIB);
  const client = lab.open();
  client.send(GET + GET);
  await until(() => finals(client).length === 2, 'both responses');
  expect(finals(client).every((message) => message.body === 'x'.repeat(1024 * KIB))).toBe(true);
});
