import { connect as connectRaw } from 'node:net';
import { once } from 'node:events';
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MiddlewareOptions } from '../../../src/config/middleware-options.ts';
import { DEFAULT_TLS_POLICY } from '../../../src/config/tls-options.ts';
import { oneService, router, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { ask, Http2Request, openHttp2 } from '../../support/http2-client.ts';
import { fieldOf, rawBackend, type RawBackend, type RawMessage, readMessages } from '../../support/raw-http.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Server: 1\r\nPriority: u=1\r\n\r\nok';
const MIDDLEWARES: Readonly<Record<string, MiddlewareOptions>> = {
  moved: { type: 'redirectHost', host: 'new.test' },
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

let backend: RawBackend;
let plane: TestDataPlane;
let session: ClientHttp2Session;
/** What the server got last. */
let last: RawMessage | undefined;

beforeAll(async () => {
  const answered = new Map<number, number>();
  backend = await rawBackend((socket, received, connection) => {
    const complete = readMessages(received, 'request').filter((message) => message.isComplete);
    for (const message of complete.slice(answered.get(connection) ?? 0)) {
      last = message;
      socket.write(OK);
    }
    answered.set(connection, complete.length);
  });
  const on = { entrypoints: ['https'], tls: true };
  const routers = [
    router('Host(`localhost`)', { name: 'plain', ...on }),
    router('Host(`asks.test`)', { name: 'asks', ...on, tlsOptions: 'asks' }),
    ...Object.entries(MIDDLEWARES).map(([name, options]) =>
      router(`Host(\`${name}.test\`)`, { name, ...on, middlewares: [{ name, options }] }),
    ),
  ];
  plane = await startDataPlane(
    { ...oneService([server(backend.port)], routers), tlsOptions: { asks: { ...DEFAULT_TLS_POLICY, id: 'asks' } } },
    { accessLog: 'common' },
  );
});
afterAll(async () => {
  await plane.stop();
  await backend.close();
});
beforeEach(async () => {
  last = undefined;
  session = await openHttp2(plane.httpsPort);
});
afterEach(() => session.destroy());

/** What the server got. */
const seen = (): RawMessage => last!;

describe('what a request becomes', () => {
  test('our Host, framing and forwarding fields, and nothing of HTTP/2 (F1, H13)', async () => {
    await ask(session, { ':method': 'POST', ':path': '/x?q', 'content-length': 3 }, Buffer.from('abc'));
    expect([seen().startLine, seen().body]).toEqual(['POST /x?q HTTP/1.1', 'abc']);
    expect(Object.fromEntries(seen().fields.map(([name, value]) => [name.toLowerCase(), value]))).toEqual({
      host: 'localhost',
      'x-forwarded-for': '127.0.0.1',
      'x-real-ip': '127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '443',
      'x-forwarded-server': 'sluice',
      'x-forwarded-host': 'localhost',
      via: '2.0 sluice',
      'content-length': '3',
    });
  });

  test('forwarding fields of a stranger go no further', async () => {
    await ask(session, { 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'http', forwarded: 'for=1.2.3.4' });
    const fields = ['x-forwarded-for', 'x-forwarded-proto', 'forwarded'].map((name) => fieldOf(seen(), name));
    expect(fields).toEqual(['127.0.0.1', 'https', undefined]);
  });

  test('cookies that come in pieces are one line (M5)', async () => {
    await ask(session, { cookie: ['a=1', 'b=2; c=3', 'd=4'] });
    expect(seen().fields.filter(([name]) => name.toLowerCase() === 'cookie')).toEqual([
      ['cookie', 'a=1; b=2; c=3; d=4'],
    ]);
  });

  test('Priority passes both ways (M11)', async () => {
    const { fields } = await ask(session, { priority: 'u=3, i' });
    expect([fieldOf(seen(), 'priority'), fields['priority']]).toEqual(['u=3, i', 'u=1']);
  });

  test('the path is normalised once, the query is not touched (P, M2)', async () => {
    await ask(session, { ':path': '/a/../%62//c%2fd?%62//..' });
    expect(seen().startLine).toBe('GET /b/c%2Fd?%62//.. HTTP/1.1');
  });
});

describe('what is answered', () => {
  const long = Buffer.alloc(20);
  const basic = (text: string): OutgoingHttpHeaders => ({
    authorization: `Basic ${Buffer.from(text).toString('base64')}`,
  });
  test.for<[what: string, status: number, fields: OutgoingHttpHeaders, body: Buffer | undefined, got: object]>([
    [
      'a redirect',
      308,
      { ':authority': 'moved.test', ':path': '/p?q' },
      undefined,
      { location: 'https://new.test/p?q' },
    ],
    ['basic auth', 401, { ':authority': 'login.test' }, undefined, { 'www-authenticate': 'Basic realm="r"' }],
    ['a wrong password', 401, { ':authority': 'login.test', ...basic('ada:x') }, undefined, {}],
    ['the right password', 200, { ':authority': 'login.test', ...basic('ada:test') }, undefined, { 'x-server': '1' }],
    ['too long a payload', 413, { ':authority': 'small.test', ':method': 'POST', 'content-length': 20 }, long, {}],
    ['too long a payload of no length', 413, { ':authority': 'small.test', ':method': 'POST' }, long, {}],
    ['maintenance', 503, { ':authority': 'closed.test' }, undefined, {}],
    ['no router', 404, { ':authority': 'nobody.test' }, undefined, {}],
    ['no router, with a payload', 404, { ':authority': 'nobody.test', ':method': 'POST' }, long, {}],
    ['other TLS options than the connection has (A5)', 421, { ':authority': 'asks.test' }, undefined, {}],
    ['TRACE', 405, { ':method': 'TRACE' }, undefined, {}],
    ['HEAD of nothing', 404, { ':authority': 'nobody.test', ':method': 'HEAD' }, undefined, {}],
    ['Expect of something else', 417, { expect: 'x' }, undefined, {}],
    ['a path with an octet of nothing', 400, { ':path': '/%00' }, undefined, {}],
  ])('%s: %i, and the connection goes on', async ([, status, fields, body, got]) => {
    const answer = await ask(session, fields, body);
    expect([answer.status, answer.code]).toEqual([status, 0]);
    expect(answer.fields).toMatchObject(got);
    expect([answer.fields['connection'], answer.fields['transfer-encoding']]).toEqual([undefined, undefined]);
    if (fields[':method'] !== 'HEAD') expect(answer.fields['content-length']).toBe(String(answer.bytes));
    expect((await ask(session)).status).toBe(200);
  });

  test('a prefix', async () => {
    await ask(session, { ':authority': 'prefixed.test', ':path': '/a' });
    expect(seen().startLine).toBe('GET /in/a HTTP/1.1');
  });

  test('an upgrade is not asked for (U4 is not spoken)', async () => {
    const request = new Http2Request(session, { ':method': 'GET', 'sec-websocket-version': '13' }).read();
    expect([(await request.done()).status, fieldOf(seen(), 'upgrade')]).toEqual([200, undefined]);
  });
});

test('the access log has a line for each request, with its protocol', async () => {
  await ask(session, { ':path': '/logged?1' });
  await ask(session, { ':path': '/logged?2', ':authority': 'nobody.test' });
  const lines = (): string[] =>
    plane.messages
      .flatMap((message) => (message.type === 'access-log' ? message.lines.split('\n') : []))
      .filter((line) => line.includes('/logged'));
  await vi.waitFor(() => expect(lines()).toHaveLength(2), { timeout: 4000 });
  expect(lines()[0]).toMatch(/^127\.0\.0\.1 - - \[.*\] "GET \/logged\?1 HTTP\/2\.0" 200 2 "plain" "c\/.*" \d+ms -$/);
  expect(lines()[1]).toMatch(/"GET \/logged\?2 HTTP\/2\.0" 404 \d+ "-" "-" \d+ms no_router$/);
});

test('a worker that drains says GOAWAY, finishes what runs and takes nothing new (M12)', async () => {
  const other = await startDataPlane(oneService([server(backend.port)]));
  const client = await openHttp2(other.httpsPort);
  const idle = await openHttp2(other.httpsPort);
  const request = new Http2Request(client, { ':method': 'POST' }, false).read();
  request.stream.write('begun');
  await vi.waitFor(() => expect(backend.received.join('')).toContain('begun'));
  const goAways: number[] = [];
  client.on('goaway', (code) => goAways.push(code));
  other.post({ type: 'shutdown' });
  await vi.waitFor(() => expect([goAways, idle.closed || idle.destroyed]).toEqual([[0, 0], true]));
  request.stream.end(', ended');
  const answer = await request.done();
  expect([answer.status, answer.text, seen().body]).toEqual([200, 'ok', 'begun, ended']);
  await vi.waitFor(() => expect(client.destroyed).toBe(true));
  const late = connectRaw(other.httpsPort, '127.0.0.1');
  await expect(once(late, 'connect')).rejects.toThrow('ECONNREFUSED');
  await other.stop();
});
