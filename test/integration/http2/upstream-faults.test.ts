import { describe, expect, test, vi } from 'vitest';
import { DEFAULT_TRANSPORT } from '../../../src/config/default-transport.ts';
import { finals, GET, statuses, until } from '../../support/held-lab.ts';
import { WireServer, type WirePeer } from '../../support/http2-wire-server.ts';
import { block, CODE, FLAG, frame, headers, TYPE } from '../../support/http2-wire.ts';
import { WireLab } from '../../support/wire-lab.ts';

const POST = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello';
const CHUNKED =
  'POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n';
const MAX_CONCURRENT_STREAMS = 3;

const lab = new WireLab();
const { send, answer, reasons, requests, expectWell } = lab;

describe('a request that the server refuses is sent again, whatever its method', () => {
  test.for([
    ['GET', GET, ''],
    ['POST', POST, 'hello'],
    ['POST in chunks', CHUNKED, 'hello'],
  ] as const)('%s, by REFUSED_STREAM', async ([, text, body]) => {
    let refused = 0;
    lab.backend.onRequest((peer, id) => {
      if (++refused <= 2) peer.reset(id, CODE.REFUSED_STREAM);
      else peer.respond(id, [], peer.body(id) || 'ok');
    });
    expect(await answer(send(text))).toBe(`200 ${body || 'ok'}`);
    expect(requests()).toHaveLength(3);
    await expectWell();
  });

  test('POST, by a GOAWAY that leaves it out: on another connection, and the one before it is finished', async () => {
    const seen: [WirePeer, number][] = [];
    lab.backend.onRequest((peer, id) => {
      if (peer.index > 0) peer.respond(id, [], peer.body(id));
      else seen.push([peer, id]);
      if (seen.length === 2 && peer.index === 0) peer.goAway(1);
    });
    const [first, second] = [send(POST.replace('hello', 'first')), send(POST)];
    expect(await answer(second)).toBe('200 hello');
    seen[0]![0].respond(1, [], 'first');
    expect([await answer(first), requests()]).toEqual(['200 first', ['0:1', '0:3', '1:1']]);
    await until(() => lab.backend.peers[0]!.hasEnded, 'the end of the first connection');
  });

  test('POST, by a GOAWAY with an error', async () => {
    lab.backend.onRequest((peer, id) => {
      if (peer.index > 0) peer.respond(id, [], peer.body(id));
      else peer.goAway(0, CODE.ENHANCE_YOUR_CALM);
    });
    expect(await answer(send(POST))).toBe('200 hello');
  });

  test('on one more connection, where one takes fewer than it said', async () => {
    const waiting: [WirePeer, number][] = [];
    lab.backend.onRequest((peer, id) => {
      if (waiting.filter(([one]) => one === peer).length === 2) peer.reset(id, CODE.REFUSED_STREAM);
      else waiting.push([peer, id]);
    });
    const all = Array.from({ length: 5 }, () => send(POST));
    await until(() => waiting.length === 5, 'all requests');
    expect(lab.backend.peers).toHaveLength(3);
    for (const [peer, id] of waiting) peer.respond(id, [], peer.body(id));
    for (const client of all) expect(await answer(client)).toBe('200 hello');
  });

  test('but not for ever', async () => {
    lab.backend.onRequest((peer, id) => peer.reset(id, CODE.REFUSED_STREAM));
    expect(await answer(send(POST))).toMatch(/^502 /);
    expect([requests().length, reasons()]).toEqual([4, { upstream_reset: 1 }]);
    await expectWell();
  });

  test('and not with more payload than was kept', async () => {
    let isRefused = false;
    lab.backend.onFrame = (peer, { type, id }) => {
      if (type !== TYPE.DATA || isRefused || peer.body(id).length < 60_000) return;
      isRefused = true;
      peer.reset(id, CODE.REFUSED_STREAM);
    };
    const client = send(`POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 300000\r\n\r\n${'x'.repeat(100_000)}`);
    expect(await answer(client)).toMatch(/^502 /);
    expect(requests()).toHaveLength(1);
  });

  test('with a payload that is still coming', async () => {
    let refused = 0;
    lab.backend.onFrame = (peer, { type, flags, id }) => {
      if (type === TYPE.DATA && ++refused === 1) peer.reset(id, CODE.REFUSED_STREAM);
      else if (type === TYPE.DATA && (flags & FLAG.END_STREAM) !== 0) peer.respond(id, [], peer.body(id));
    };
    const client = send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nhello');
    await until(() => requests().length === 2, 'the second attempt');
    client.send('world');
    expect(await answer(client)).toBe('200 helloworld');
  });
});

