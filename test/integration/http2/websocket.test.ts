import { once } from 'node:events';
import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MiddlewareOptions } from '../../../src/config/middleware-options.ts';
import { oneService, router, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { holdsFor } from '../../support/fault-lab.ts';
import { ask, type Http2Answer, Http2Request, openHttp2, pattern, sha1 } from '../../support/http2-client.ts';
import { CODE } from '../../support/http2-wire.ts';
import { acceptOf, WebSocketBackend, type WebSocketVisit } from '../../support/websocket-backend.ts';

const MB = 1024 * 1024;
/** What kernels hold on the way, and what the router may hold. */
const ON_THE_WAY = 24 * MB;
const CONNECT = { ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'https', ':path': '/ws' } as const;
const MIDDLEWARES: Readonly<Record<string, MiddlewareOptions>> = {
  prefixed: { type: 'addPrefix', prefix: '/in' },
  small: { type: 'buffering', maxRequestBodyBytes: 10 },
  closed: { type: 'maintenance' },
  login: {
    type: 'basicAuth',
    users: [['ada', '{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=']],
    usersFile: undefined,
    realm: 'r',
    removeHeader: false,
    headerField: 'X-User',
  },
};

let backend: WebSocketBackend;
let plane: TestDataPlane;
let session: ClientHttp2Session;
let port: number;

beforeAll(async () => {
  backend = new WebSocketBackend();
  port = await backend.listen();
  const on = { entrypoints: ['https'], tls: true };
  const routers = [
    router('Host(`localhost`)', { name: 'plain', ...on }),
    ...Object.entries(MIDDLEWARES).map(([name, options]) =>
      router(`Host(\`${name}.test\`)`, { name, ...on, middlewares: [{ name, options }] }),
    ),
    router('Host(`ruled.test`) && Header(`Upgrade`, `websocket`) && Method(`GET`)', { name: 'ruled', ...on }),
  ];
  plane = await startDataPlane(oneService([server(port)], routers), { accessLog: 'common' });
});
afterAll(async () => {
  await plane.stop();
  backend.close();
});
beforeEach(async () => {
  backend.onVisit = (visit) => visit.accept();
  session = await openHttp2(plane.httpsPort);
});
afterEach(async () => {
  session.destroy();
  await vi.waitFor(async () => expect((await plane.counters()).inFlight).toBe(0));
  for (const { socket } of backend.visits) socket.destroy();
});

/** Asks for a WebSocket; nothing is waited for. */
function begin(fields: OutgoingHttpHeaders = {}): Http2Request {
  return new Http2Request(session, { ...CONNECT, ...fields }, false);
}

/** Asks for a WebSocket that is refused. */
function refused(fields: OutgoingHttpHeaders = {}): Promise<Http2Answer> {
  const request = begin(fields).read();
  request.stream.on('response', () => request.stream.end());
  return request.done();
}

/** A WebSocket that stands: both ends of it. */
async function open(
  fields: OutgoingHttpHeaders = {},
): Promise<{ request: Http2Request; stream: ClientHttp2Stream; visit: WebSocketVisit }> {
  const visits = backend.visits.length;
  const request = begin(fields);
  await once(request.stream, 'response');
  expect(request.status).toBe(200);
  return { request, stream: request.stream, visit: await backend.visit(visits + 1) };
}

const reasons = async (): Promise<Readonly<Record<string, number>>> => (await plane.counters()).reasons;

/** How often there was this reason more often than before. */
async function counted(reason: string, act: () => Promise<void>): Promise<number> {
  const before = (await reasons())[reason] ?? 0;
  await act();
  return ((await reasons())[reason] ?? 0) - before;
}

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

test('extended CONNECT is announced (RFC 8441 3)', () => {
  expect(session.remoteSettings.enableConnectProtocol).toBe(true);
});

describe('the handshake (U4)', () => {
  test('is one of HTTP/1.1 for the server', async () => {
    const { visit } = await open({
      ':path': '/ws//a?b=c',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
      'sec-websocket-protocol': 'chat, superchat',
      'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits',
      origin: 'https://localhost',
      cookie: ['a=b', 'c=d'],
    });
    expect(visit.startLine).toBe('GET /ws/a?b=c HTTP/1.1');
    const sent = (name: string): readonly string[] => visit.values(name);
    expect([sent('host'), sent('connection'), sent('upgrade')]).toEqual([['localhost'], ['Upgrade'], ['websocket']]);
    expect([sent('sec-websocket-version'), sent('sec-websocket-protocol')]).toEqual([['13'], ['chat, superchat']]);
    expect(sent('sec-websocket-extensions')).toEqual(['permessage-deflate; client_max_window_bits']);
    expect([sent('origin'), sent('cookie')]).toEqual([['https://localhost'], ['a=b; c=d']]);
    expect([sent('content-length'), sent('transfer-encoding')]).toEqual([[], []]);
    expect([sent('x-forwarded-proto'), sent('via')]).toEqual([['https'], ['2.0 sluice']]);
    expect(sent('sec-websocket-key')).toHaveLength(1);
    expect(Buffer.from(sent('sec-websocket-key')[0]!, 'base64')).toHaveLength(16);
    expect(sent('sec-websocket-key')).not.toEqual(['dGhlIHNhbXBsZSBub25jZQ==']);
  });

  test('has a version and a key of its own where the client says none, a new one each time', async () => {
    const visits = [(await open()).visit, (await open()).visit];
    expect(visits.map((visit) => visit.values('sec-websocket-version'))).toEqual([['13'], ['13']]);
    expect(visits[0]!.values('sec-websocket-key')).not.toEqual(visits[1]!.values('sec-websocket-key'));
  });

  test('another version is for the server to judge', async () => {
    backend.onVisit = ({ socket }) =>
      socket.end('HTTP/1.1 426 No\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n');
    const answer = await refused({ 'sec-websocket-version': '8' });
    expect([answer.status, answer.fields['sec-websocket-version']]).toEqual([426, '13']);
    expect(backend.visits.at(-1)!.values('sec-websocket-version')).toEqual(['8']);
  });

  test('the 101 becomes a 200 without what only HTTP/1.1 has', async () => {
    backend.onVisit = (visit) => visit.accept('Sec-WebSocket-Protocol: chat\r\nX-App: 1\r\n');
    const request = begin();
    const [fields, flags] = (await once(request.stream, 'response')) as [Record<string, unknown>, number];
    expect(Object.entries(fields)).toEqual([
      [':status', 200],
      ['sec-websocket-protocol', 'chat'],
      ['x-app', '1'],
      ['date', expect.stringMatching(/GMT$/)],
    ]);
    expect([flags & 1, request.isClosed]).toEqual([0, false]);
  });

  test.for<[what: string, answer: (key: string) => string]>([
    ['no key at all', () => ''],
    ["another's key", () => `Sec-WebSocket-Accept: ${acceptOf('dGhlIHNhbXBsZSBub25jZQ==')}\r\n`],
    ['the key itself', (key) => `Sec-WebSocket-Accept: ${key}\r\n`],
    ['its key twice', (key) => `Sec-WebSocket-Accept: ${acceptOf(key)}\r\n`.repeat(2)],
  ])('a 101 to %s is none', async ([, answer]) => {
    backend.onVisit = (visit) => {
      const lines = answer(visit.values('sec-websocket-key')[0]!);
      visit.socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${lines}\r\n`,
      );
    };
    const count = await counted('upstream_invalid', async () => {
      expect((await refused()).status).toBe(502);
    });
    expect(count).toBe(1);
    const visit = backend.visits.at(-1)!;
    await vi.waitFor(() => expect(visit.hasEnded).toBe(true));
  });

  test('a success that is no switch would mean that the WebSocket stands: 502 (RFC 8441 5)', async () => {
    backend.onVisit = ({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    const request = begin().read();
    request.stream.on('response', () => request.stream.end());
    expect((await request.done()).status).toBe(502);
  });

  test.for([
    [403, 'Content-Length: 9\r\n\r\nnot today', 'not today'],
    [403, 'Transfer-Encoding: chunked\r\n\r\n3\r\nnot\r\n0\r\n\r\n', 'not'],
    [302, 'Location: /login\r\nContent-Length: 2\r\n\r\nok', 'ok'],
    [404, 'Content-Length: 0\r\n\r\n', ''],
  ] as const)('any other status passes: %i', async ([status, rest, text]) => {
    backend.onVisit = ({ socket }) => socket.write(`HTTP/1.1 ${status} No\r\nX-App: 1\r\n${rest}`);
    const request = begin().read();
    request.stream.write('too early');
    request.stream.on('response', () => request.stream.end());
    const answer = await request.done();
    expect([answer.status, answer.fields['x-app'], answer.text]).toEqual([status, '1', text]);
    // What was said too early went nowhere, and the connection to the server is as good as before.
    const visit = backend.visits.at(-1)!;
    expect(visit.received).toBe(0);
    const next = ask(session, { ':path': '/next' });
    await vi.waitFor(() => expect(visit.text).toMatch(/^GET \/next HTTP/));
    visit.socket.write('HTTP/1.1 204 No\r\n\r\n');
    expect((await next).status).toBe(204);
    expect([session.closed, session.destroyed]).toEqual([false, false]);
  });

  test('what the client says before the 200 waits with us (U2)', async () => {
    let visit: WebSocketVisit | undefined;
    backend.onVisit = (one) => (visit = one);
    const request = begin().read();
    request.stream.write('early ');
    request.stream.end('bird');
    await vi.waitFor(() => expect(visit).toBeDefined());
    await holdsFor(30, () => visit!.received === 0);
    visit!.accept();
    await vi.waitFor(() => expect([visit!.text, visit!.hasEnded]).toEqual(['early bird', true]));
    expect(request.status).toBe(200);
  });

  test('a client that leaves before the answer takes its request with it (M13)', async () => {
    backend.onVisit = () => {};
    const count = await counted('client_gone', async () => {
      const visits = backend.visits.length;
      const request = begin().read();
      const visit = await backend.visit(visits + 1);
      request.stream.close(CODE.CANCEL);
      await vi.waitFor(() => expect(visit.hasEnded).toBe(true));
      await request.done();
    });
    expect(count).toBe(1);
  });
});

describe('what is asked of a CONNECT', () => {
  test('rules see a GET with its upgrade', async () => {
    const { visit } = await open({ ':authority': 'ruled.test' });
    expect(visit.values('x-forwarded-host')).toEqual(['ruled.test']);
    expect((await ask(session, { ':authority': 'ruled.test', ':path': '/ws' })).status).toBe(404);
  });

  test('basic auth: 401 without, a WebSocket with a password', async () => {
    const visits = backend.visits.length;
    const answer = await refused({ ':authority': 'login.test' });
    expect([answer.status, answer.fields['www-authenticate']]).toEqual([401, 'Basic realm="r"']);
    expect(backend.visits).toHaveLength(visits);
    const authorization = (password: string): string => `Basic ${Buffer.from(`ada:${password}`).toString('base64')}`;
    const wrong = await refused({ ':authority': 'login.test', authorization: authorization('guess') });
    expect(wrong.status).toBe(401);
    const { visit } = await open({ ':authority': 'login.test', authorization: authorization('test') });
    expect(visit.values('x-user')).toEqual(['ada']);
  });

  test.for([
    ['prefixed.test', 200, 'GET /in/ws HTTP/1.1'],
    // It counts payload, and a WebSocket has none.
    ['small.test', 200, 'GET /ws HTTP/1.1'],
  ] as const)('middlewares: %s', async ([host, , line]) => {
    const { visit, stream } = await open({ ':authority': host });
    expect(visit.startLine).toBe(line);
    stream.write('more than ten bytes');
    await vi.waitFor(() => expect(visit.text).toBe('more than ten bytes'));
  });

  test.for([
    ['closed.test', 503],
    ['nobody.test', 404],
  ] as const)('an answer of ours: %s', async ([host, status]) => {
    expect((await refused({ ':authority': host })).status).toBe(status);
  });

  test('the log and the counters have what the client got', async () => {
    const { stream, visit } = await open({ ':path': '/logged' });
    visit.socket.write('12345');
    visit.socket.end();
    stream.resume().end();
    await once(stream, 'close');
    const lines = (): readonly string[] =>
      plane.messages
        .flatMap((message) => (message.type === 'access-log' ? message.lines.split('\n') : []))
        .filter((line) => line.includes('/logged'));
    await vi.waitFor(() => expect(lines()).toHaveLength(1), { timeout: 4000 });
    expect(lines()[0]).toMatch(/"GET \/logged HTTP\/2\.0" 200 5 "plain" "c\/.*" \d+ms -$/);
  });
});

describe('bytes both ways', () => {
  test('pass unchanged, each as it comes', async () => {
    const { stream, request, visit } = await open();
    request.read();
    for (const piece of ['a', 'bc', 'd'.repeat(20_000), 'e']) {
      const before = [visit.received, request.bytes];
      stream.write(piece);
      await vi.waitFor(() => expect(visit.received).toBe(before[0]! + piece.length));
      visit.socket.write(piece);
      await vi.waitFor(() => expect(request.bytes).toBe(before[1]! + piece.length));
    }
    expect(visit.text).toBe(`abc${'d'.repeat(20_000)}e`);
    expect(request.text).toBe(visit.text);
  });

  test('many megabytes both ways at once', async () => {
    const { stream, request, visit } = await open();
    const [up, down] = [pattern(12 * MB, 1), pattern(12 * MB, 2)];
    request.read();
    stream.end(up);
    visit.socket.end(down);
    const answer = await request.done();
    expect([answer.sha1, answer.code]).toEqual([sha1(down), 0]);
    await vi.waitFor(() => expect(visit.isClosed).toBe(true));
    expect(sha1(Buffer.concat(visit.bytes))).toBe(sha1(up));
  });

  test('a server that does not read holds up its own WebSocket and no other', async () => {
    const { stream, visit } = await open();
    const other = await open();
    visit.socket.pause();
    const up = pattern(64 * MB);
    const before = session.socket.bytesWritten;
    stream.end(up);
    const sent = (await settled(() => session.socket.bytesWritten)) - before;
    expect([sent > 256 * 1024, sent < ON_THE_WAY]).toEqual([true, true]);
    other.stream.write('hi');
    await vi.waitFor(() => expect(other.visit.text).toBe('hi'));
    visit.socket.resume();
    await vi.waitFor(() => expect(visit.hasEnded).toBe(true), { timeout: 10_000 });
    expect(sha1(Buffer.concat(visit.bytes))).toBe(sha1(up));
  });

  test('a client that does not read holds up its own WebSocket and no other', async () => {
    const { request, visit } = await open();
    const other = await open();
    other.request.read();
    const down = pattern(64 * MB);
    visit.socket.end(down);
    const unsent = await settled(() => visit.socket.writableLength);
    expect(unsent).toBeGreaterThan(64 * MB - ON_THE_WAY);
    other.visit.socket.write('hi');
    await vi.waitFor(() => expect(other.request.text).toBe('hi'));
    request.read();
    await vi.waitFor(() => expect(request.bytes).toBe(down.length), { timeout: 10_000 });
    request.stream.end();
    expect((await request.done()).sha1).toBe(sha1(down));
  });

  test('through windows of a few bytes', async () => {
    session.destroy();
    session = await openHttp2(plane.httpsPort, { settings: { initialWindowSize: 3 } });
    const { request, visit } = await open();
    request.read();
    visit.socket.write(pattern(500));
    await vi.waitFor(() => expect(request.bytes).toBe(500));
    request.stream.end();
    visit.socket.end('the end');
    expect((await request.done()).sha1).toBe(sha1(Buffer.concat([pattern(500), Buffer.from('the end')])));
  });
});

describe('ends (U3)', () => {
  test("the client's end is the server's, who may go on", async () => {
    const { stream, request, visit } = await open();
    request.read();
    stream.end('last');
    await vi.waitFor(() => expect([visit.text, visit.hasEnded]).toEqual(['last', true]));
    visit.socket.write('not yet');
    await vi.waitFor(() => expect(request.text).toBe('not yet'));
    visit.socket.end();
    expect([(await request.done()).code, (await plane.counters()).inFlight]).toEqual([0, 0]);
    await vi.waitFor(() => expect(visit.isClosed).toBe(true));
  });

  test("the server's end is the client's, who may go on", async () => {
    const { stream, request, visit } = await open();
    request.read();
    visit.socket.end('last');
    await once(stream, 'end');
    expect(request.text).toBe('last');
    stream.write('not yet');
    await vi.waitFor(() => expect(visit.text).toBe('not yet'));
    stream.end();
    await vi.waitFor(() => expect([visit.hasEnded, visit.isClosed]).toEqual([true, true]));
    expect((await request.done()).code).toBe(0);
  });

  test.for([CODE.CANCEL, CODE.NO_ERROR, CODE.INTERNAL_ERROR])(
    "the client's reset %i ends the server's side",
    async (code) => {
      const { stream, visit } = await open();
      const count = await counted('client_gone', async () => {
        // Node ends the stream before it resets it.
        stream.close(code);
        await vi.waitFor(() => expect(visit.hasEnded || visit.isReset).toBe(true));
      });
      expect(count).toBe(1);
      expect((await open()).visit).not.toBe(visit);
    },
  );

  test("the server's reset is the client's", async () => {
    const { request, visit } = await open();
    request.read();
    const count = await counted('upstream_cut_short', async () => {
      visit.socket.resetAndDestroy();
      expect((await request.done()).code).toBe(CODE.CANCEL);
    });
    expect(count).toBe(1);
    await open();
  });

  test('a connection that ends takes its WebSockets with it', async () => {
    const both = [await open(), await open()];
    session.destroy();
    await vi.waitFor(() => expect(both.map(({ visit }) => visit.hasEnded)).toEqual([true, true]));
  });

  test('a reset by the client behind the end of the server is no fault', async () => {
    const { stream, visit } = await open();
    const count = await counted('client_gone', async () => {
      visit.socket.end();
      await once(stream.resume(), 'end');
      stream.close(CODE.CANCEL);
      await vi.waitFor(() => expect(visit.isClosed).toBe(true));
    });
    expect(count).toBe(0);
  });

  test('a worker that drains lets them end by themselves, and takes no more (M12)', async () => {
    const other = await startDataPlane(oneService([server(port)]));
    session.destroy();
    session = await openHttp2(other.httpsPort);
    const { stream, visit, request } = await open();
    request.read();
    other.post({ type: 'shutdown' });
    await once(session, 'goaway');
    visit.socket.write('after');
    await vi.waitFor(() => expect(request.text).toBe('after'));
    expect(other.messages).not.toContainEqual({ type: 'drained' });
    stream.end();
    visit.socket.end();
    expect((await request.done()).code).toBe(0);
    await vi.waitFor(() => expect(other.messages).toContainEqual({ type: 'drained' }));
    await other.stop();
  });

  test('streams that were tunnels serve requests as if they had not been', async () => {
    for (let n = 0; n < 5; n++) {
      const { stream, visit, request } = await open();
      stream.write('x');
      await vi.waitFor(() => expect(visit.text).toBe('x'));
      if (n % 2 === 0) stream.close(CODE.CANCEL);
      else visit.socket.resetAndDestroy();
      request.read();
      await request.done();
      backend.onVisit = ({ socket }) =>
        void socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok');
      const answers = await Promise.all([ask(session), ask(session, { ':method': 'POST' }, pattern(300_000))]);
      expect(answers.map(({ status, text, code }) => [status, text, code])).toEqual(answers.map(() => [200, 'ok', 0]));
      backend.onVisit = (one) => one.accept();
    }
  });
});
