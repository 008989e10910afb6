import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ClientHttp2Session, Settings } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { oneService, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { holdsFor } from '../../support/fault-lab.ts';
import { ask, Http2Request, openHttp2, pattern, sha1 } from '../../support/http2-client.ts';
import { CODE } from '../../support/http2-wire.ts';

const MB = 1024 * 1024;
/** What kernels hold on the way, of four sockets, and what the router may hold. */
const ON_THE_WAY = 24 * MB;
const LARGE = pattern(64 * MB);

let backend: Server;
let plane: TestDataPlane;
let session: ClientHttp2Session;
let handle: (incoming: IncomingMessage, outgoing: ServerResponse) => void;

beforeAll(async () => {
  backend = createServer((incoming, outgoing) => {
    if (incoming.url !== '/ok') return handle(incoming, outgoing);
    incoming.resume();
    outgoing.end('ok');
    return undefined;
  }).listen(0, '127.0.0.1');
  await once(backend, 'listening');
  plane = await startDataPlane(oneService([server((backend.address() as AddressInfo).port)]));
});
afterAll(async () => {
  await plane.stop();
  backend.close();
  backend.closeAllConnections();
});

/** A session with what this client says of itself. */
async function open(settings: Settings = {}): Promise<ClientHttp2Session> {
  session = await openHttp2(plane.httpsPort, { settings });
  return session;
}
beforeEach(() => open());
afterEach(async () => {
  session.destroy();
  await vi.waitFor(async () => expect((await plane.counters()).inFlight).toBe(0));
});

const isServed = async (): Promise<boolean> => (await ask(session, { ':path': '/ok' })).text === 'ok';

/** A number that does not change for some time. */
async function settled(value: () => number): Promise<number> {
  let last = -1;
  await holdsFor(60, () => {
    const now = value();
    const isSame = now === last;
    last = now;
    return isSame;
  });
  return last;
}

describe('whoever reads slowly', () => {
  test('a server holds up its own request and no other', async () => {
    let incoming: IncomingMessage | undefined;
    let outgoing: ServerResponse | undefined;
    handle = (one, two) => ([incoming, outgoing] = [one, two]);
    const before = session.socket.bytesWritten;
    const request = new Http2Request(session, { ':method': 'POST' }, false).read();
    request.stream.end(LARGE);
    await vi.waitFor(() => expect(incoming).toBeDefined());
    const sent = (await settled(() => session.socket.bytesWritten)) - before;
    expect([sent > 256 * 1024, sent < ON_THE_WAY]).toEqual([true, true]);
    expect(await isServed()).toBe(true);
    const hash = createHash('sha1');
    incoming!.on('data', (chunk: Buffer) => hash.update(chunk)).on('end', () => outgoing!.end(hash.digest('hex')));
    expect((await request.done()).text).toBe(sha1(LARGE));
  });

  test('a client holds up its own response and no other', async () => {
    let written = 0;
    handle = (_, outgoing) => {
      const next = (): void => {
        if (written === LARGE.length) outgoing.end();
        else {
          outgoing.write(LARGE.subarray(written, written + MB), () => {
            written += MB;
            next();
          });
        }
      };
      next();
    };
    const request = new Http2Request(session);
    await once(request.stream, 'response');
    const most = await settled(() => written);
    expect([most > 0, most < ON_THE_WAY]).toEqual([true, true]);
    expect(await isServed()).toBe(true);
    const answer = await request.read().done();
    expect([answer.bytes, answer.sha1, answer.code]).toEqual([LARGE.length, sha1(LARGE), 0]);
  });

  test('fifty clients of one connection that do not read hold up nobody', async () => {
    handle = (_, outgoing) => void outgoing.end(LARGE.subarray(0, 4 * MB));
    const requests = Array.from({ length: 50 }, () => new Http2Request(session));
    await Promise.all(requests.map(({ stream }) => once(stream, 'response')));
    // Payload that nobody reads may fill the window of the connection, but not what has no payload.
    const head = new Http2Request(session, { ':method': 'HEAD', ':path': '/ok' }).read();
    expect((await head.done()).status).toBe(200);
    for (const request of requests.slice(0, 49)) request.stream.close(CODE.CANCEL);
    expect((await requests[49]!.read().done()).sha1).toBe(sha1(LARGE.subarray(0, 4 * MB)));
    expect(await isServed()).toBe(true);
  });
});

describe('windows', () => {
  test('of one byte', async () => {
    await open({ initialWindowSize: 1 });
    const payload = pattern(300);
    handle = (_, outgoing) => void outgoing.end(payload);
    const answers = await Promise.all([ask(session), ask(session)]);
    expect(answers.map(({ sha1: sum, code }) => [sum, code])).toEqual(answers.map(() => [sha1(payload), 0]));
  });

  test('of nothing, opened later', async () => {
    await open({ initialWindowSize: 0 });
    const payload = pattern(5 * MB);
    handle = (incoming, outgoing) => void outgoing.end(incoming.url === '/empty' ? '' : payload);
    const request = new Http2Request(session).read();
    await once(request.stream, 'response');
    // What has no payload needs no window.
    expect((await ask(session, { ':path': '/empty' })).code).toBe(0);
    expect(request.bytes).toBe(0);
    session.settings({ initialWindowSize: 100_000 });
    expect((await request.done()).sha1).toBe(sha1(payload));
  });

  test('of nothing, opened later: trailers wait for the payload', async () => {
    await open({ initialWindowSize: 0 });
    let isSent = false;
    handle = (_, outgoing) => {
      outgoing.writeHead(200, { trailer: 'x-sum' });
      outgoing.write(LARGE.subarray(0, 100_000));
      outgoing.addTrailers({ 'x-sum': 'abc' });
      outgoing.end(() => (isSent = true));
    };
    const request = new Http2Request(session).read();
    await once(request.stream, 'response');
    await vi.waitFor(() => expect(isSent).toBe(true), { interval: 1 });
    // A round trip on the same connection: what the server sent before is there.
    expect((await ask(session, { ':path': '/ok', ':method': 'HEAD' })).status).toBe(200);
    session.settings({ initialWindowSize: 1_000_000 });
    const answer = await request.done();
    expect([answer.bytes, Object.entries(answer.trailers), answer.code]).toEqual([100_000, [['x-sum', 'abc']], 0]);
  });

  test('made smaller and larger while streams run', async () => {
    await open({ initialWindowSize: 1_000_000 });
    const payload = pattern(10 * MB);
    handle = (_, outgoing) => void outgoing.end(payload);
    const requests = Array.from({ length: 4 }, () => new Http2Request(session).read());
    const answers = Promise.all(requests.map((request) => request.done()));
    const sizes = [10, 500_000, 0, 1, 70_000, 2_000_000, 3, 300_000];
    for (const [index, size] of sizes.entries()) {
      await vi.waitFor(() => expect(requests[0]!.isClosed || requests[0]!.bytes > index * 200_000).toBe(true), {
        interval: 1,
        timeout: 5000,
      });
      session.settings({ initialWindowSize: size });
      // A window below zero opens by WINDOW_UPDATE or by the next settings.
      if (size < 100) session.settings({ initialWindowSize: 400_000 });
      await once(session, 'localSettings');
    }
    expect((await answers).map(({ sha1: sum, code }) => [sum, code])).toEqual(requests.map(() => [sha1(payload), 0]));
  });

  test.for([70_000, 3 * MB])('a request of %i bytes is longer than the window that was told', async (size) => {
    const payload = pattern(size);
    handle = (incoming, outgoing) => {
      const hash = createHash('sha1');
      incoming.on('data', (chunk: Buffer) => hash.update(chunk)).on('end', () => outgoing.end(hash.digest('hex')));
    };
    const all = await Promise.all(Array.from({ length: 20 }, () => ask(session, { ':method': 'POST' }, payload)));
    expect(all.map(({ text }) => text)).toEqual(all.map(() => sha1(payload)));
  });

  test('uploads that are reset give back what they took of the connection', async () => {
    handle = () => {};
    for (let n = 0; n < 30; n++) {
      const before = session.socket.bytesWritten;
      const request = new Http2Request(session, { ':method': 'POST' }, false).read();
      request.stream.write(LARGE.subarray(0, 300_000));
      await vi.waitFor(() => expect(session.socket.bytesWritten - before).toBeGreaterThan(200_000), { interval: 1 });
      request.stream.close(CODE.CANCEL);
      await request.done();
    }
    handle = (incoming, outgoing) => void incoming.resume().on('end', () => outgoing.end('got it'));
    expect((await ask(session, { ':method': 'POST' }, LARGE.subarray(0, 3 * MB))).text).toBe('got it');
  });

  test.for([65_535, 16 * MB])('of %i bytes for all: an endless response leaves others their turns', async (window) => {
    session.destroy();
    await open({ initialWindowSize: 8 * MB });
    session.setLocalWindowSize(window);
    handle = (incoming, outgoing) => {
      outgoing.writeHead(200);
      if (incoming.url !== '/endless') return void outgoing.end(LARGE.subarray(0, 4 * MB));
      const more = (): void => {
        while (!outgoing.destroyed && outgoing.write(LARGE.subarray(0, MB)));
      };
      outgoing.on('drain', more);
      return more();
    };
    const endless = new Http2Request(session, { ':path': '/endless' }).read();
    await vi.waitFor(() => expect(endless.bytes).toBeGreaterThan(10 * MB), { timeout: 8000, interval: 1 });
    const others = Array.from({ length: 3 }, () => new Http2Request(session, { ':path': '/other' }).read());
    const before = endless.bytes;
    const isDone = (): boolean => others.every(({ isClosed }) => isClosed);
    await vi.waitFor(() => expect(isDone() || endless.bytes - before > 60 * MB).toBe(true), {
      timeout: 15_000,
      interval: 1,
    });
    const meanwhile = endless.bytes - before;
    endless.stream.close(CODE.CANCEL);
    const answers = await Promise.all(others.map((other) => other.done()));
    // As much each, by and large; and some for what was on the way before.
    expect([meanwhile < 40 * MB, ...answers.map(({ bytes }) => bytes)]).toEqual([true, 4 * MB, 4 * MB, 4 * MB]);
  });
});