test('a server that has enough of one connection gets another: as node:http2 has when large answers wait', async () => {
  await expectWell();
  const waiting: [WirePeer, number][] = [];
  lab.backend.onRequest((peer, id) => {
    if (waiting.filter(([one]) => one === peer).length === 2) peer.reset(id, CODE.ENHANCE_YOUR_CALM);
    else waiting.push([peer, id]);
  });
  const all = Array.from({ length: 3 }, () => send(GET));
  await until(() => waiting.length === 3, 'all requests');
  expect(lab.backend.peers).toHaveLength(2);
  for (const [peer, id] of waiting) peer.respond(id);
  for (const client of all) expect(await answer(client)).toBe('200 ok');
});

describe('a server that breaks a request off', () => {
  test.for<[what: string, text: string, sent: number, act: (peer: WirePeer, id: number) => void]>([
    // The server has seen it, and there is no other one.
    ['by a reset', GET, 1, (peer, id) => peer.reset(id, CODE.INTERNAL_ERROR)],
    ['by a reset', POST, 1, (peer, id) => peer.reset(id, CODE.INTERNAL_ERROR)],
    ['by a reset without a fault', POST, 1, (peer, id) => peer.reset(id, CODE.NO_ERROR)],
    ['by a reset with CANCEL', POST, 1, (peer, id) => peer.reset(id, CODE.CANCEL)],
    ['by ending the connection', GET, 2, (peer) => peer.socket.end()],
    ['by ending the connection', POST, 1, (peer) => peer.socket.end()],
    ['by resetting the connection', POST, 1, (peer) => peer.socket.resetAndDestroy()],
    ['by nonsense', POST, 1, (peer) => peer.socket.write('x'.repeat(100))],
    ['by a GOAWAY that says it was seen', POST, 1, (peer, id) => peer.goAway(id, CODE.INTERNAL_ERROR)],
    // The code is that of the connection's end, and says nothing of a request that the GOAWAY covers.
    ['by such a GOAWAY with REFUSED_STREAM', POST, 1, (peer, id) => peer.goAway(id, CODE.REFUSED_STREAM)],
  ])('%s: 502, and a GET that was lost with its connection is asked once more (%#)', async ([, text, sent, act]) => {
    // On a connection in use that may only mean that it was closed.
    await expectWell();
    lab.backend.onRequest(act);
    expect(await answer(send(text))).toMatch(/^502 /);
    expect([requests().length - 1, reasons()]).toEqual([sent, { upstream_reset: 1 }]);
    await expectWell();
  });

  test.for<[what: string, act: (peer: WirePeer, id: number) => void]>([
    ['by a reset', (peer, id) => peer.reset(id, CODE.INTERNAL_ERROR)],
    ['by a reset without a fault', (peer, id) => peer.reset(id, CODE.NO_ERROR)],
    ['by a reset with CANCEL', (peer, id) => peer.reset(id, CODE.CANCEL)],
    ['by refusing what it has begun', (peer, id) => peer.reset(id, CODE.REFUSED_STREAM)],
    ['by ending the connection', (peer) => peer.socket.end()],
    ['by resetting the connection', (peer) => peer.socket.resetAndDestroy()],
    ['by a GOAWAY with an error', (peer, id) => peer.goAway(id, CODE.INTERNAL_ERROR)],
  ])('%s, inside its answer: the client sees the cut (B11)', async ([, act]) => {
    for (const fields of [[], [['content-length', '10'] as const]]) {
      const seen = requests().length;
      lab.backend.onRequest((peer, id) => {
        peer.send(headers(id, block([[':status', '200'], ...fields]), FLAG.END_HEADERS));
        peer.send(frame(TYPE.DATA, 0, id, Buffer.from('hello')));
        setTimeout(() => act(peer, id), 20);
      });
      const client = send(GET);
      await until(() => client.socket.destroyed, 'the cut');
      expect(client.socket.sent).toContain('hello');
      expect([finals(client), requests().length - seen]).toEqual([[], 1]);
      await expectWell();
    }
    expect(reasons()).toEqual({ upstream_cut_short: 2 });
  });

  test('only this stream: the others on the connection go on', async () => {
    const waiting: [WirePeer, number][] = [];
    lab.backend.onRequest((peer, id) => {
      waiting.push([peer, id]);
      if (waiting.length === 3) peer.reset(id, CODE.INTERNAL_ERROR);
    });
    const [one, two] = [send(POST), send(POST)];
    await until(() => waiting.length === 2, 'two requests');
    expect(await answer(send(POST))).toMatch(/^502 /);
    for (const [peer, id] of waiting.slice(0, 2)) peer.respond(id);
    expect([await answer(one), await answer(two), lab.backend.peers.length]).toEqual(['200 ok', '200 ok', 1]);
  });

  test('by NO_ERROR behind a complete answer: that stands (B12)', async () => {
    lab.backend.onFrame = (peer, { type, id }) => {
      if (type !== TYPE.HEADERS) return;
      peer.respond(id, [], 'enough');
      peer.reset(id, CODE.NO_ERROR);
    };
    const client = send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000\r\n\r\nabc');
    expect(await answer(client)).toBe('200 enough');
  });
});

