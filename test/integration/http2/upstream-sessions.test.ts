import { beforeEach, describe, expect, test } from 'vitest';
import { Service } from '../../../src/balance/service.ts';
import type { Strategy } from '../../../src/balance/strategy.ts';
import { DEFAULT_TRANSPORT } from '../../../src/config/default-transport.ts';
import { LIMITS } from '../../../src/http1/limits.ts';
import type { UpstreamConnection } from '../../../src/http/upstream-connection.ts';
import { Upstream } from '../../../src/upstream/upstream.ts';
import { finals, GET, statuses, until } from '../../support/held-lab.ts';
import { WireServer, type WirePeer } from '../../support/http2-wire-server.ts';
import { block, CODE, FLAG, frame, headers, TYPE, uint32 } from '../../support/http2-wire.ts';
import { nameEverythingHere } from '../../support/names-of-here.ts';
import { server } from '../../support/server-config.ts';
import { WireLab } from '../../support/wire-lab.ts';

const POST = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello';
const MAX_CONCURRENT_STREAMS = 3;
const INITIAL_WINDOW_SIZE = 4;
const MAX_HEADER_LIST_SIZE = 6;
const MAX_WINDOW = 2 ** 31 - 1;

const lab = new WireLab();
const { send, answer, reasons, requests, expectWell } = lab;

/** What a client without a socket gives back to who writes to it: the connection is gone, of both sides. */
async function expectGone(peers: readonly WirePeer[]): Promise<void> {
  const ping = frame(TYPE.PING, 0, 0, Buffer.alloc(8));
  await until(() => {
    for (const peer of peers) peer.send(ping);
    return peers.every(({ hasEnded }) => hasEnded);
  }, 'the end of all connections');
}

test.for(['web.1', 'a b', 'a%b'])('a server may have a name that is none of a URL: %s', async (host) => {
  nameEverythingHere();
  lab.over({}, { host });
  await expectWell();
});

test('a connection that node:http2 has given up, and not yet told of, gets no more requests', async () => {
  lab.backend.onRequest((peer, id) => {
    if (peer.index > 0) peer.respond(id);
    else peer.send(frame(TYPE.DATA, 0, 0, Buffer.from('of no stream')));
  });
  // The second one is sent in the turn in which the first one fails.
  const client = send(POST + POST);
  await until(() => finals(client).length === 2 || client.socket.destroyed, 'both answers');
  expect([statuses(client), requests()]).toEqual([
    [502, 200],
    ['0:1', '1:1'],
  ]);
});

describe('an upload that the server calls off behind its answer (RFC 9113 8.1): that arrives, and the rest is thrown away,', () => {
  const PIECE = 'a'.repeat(16_000);
  const begin = (id: number): Buffer => {
    const pieces = Array.from({ length: 10 }, () => frame(TYPE.DATA, 0, id, Buffer.from(PIECE)));
    return Buffer.concat([headers(id, block([[':status', '200']]), FLAG.END_HEADERS), ...pieces]);
  };
  const end = (id: number): Buffer =>
    Buffer.concat([
      frame(TYPE.DATA, FLAG.END_STREAM, id, Buffer.from(PIECE)),
      frame(TYPE.RST_STREAM, 0, id, uint32(CODE.NO_ERROR)),
    ]);
  const nothing = (): Buffer => Buffer.alloc(0);

  test.for<[when: string, atOnce: (id: number) => Buffer, whenStuck: (id: number) => Buffer]>([
    ['while it goes on', (id) => Buffer.concat([begin(id), end(id)]), nothing],
    ['when it waits for the server to take more', begin, end],
    ['when it waits, all in one', nothing, (id) => Buffer.concat([begin(id), end(id)])],
  ])('%s', async ([, atOnce, whenStuck]) => {
    lab.backend.onFrame = (peer, { type, id }) => {
      if (type === TYPE.HEADERS) peer.send(atOnce(id));
    };
    const client = lab.open();
    // The answer is still on its way to the client, which goes on sending.
    client.socket.isHeld = true;
    client.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000000\r\n\r\n');
    await until(() => requests().length === 1 && !client.socket.isPaused(), 'the request');
    const hasAnswer = (): Promise<void> => until(() => client.socket.writableLength > 0, 'the answer');
    const upload = Array.from({ length: 20 }, () => 'y'.repeat(50_000));
    if (atOnce !== nothing) await hasAnswer();
    if (whenStuck !== nothing) {
      // Twice the server's window.
      for (const part of upload.splice(0, 3)) client.send(part);
      await until(() => client.socket.isPaused(), 'an upload that waits');
      lab.backend.peers[0]!.send(whenStuck(1));
    }
    await hasAnswer();
    for (const part of upload) {
      client.send(part);
      await until(() => client.socket.readableLength === 0, 'the upload to be read');
    }
    client.socket.release();
    expect(await answer(client)).toBe(`200 ${PIECE.repeat(11)}`);
    expect([lab.held.plane.counters.inFlight, reasons()]).toEqual([0, {}]);
    await expectWell();
    expect(requests()).toEqual(['0:1', '0:3']);
  });
});

