import { expect, test } from 'vitest';
import { Http2Lab } from '../../support/http2-lab.ts';
import { CODE, FLAG, frame, headers, request, TYPE, uint32 } from '../../support/http2-wire.ts';

/** T22, and what the client is told of it at first. */
const CONNECTION_WINDOW = 1_048_576;
const DEFAULT_WINDOW = 65_535;
const PIECE = 16_384;

test.for<[what: string, end: (id: number) => Buffer]>([
  ['resets', (id) => frame(TYPE.RST_STREAM, 0, id, uint32(CODE.CANCEL))],
  // RFC 9113 8.1.1: shorter than it said.
  ['ends too early', (id) => frame(TYPE.DATA, FLAG.END_STREAM, id)],
])('payload that nobody took is given back to the connection when its client %s', async ([, end]) => {
  const lab = new Http2Lab();
  lab.onServer = (server) => {
    server.isFull = true;
    server.exchange.onSendable();
  };
  const client = lab.open();
  let sent = 0;
  for (let id = 1; id < 40; id += 2) {
    client.send(headers(id, request({ ':method': 'POST' }, [['content-length', '900000']]), FLAG.END_HEADERS));
    for (let n = 0; n < 10; n++) client.send(frame(TYPE.DATA, 0, id, Buffer.alloc(PIECE)));
    sent += 10 * PIECE;
    client.send(end(id));
    await client.settle();
  }
  expect([client.goAway, lab.servers.every(({ isAborted }) => isAborted), lab.lent]).toEqual([-1, true, 0]);
  const window = DEFAULT_WINDOW + client.credit(0) - sent;
  // It is told in quarters of the window.
  expect([window > (CONNECTION_WINDOW * 3) / 4, window <= CONNECTION_WINDOW]).toEqual([true, true]);
});

test('a socket that takes everything at once gets the rest, also behind a write that was just full', async () => {
  // As many bytes as a write has, and one frame of this length more: one of these answers ends where the buffer does.
  for (let bytes = 16_100; bytes < 16_300; bytes++) {
    const lab = new Http2Lab();
    lab.onServer = (server) => server.respond(server === lab.servers[0] ? bytes : 300_000);
    const client = lab.open([4, 10_000_000]);
    client.socket.isPlain = true;
    client.send(frame(TYPE.WINDOW_UPDATE, 0, 0, uint32(100_000_000)), headers(1), headers(3), headers(5));
    await client.settle();
    const whole = [1, 3, 5].map((id) => [client.bytes(id), client.isWhole(id)]);
    expect(whole, String(bytes)).toEqual([bytes, 300_000, 300_000].map((one) => [one, true]));
    expect([lab.lent, lab.counters.inFlight]).toEqual([0, 0]);
  }
});