describe('a response that is refused', () => {
  test.for<[what: string, fields: readonly (readonly [string, string])[], reason: string]>([
    ['a field of connections', [['connection', 'close']], 'upstream_reset'],
    ['an upper-case name', [['X-A', '1']], 'upstream_reset'],
    [
      'two lengths',
      [
        ['content-length', '1'],
        ['content-length', '2'],
      ],
      'upstream_reset',
    ],
    ['a length that is none', [['content-length', 'x']], 'upstream_reset'],
    ['a coding', [['transfer-encoding', 'chunked']], 'upstream_reset'],
    ['too many fields', Array.from({ length: 201 }, (_, n) => [`x-${n}`, '1'] as const), 'upstream_invalid'],
  ])('for %s: 502', async ([, fields, reason]) => {
    lab.backend.onRequest((peer, id) => peer.respond(id, fields, 'ok'));
    expect(await answer(send(POST))).toMatch(/^502 /);
    expect(reasons()).toEqual({ [reason]: 1 });
    await expectWell();
  });

  test('but 200 fields are none too many (T17)', async () => {
    const fields = Array.from({ length: 200 }, (_, n) => [`x-${n}`, '1'] as const);
    lab.backend.onRequest((peer, id) => peer.respond(id, fields));
    expect(await answer(send(GET))).toBe('200 ok');
  });

  test.for([
    ['16 interim responses', 16, '200 ok'],
    ['17', 17, '502'],
  ] as const)('%s (B6)', async ([, count, expected]) => {
    lab.backend.onRequest((peer, id) => {
      for (let i = 0; i < count; i++) peer.send(headers(id, block([[':status', '103']]), FLAG.END_HEADERS));
      peer.respond(id);
    });
    expect(await answer(send(POST))).toMatch(new RegExp(`^${expected}`));
  });

  test.for(['101', '99', '600', 'abc', '2000'])('for the status %s', async (status) => {
    lab.backend.onRequest((peer, id) => peer.send(headers(id, block([[':status', status]]))));
    expect(await answer(send(POST))).toMatch(/^502 /);
    await expectWell();
  });

  test.for([
    ['more', '3', 'hello'],
    ['less', '9', 'hello'],
  ] as const)('for %s payload than it said: cut', async ([, length, body]) => {
    lab.backend.onRequest((peer, id) => peer.respond(id, [['content-length', length]], body));
    const client = send(GET);
    await until(() => client.socket.destroyed, 'the cut');
    expect(finals(client)).toEqual([]);
    await expectWell();
  });

  test('a pushed response is not wanted, and costs nothing', async () => {
    await expectWell();
    const sent = lab.backend.of(TYPE.SETTINGS)[0]!.payload;
    const pairs = Array.from({ length: sent.length / 6 }, (_, n) => [
      sent.readUInt16BE(n * 6),
      sent.readUInt32BE(n * 6 + 2),
    ]);
    expect(pairs).toContainEqual([2, 0]);
    expect(pairs).toContainEqual([4, 262_144]);
  });
});