describe('a server that says GOAWAY and goes on standing there', () => {
  test('leaves no sockets behind, though it never ends its side', async () => {
    lab.backend.onRequest((peer, id) => {
      peer.socket.allowHalfOpen = true;
      peer.goAway(id);
      peer.respond(id);
    });
    for (let i = 0; i < 20; i++) expect(await answer(send(GET))).toBe('200 ok');
    const { peers } = lab.backend;
    expect(peers).toHaveLength(20);
    await until(() => peers.every(({ socket }) => socket.readableEnded), 'our end of all connections');
    lab.held.tick(LIMITS.lingerMs / 1000 + 2);
    await expectGone(peers);
  });

  test('and reads nothing, either, is given up when nobody waits for it', async () => {
    lab.backend.settings = [[INITIAL_WINDOW_SIZE, MAX_WINDOW]];
    lab.backend.onFrame = (peer, { type, id, flags }) => {
      if (type !== TYPE.HEADERS) return;
      if (peer.index > 0) peer.respond(id);
      else if ((flags & FLAG.END_STREAM) === 0) {
        peer.send(frame(TYPE.WINDOW_UPDATE, 0, 0, uint32(MAX_WINDOW - 65_535)));
        peer.socket.pause();
      }
    };
    const client = send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 60000000\r\n\r\n');
    await until(() => requests().length === 1, 'the upload');
    const left = send(GET);
    // More than all buffers on the way take: some is left with the client, which was told to wait.
    await until(() => {
      const isStuck = client.socket.readableLength > 0;
      if (!isStuck) client.send('y'.repeat(1_000_000));
      return isStuck;
    }, 'an upload that is stuck');
    lab.backend.peers[0]!.goAway(1);
    // The GOAWAY has come: what it leaves out goes elsewhere.
    expect(await answer(left)).toBe('200 ok');
    client.connection.destroy();
    await until(() => lab.held.plane.counters.inFlight === 0, 'the end of the upload');
    const { silenceMs, pingMs } = DEFAULT_TRANSPORT.timeouts;
    lab.held.tick((silenceMs + pingMs) / 1000 + 5);
    await expectGone(lab.backend.peers.slice(0, 1));
  });
});

test('a connection that was full once carries several requests at once again, up to what the server announced', async () => {
  lab.backend.settings = [[MAX_CONCURRENT_STREAMS, 4]];
  const waiting: [WirePeer, number][] = [];
  const hold = (peer: WirePeer, id: number): void => void waiting.push([peer, id]);
  lab.backend.onRequest((peer, id) =>
    id === 1 && peer.index === 0 ? hold(peer, id) : peer.reset(id, CODE.REFUSED_STREAM),
  );
  const first = send(GET);
  await until(() => waiting.length === 1, 'the request that runs');
  // There is room for one alone.
  expect(await answer(send(POST))).toMatch(/^502 /);
  const [peer, id] = waiting.pop()!;
  peer.respond(id);
  expect(await answer(first)).toBe('200 ok');
  for (let i = 0; i < 12; i++) await expectWell();
  lab.backend.onRequest(hold);
  const all = Array.from({ length: 6 }, () => send(GET));
  await until(() => waiting.length === all.length, 'all requests');
  expect(waiting.filter(([one]) => one.index === 0)).toHaveLength(4);
  for (const [one, stream] of waiting) one.respond(stream);
  for (const client of all) expect(await answer(client)).toBe('200 ok');
});

