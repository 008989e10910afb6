import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { until } from '../../support/held-lab.ts';
import { Http2Lab } from '../../support/http2-lab.ts';
import { frame, headers, TYPE, uint32 } from '../../support/http2-wire.ts';

const BODY_BYTES = 4_000_000;
/** SETTINGS_INITIAL_WINDOW_SIZE: what a client may do who wants all that a router keeps. */
const NO_WINDOW = [4, 0] as const;
const WINDOW = 0x7fff_ffff;

test.for<[streams: number, most: number]>([
  // In the hand of the reader and in that of the stream, and those of the connection.
  [8, 18],
  [9, 3],
  [100, 3],
])('%i long answers that their client does not take keep at most %i large buffers', async ([streams, most]) => {
  const sockets: Socket[] = [];
  const body = Buffer.alloc(BODY_BYTES, 'x');
  await using server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY_BYTES}\r\n\r\n`);
      socket.write(body);
    });
  });
  using _sockets = { [Symbol.dispose]: () => sockets.forEach((socket) => socket.destroy()) };
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const lab = new Http2Lab({}, (server.address() as AddressInfo).port);
  const client = lab.open(NO_WINDOW);
  const ids = Array.from({ length: streams }, (_, n) => 2 * n + 1);
  client.send(...ids.map((id) => headers(id)));
  await until(() => {
    client.socket.leave();
    return ids.every((id) => client.of('HEADERS', id).length === 1);
  }, 'all heads');
  // Nobody reads on, and nothing leaves the servers any more.
  let before = -1;
  await until(() => {
    const now = sockets.reduce((sum, socket) => sum + socket.bytesWritten - socket.writableLength, 0);
    const isStill = sockets.length === streams && now === before;
    before = now;
    return isStill;
  }, 'silence');
  expect(lab.lent).toBeLessThanOrEqual(most);
  if (streams === 8) expect(lab.lent).toBeGreaterThanOrEqual(8);

  // All of it comes when it is taken.
  client.socket.isPlain = true;
  client.send(frame(TYPE.WINDOW_UPDATE, 0, 0, uint32(WINDOW - 65_535)));
  for (const id of ids.slice(0, 10)) {
    client.send(frame(TYPE.WINDOW_UPDATE, 0, id, uint32(WINDOW)));
    await until(() => {
      client.socket.leave();
      return client.isWhole(id);
    }, 'a whole answer');
    expect(client.bytes(id)).toBe(BODY_BYTES);
  }
  client.socket.destroy();
  await until(() => lab.lent === 0, 'all buffers back');
  expect([lab.counters.inFlight, lab.faults]).toEqual([0, []]);
});