describe('connections', () => {
  test('requests that come while one is opened wait for it', async () => {
    const all = Array.from({ length: 30 }, () => send(GET));
    for (const client of all) expect(await answer(client)).toBe('200 ok');
    expect(lab.backend.peers).toHaveLength(1);
  });

  test('no server gets more streams than it takes: then there is one more connection', async () => {
    lab.backend.settings = [[MAX_CONCURRENT_STREAMS, 2]];
    const waiting: [WirePeer, number][] = [];
    lab.backend.onRequest((peer, id) => waiting.push([peer, id]));
    const all = Array.from({ length: 5 }, () => send(GET));
    await until(() => waiting.length === 5, 'all requests');
    expect(lab.backend.peers).toHaveLength(3);
    for (const [peer, id] of waiting) peer.respond(id);
    for (const client of all) expect(await answer(client)).toBe('200 ok');
    // The first one has room again.
    lab.backend.onRequest((peer, id) => peer.respond(id, [], String(peer.index)));
    expect([await answer(send(GET)), lab.backend.peers.length]).toEqual(['200 0', 3]);
  });

  test('that are idle are closed in time (T15), and kept no longer than they may', async () => {
    await expectWell();
    lab.held.tick(30);
    expect(lab.backend.peers[0]!.hasEnded).toBe(false);
    lab.held.tick(35);
    await until(() => lab.backend.peers[0]!.hasEnded, 'the end');
    await expectWell();
    expect(lab.backend.peers).toHaveLength(2);
  });

  test('none is kept where none may be (T16)', async () => {
    lab.over({ maxIdle: 0 });
    await expectWell();
    await until(() => lab.backend.peers[0]!.hasEnded, 'the end');
    await expectWell();
  });

  test('a server that leaves gets no new request; those it has are finished, and then the connection is closed', async () => {
    const waiting: [WirePeer, number][] = [];
    lab.backend.onRequest((peer, id) => waiting.push([peer, id]));
    const client = send(GET);
    await until(() => waiting.length === 1, 'the request');
    lab.held.upstream.leave('draining');
    expect(await answer(send(GET))).toMatch(/^503 /);
    expect(lab.backend.peers[0]!.hasEnded).toBe(false);
    waiting[0]![0].respond(1);
    expect(await answer(client)).toBe('200 ok');
    await until(() => lab.backend.peers[0]!.hasEnded, 'the end of the connection');
    lab.held.upstream.state = 'ready';
    await expectWell();
  });

  test('a server that leaves while it is connected to gets nothing', async () => {
    const [one, two] = [send(GET), send(POST)];
    // They are on their way, and the connection is not there yet.
    while (lab.held.plane.counters.inFlight < 2) await new Promise((resolve) => process.nextTick(resolve));
    lab.held.upstream.leave('draining');
    expect([await answer(one), await answer(two)].map((text) => text.slice(0, 3))).toEqual(['503', '503']);
    expect([reasons(), requests()]).toEqual([{ server_left: 2 }, []]);
    await until(() => lab.backend.peers.every(({ hasEnded }) => hasEnded), 'the end of the connection');
  });

  test('an idle one is closed when its server leaves', async () => {
    await expectWell();
    lab.held.upstream.leave('draining');
    await until(() => lab.backend.peers[0]!.hasEnded, 'the end of the connection');
  });

  test('a client that leaves has its request called off, and the connection lives on', async () => {
    lab.backend.onRequest(() => {});
    const client = send(POST);
    await until(() => requests().length === 1, 'the request');
    client.connection.destroy();
    await until(() => lab.backend.of(TYPE.RST_STREAM).length === 1, 'the reset');
    expect(lab.backend.of(TYPE.RST_STREAM)[0]!.payload.readUInt32BE(0)).toBe(CODE.CANCEL);
    await expectWell();
    expect(lab.backend.peers).toHaveLength(1);
  });
});

