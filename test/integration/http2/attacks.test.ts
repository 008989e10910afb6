import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { oneService, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import {
  block,
  CODE,
  FLAG,
  frame,
  GET,
  headers,
  Http2Wire,
  PREFACE,
  request,
  settings,
  TYPE,
  uint32,
} from '../../support/http2-wire.ts';

const { END_STREAM, END_HEADERS, PADDED } = FLAG;
const MB = 1 << 20;
const SHORT = { headMs: 1000, bodyIdleMs: 1000, keepAliveMs: 1000, stallMs: 1000 };
let backend: Server;
let plane: TestDataPlane;
let hasty: TestDataPlane;
const wires: Http2Wire[] = [];

beforeAll(async () => {
  backend = createServer((incoming, outgoing) => {
    incoming.resume();
    if (incoming.url === '/large') outgoing.end(Buffer.alloc(MB));
    else incoming.on('end', () => outgoing.end('ok'));
  }).listen(0, '127.0.0.1');
  await once(backend, 'listening');
  const snapshot = oneService([server((backend.address() as AddressInfo).port)]);
  plane = await startDataPlane(snapshot);
  hasty = await startDataPlane(snapshot, { limits: SHORT });
});
afterAll(async () => {
  await Promise.all([plane.stop(), hasty.stop()]);
  backend.close();
  backend.closeAllConnections();
});
afterEach(() => {
  for (const wire of wires.splice(0)) wire.close();
});

async function attacker(port = plane.httpsPort): Promise<Http2Wire> {
  const wire = await Http2Wire.open(port);
  wires.push(wire);
  return wire;
}

const data = (id: number, bytes: number): Buffer => frame(TYPE.DATA, 0, id, Buffer.alloc(bytes));
const windowUpdate = (id: number, bytes: number): Buffer => frame(TYPE.WINDOW_UPDATE, 0, id, uint32(bytes));
const post = (id: number): Buffer => headers(id, request({ ':method': 'POST' }), END_HEADERS);
const large = (id: number): Buffer => headers(id, request({ ':path': '/large' }));

/** Requests one after another while `attack` runs; how many there were, how long the longest took, and how the memory grew. */
async function meanwhile(attack: () => Promise<void>): Promise<{ served: number; longest: number; grown: number }> {
  const client = await attacker();
  const running = { isOver: false };
  let [served, longest] = [0, 0];
  const before = process.memoryUsage.rss();
  const visits = (async () => {
    for (let id = 1; !running.isOver || served < 3; id += 2) {
      const start = performance.now();
      if (!(await client.isWell(id))) throw new Error('a request was not served');
      longest = Math.max(longest, performance.now() - start);
      served += 1;
    }
  })();
  await attack().finally(() => (running.isOver = true));
  await visits;
  return { served, longest, grown: process.memoryUsage.rss() - before };
}

async function withoutHarm(attack: () => Promise<void>): Promise<void> {
  const { longest, grown } = await meanwhile(attack);
  expect(longest).toBeLessThan(3000);
  expect(grown).toBeLessThan(200 * MB);
  await vi.waitFor(async () => expect((await plane.counters()).inFlight).toBe(0), 3000);
  expect(plane.messages.filter(({ type }) => type === 'log')).toEqual([]);
}

/** Less than is read behind a GOAWAY (T9), so that it gets to the attacker. */
const FLOOD_BYTES = 160_000;

/** Sends until the other side ends the connection, or it should have. */
async function flood(wire: Http2Wire, more: (n: number) => Buffer): Promise<void> {
  let sent = 0;
  for (let n = 0; sent < FLOOD_BYTES && wire.socket.writable; n += 20) {
    const bytes = Buffer.concat(Array.from({ length: 20 }, (_, i) => more(n + i)));
    sent += bytes.length;
    wire.socket.write(bytes);
    await new Promise((resolve) => setImmediate(resolve));
    if (wire.frames.some(({ type }) => type === TYPE.GOAWAY)) break;
  }
}

describe('others are served while', () => {
  test.for<[what: string, before: readonly Buffer[], more: (n: number) => Buffer]>([
    ['rapid reset', [], (n) => Buffer.concat([headers(2 * n + 1), frame(TYPE.RST_STREAM, 0, 2 * n + 1, uint32(8))])],
    ['MadeYouReset by a window', [], (n) => Buffer.concat([headers(2 * n + 1), windowUpdate(2 * n + 1, 0)])],
    ['MadeYouReset by DATA', [], (n) => Buffer.concat([headers(2 * n + 1), data(2 * n + 1, 1)])],
    ['CONTINUATION', [headers(1, block(GET), 0)], () => frame(TYPE.CONTINUATION, 0, 1)],
    [
      'CONTINUATION with fields',
      [headers(1, block(GET), 0)],
      () => frame(TYPE.CONTINUATION, 0, 1, block([['a', 'b'.repeat(2500)]])),
    ],
    ['SETTINGS', [], () => settings([4, 70_000])],
    ['PING', [], () => frame(TYPE.PING, 0, 0, Buffer.alloc(8))],
    ['empty DATA', [post(1)], () => data(1, 0)],
    [
      'DATA that is empty but for its padding',
      [post(1), post(3)],
      () => frame(TYPE.DATA, PADDED, 2, Buffer.alloc(256, 255)),
    ],
    ['PRIORITY', [], () => frame(TYPE.PRIORITY, 0, 1, Buffer.alloc(5))],
    ['WINDOW_UPDATE', [], () => windowUpdate(0, 1)],
    ['unknown frames', [], () => frame(200, 255, 5, Buffer.alloc(9))],
    ['GOAWAY, and on', [], () => frame(TYPE.GOAWAY, 0, 0, Buffer.alloc(8))],
  ])('one client sends %s', async ([what, before, more]) => {
    await withoutHarm(async () => {
      const wire = await attacker();
      wire.send(...before);
      await flood(wire, more);
      // DATA on a stream that no client can have is worse than a nuisance.
      expect(await wire.goAway()).toBe(what.includes('padding') ? CODE.PROTOCOL_ERROR : CODE.ENHANCE_YOUR_CALM);
      await wire.until(() => wire.isClosed, 'the end');
    });
  });

  const indexed = block([['x-a', 'y'.repeat(4000)]]);
  indexed[0] = 0x40;
  test.for<[what: string, status: number, first: Buffer, rest: Buffer]>([
    ['refers to a large field again and again', 431, indexed, Buffer.alloc(15_000, 0xbe)],
    [
      'has thousands of empty fields',
      431,
      Buffer.alloc(0),
      Buffer.concat(Array<Buffer>(5000).fill(block([['x', '']]))),
    ],
    [
      'has thousands of cookies',
      200,
      Buffer.alloc(0),
      Buffer.concat(Array<Buffer>(1600).fill(Buffer.from([0x10 | 15, 32 - 15, 1, 97]))),
    ],
    ['resizes the table all the time', 200, Buffer.alloc(0), Buffer.alloc(0)],
  ])('a block %s', async ([what, status, first, rest]) => {
    await withoutHarm(async () => {
      const wire = await attacker();
      const begin = what.includes('resizes') ? Buffer.alloc(10_000, 0x20) : Buffer.alloc(0);
      for (let n = 0; n < 60; n++) {
        wire.send(headers(2 * n + 1, Buffer.concat([begin, block(GET), first]), END_STREAM));
        for (let at = 0; at < rest.length; at += 16_000)
          wire.send(frame(TYPE.CONTINUATION, 0, 2 * n + 1, rest.subarray(at, at + 16_000)));
        wire.send(frame(TYPE.CONTINUATION, END_HEADERS, 2 * n + 1));
      }
      expect(await wire.status(119)).toBe(status);
      expect(await wire.isWell(121)).toBe(true);
    });
  });

  test.for([0, 1])('a hundred responses of 1 MB have a window of %i', async (window) => {
    await withoutHarm(async () => {
      const wire = await attacker();
      wire.send(settings([4, window]), ...Array.from({ length: 100 }, (_, i) => large(2 * i + 1)));
      await wire.until(() => wire.frames.filter(({ type }) => type === TYPE.HEADERS).length === 100, 'the heads');
      expect(wire.frames.filter(({ type, payload }) => type === TYPE.DATA && payload.length > window)).toEqual([]);
      wire.close();
    });
  });

  test('a hundred responses of 1 MB are not read at all', async () => {
    await withoutHarm(async () => {
      const wire = await attacker();
      wire.send(settings([4, 0x7fff_ffff]), windowUpdate(0, 0x7000_0000));
      wire.socket.pause();
      wire.send(...Array.from({ length: 100 }, (_, i) => large(2 * i + 1)));
      await vi.waitFor(async () => expect((await plane.counters()).inFlight).toBeGreaterThan(50), 3000);
      wire.close();
    });
  });

  test('twenty clients have a hundred half-open requests each', async () => {
    await withoutHarm(async () => {
      const many = await Promise.all(Array.from({ length: 20 }, () => attacker()));
      for (const wire of many) wire.send(...Array.from({ length: 100 }, (_, i) => post(2 * i + 1)));
      await vi.waitFor(async () => expect((await plane.counters()).inFlight).toBeGreaterThanOrEqual(2000), 3000);
      for (const wire of many) wire.close();
    });
  });

  test('payload comes in octets with huge padding', async () => {
    await withoutHarm(async () => {
      const wire = await attacker();
      wire.send(post(1));
      const one = frame(TYPE.DATA, PADDED, 1, Buffer.alloc(257, 255));
      // As much as the window takes, and then nothing is left of it: padding is given back like payload.
      for (let n = 0; n < 10; n++) {
        const before = wire.frames.length;
        wire.send(Buffer.concat(Array<Buffer>(400).fill(one)));
        await wire.until(
          () => wire.frames.slice(before).some(({ type, id }) => type === TYPE.WINDOW_UPDATE && id === 1),
          'window',
        );
      }
      wire.send(frame(TYPE.DATA, END_STREAM, 1));
      expect(await wire.status(1)).toBe(200);
    });
  });
});

describe('who is too slow is gone in his time', () => {
  test.for<[what: string, first: readonly Buffer[], again: Buffer]>([
    ['the preface', [PREFACE.subarray(0, 10)], Buffer.alloc(0)],
    ['SETTINGS', [PREFACE], Buffer.alloc(0)],
    ['a frame', [PREFACE, settings(), headers(1).subarray(0, 20)], Buffer.alloc(0)],
    ['a block', [PREFACE, settings(), headers(1, block(GET), 0)], frame(TYPE.CONTINUATION, 0, 1)],
    ['a request', [PREFACE, settings()], frame(TYPE.PING, 0, 0, Buffer.alloc(8))],
  ])('%s', async ([, first, again]) => {
    const wire = await Http2Wire.connect(hasty.httpsPort);
    wires.push(wire);
    wire.send(...first);
    const timer = setInterval(() => wire.socket.writable && wire.send(again), 200);
    expect(await wire.goAway().finally(() => clearInterval(timer))).toBe(CODE.NO_ERROR);
    await wire.until(() => wire.isClosed, 'the end');
  });

  test.for<[what: string, first: readonly Buffer[]]>([
    ['a body', [post(1), data(1, 5)]],
    ['a response', [settings([4, 1]), large(1)]],
  ])('%s: the stream alone', async ([what, first]) => {
    const wire = await attacker(hasty.httpsPort);
    wire.send(...first);
    if (what === 'a body') expect(await wire.status(1)).toBe(408);
    else expect(await wire.reset(1)).toBeGreaterThan(0);
    expect(await wire.isWell(3)).toBe(true);
  });
});