test('a request that was alone says nothing of how many its connection carries', async () => {
  await expectWell();
  lab.backend.onRequest((peer, id) => peer.reset(id, CODE.ENHANCE_YOUR_CALM));
  expect(await answer(send(POST))).toMatch(/^502 /);
  const waiting: [WirePeer, number][] = [];
  lab.backend.onRequest((peer, id) => void waiting.push([peer, id]));
  const all = Array.from({ length: 6 }, () => send(GET));
  await until(() => waiting.length === all.length, 'all requests');
  expect(lab.backend.peers).toHaveLength(1);
  for (const [peer, id] of waiting) peer.respond(id);
  for (const client of all) expect(await answer(client)).toBe('200 ok');
});

const headOf = (bytes: number): string =>
  `GET / HTTP/1.1\r\nHost: a.test\r\n${Array.from({ length: bytes / 1000 }, (_, i) => `X-${i}: ${'X'.repeat(990)}\r\n`).join('')}\r\n`;

function takeLongHeads(headBytes: number): void {
  Object.assign(lab.held.plane, { limits: { ...lab.held.plane.limits, headBytes, fields: 1000 } });
}

test.for([
  ['than the server says it takes', 8192, 12_000],
  // Some end the connection for it, and with it the requests of others.
  ['than servers bear', 1_000_000, 200_000],
])('a head that is larger %s is refused here: 431, and nobody hears of it', async ([, announced, bytes]) => {
  takeLongHeads(400_000);
  lab.backend.settings = [[MAX_HEADER_LIST_SIZE, announced as number]];
  const waiting: [WirePeer, number][] = [];
  lab.backend.onRequest((peer, id) => void waiting.push([peer, id]));
  const other = send(POST);
  await until(() => waiting.length === 1, 'the request of another');
  for (let i = 0; i < 6; i++) expect(await answer(send(headOf(bytes as number)))).toMatch(/^431 /);
  expect([requests(), reasons()]).toEqual([['0:1'], { head_too_large: 6 }]);
  waiting[0]![0].respond(1);
  expect(await answer(other)).toBe('200 ok');
});

test('a head as large as we take one reaches the server (T1)', async () => {
  takeLongHeads(120_000);
  lab.backend.onFrame = (peer, { type, flags, id }) => {
    const isHead = type === TYPE.HEADERS || type === TYPE.CONTINUATION;
    if (isHead && (flags & FLAG.END_HEADERS) !== 0) peer.respond(id);
  };
  // Of characters that HPACK makes no shorter.
  const fields = Array.from({ length: 14 }, (_, i) => `X-${i}: ${'X'.repeat(8_400)}\r\n`).join('');
  const head = `GET / HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n`;
  expect(head.length).toBeGreaterThan(117_000);
  expect(await answer(send(head))).toBe('200 ok');
  const pieces = [...lab.backend.of(TYPE.HEADERS), ...lab.backend.of(TYPE.CONTINUATION)];
  expect(pieces.reduce((sum, { payload }) => sum + payload.length, 0)).toBeGreaterThan(14 * 8_400);
});

describe('with a second server', () => {
  let second: WireServer;
  /** The first one that there is: a request that may go to any server goes to where it was. */
  const inOrder: Strategy = {
    pick: (upstreams, tried) => upstreams.find((one) => one.state === 'ready' && tried?.includes(one) !== true),
  };

  beforeEach(async () => {
    second = await new WireServer().listen();
    second.onRequest((peer, id) => peer.respond(id, [], 'second'));
    const other = new Upstream<UpstreamConnection>(server(second.port, { scheme: 'h2c' }), DEFAULT_TRANSPORT);
    other.state = 'ready';
    const traits = { passHostHeader: true };
    lab.held.route = { service: new Service('s', [lab.held.upstream, other], inOrder, traits) };
    return async () => {
      other.leave('down');
      await second.close();
    };
  });

  test('a GET that the first one resets on a connection that stands is answered by the other (B9)', async () => {
    // So that the connection is one in use.
    await expectWell();
    lab.backend.onRequest((peer, id) => peer.reset(id, CODE.INTERNAL_ERROR));
    expect(await answer(send(GET))).toBe('200 second');
    expect([requests(), second.peers.length]).toEqual([['0:1', '0:3'], 1]);
  });

  test('also when that was the last request of the connection', async () => {
    await expectWell();
    lab.backend.onRequest((peer, id) => {
      peer.goAway(id);
      peer.reset(id, CODE.INTERNAL_ERROR);
    });
    expect(await answer(send(GET))).toBe('200 second');
    expect([requests(), second.peers.length]).toEqual([['0:1', '0:3'], 1]);
  });
});