describe('a server that says nothing', () => {
  test('no SETTINGS: 504 in the time to connect (T11)', async () => {
    await lab.backend.close();
    const { createServer } = await import('node:net');
    const deaf = createServer(() => {}).listen(lab.backend.port, '127.0.0.1');
    const [one, two] = [send(GET), send(POST)];
    await vi.waitFor(() => expect(lab.held.plane.counters.inFlight).toBe(2));
    lab.held.tick(7);
    expect([await answer(one), await answer(two)].map((text) => text.slice(0, 3))).toEqual(['504', '504']);
    expect(reasons()).toEqual({ connect_timeout: 2 });
    deaf.close();
    lab.backend = await new WireServer().listen();
  });

  test('no head: 504, and the stream is called off (T12)', async () => {
    lab.backend.onRequest(() => {});
    const client = send(GET);
    await until(() => requests().length === 1, 'the request');
    for (let i = 0; i < 62; i++) {
      lab.held.tick(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([(await answer(client)).slice(0, 3), reasons()]).toEqual(['504', { response_timeout: 1 }]);
    await until(() => lab.backend.of(TYPE.RST_STREAM).length === 1, 'the reset');
    await expectWell();
    expect([requests().length, lab.backend.peers.length]).toEqual([2, 1]);
  });

  test('not even to a PING: it is dead, and its streams fail as resets', async () => {
    lab.backend.answersPings = false;
    lab.backend.onRequest((peer, id) => {
      if (id === 3) peer.send(headers(id, block([[':status', '200']]), FLAG.END_HEADERS));
    });
    const [one, two] = [send(POST), send(POST)];
    await until(() => statuses(two).length === 0 && two.socket.sent.includes('200 OK'), 'a head');
    lab.held.tick(17);
    await until(() => lab.backend.of(TYPE.PING).length === 1, 'a PING');
    lab.held.tick(12);
    expect((await answer(one)).slice(0, 3)).toBe('502');
    await until(() => two.socket.destroyed, 'the cut');
    expect(reasons()).toEqual({ upstream_reset: 1, upstream_cut_short: 1 });
    await expectWell();
  });

  test('for as long as its transport says: it is not asked before, nor given up', async () => {
    const long = { responseHeadMs: 600_000, silenceMs: 60_000, pingMs: 30_000 };
    lab.over({ timeouts: { ...DEFAULT_TRANSPORT.timeouts, ...long } });
    lab.backend.answersPings = false;
    const waiting: [WirePeer, number][] = [];
    lab.backend.onRequest((peer, id) => waiting.push([peer, id]));
    const client = send(POST);
    await until(() => waiting.length === 1, 'the request');
    lab.held.tick(62);
    await until(() => lab.backend.of(TYPE.PING).length === 1, 'a PING');
    lab.held.tick(28);
    waiting[0]![0].respond(waiting[0]![1]);
    expect(await answer(client)).toBe('200 ok');
    const late = send(POST);
    await until(() => waiting.length === 2, 'the request');
    for (const seconds of [62, 32]) {
      lab.held.tick(seconds);
      await until(() => lab.backend.of(TYPE.PING).length === 2, 'a PING');
    }
    expect((await answer(late)).slice(0, 3)).toBe('502');
  });

  test('and answers is asked again after as much silence, however long an answer may take', async () => {
    lab.over({
      timeouts: { ...DEFAULT_TRANSPORT.timeouts, responseHeadMs: 600_000, silenceMs: 5000, pingMs: 120_000 },
    });
    const waiting: [WirePeer, number][] = [];
    lab.backend.onRequest((peer, id) => waiting.push([peer, id]));
    const client = send(POST);
    await until(() => waiting.length === 1, 'the request');
    for (let n = 1; n <= 3; n++) {
      lab.held.tick(7);
      await until(() => lab.backend.of(TYPE.PING).length === n, 'a PING');
      // The answer is behind it, and in front of this one.
      const [peer, id] = waiting[0]!;
      peer.send(
        headers(
          id,
          block([
            [':status', '103'],
            ['link', String(n)],
          ]),
          FLAG.END_HEADERS,
        ),
      );
      await until(() => client.socket.sent.includes(`link: ${n}`), 'what came behind the answer');
    }
    waiting[0]![0].respond(1);
    await until(() => client.socket.sent.includes('200 OK'), 'the answer');
  });

  test('but to a PING: it is waited for', async () => {
    const waiting: [WirePeer, number][] = [];
    lab.backend.onRequest((peer, id) => waiting.push([peer, id]));
    const client = send(POST);
    await until(() => waiting.length === 1, 'the request');
    for (let i = 1; i <= 2; i++) {
      lab.held.tick(17);
      await until(() => lab.backend.of(TYPE.PING).length === i, 'a PING');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    waiting[0]![0].respond(1);
    expect(await answer(client)).toBe('200 ok');
  });
});

test.for<[what: string, act: (peer: WirePeer, id: number) => void]>([
  ['its end', (peer) => peer.socket.end()],
  ['its reset', (peer) => setTimeout(() => peer.socket.resetAndDestroy(), 20)],
  ['a GOAWAY', (peer, id) => peer.goAway(id)],
  ['a GOAWAY with an error', (peer, id) => peer.goAway(id, CODE.INTERNAL_ERROR)],
  ['a GOAWAY with an error and its end', (peer, id) => (peer.goAway(id, CODE.INTERNAL_ERROR), peer.socket.end())],
  ['nonsense', (peer) => peer.send(Buffer.alloc(100, 0xff))],
])('an answer that came before its connection ended by %s stands', async ([, act]) => {
  lab.backend.onRequest((peer, id) => {
    peer.socket.cork();
    peer.respond(id, [], 'whole');
    act(peer, id);
    peer.socket.uncork();
  });
  expect(await answer(send(POST))).toBe('200 whole');
  expect(requests()).toHaveLength(1);
  await expectWell();
});

test('an answer that is complete is not lost with its connection, however slowly its client reads', async () => {
  const body = 'x'.repeat(200_000);
  lab.backend.onRequest((peer, id) => {
    peer.send(headers(id, block([[':status', '200']]), FLAG.END_HEADERS));
    for (let at = 0; at < body.length; at += 16_000) {
      const isLast = at + 16_000 >= body.length;
      peer.send(frame(TYPE.DATA, isLast ? FLAG.END_STREAM : 0, id, Buffer.from(body.slice(at, at + 16_000))));
    }
    peer.goAway(id);
    peer.socket.end();
  });
  const client = lab.open();
  client.socket.isHeld = true;
  client.send(GET);
  await until(() => lab.backend.peers[0]?.hasEnded === true, 'the end of the connection');
  client.socket.release();
  expect((await answer(client)).length).toBe(4 + body.length);
});
