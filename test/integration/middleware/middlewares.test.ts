import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HeadersOptions, MiddlewareOptions } from '../../../src/config/middleware-options.ts';
import { oneService, router, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { RawClient, rawBackend, type RawBackend, type RawMessage, readMessages } from '../../support/raw-http.ts';

const OK = 'HTTP/1.1 200 OK\r\nServer: x\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nok';
const SHA = '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=';

const HEADERS: HeadersOptions = {
  type: 'headers',
  request: [
    ['X-Added', 'by us'],
    ['X-Spoofed', ''],
    ['X-Forwarded-Proto', 'https'],
  ],
  host: 'inner.test',
  response: [
    ['Server', ''],
    ['X-Answer', 'edited'],
  ],
  security: [['X-Frame-Options', 'DENY']],
  tlsSecurity: [['Strict-Transport-Security', 'max-age=5']],
  tlsSigns: [],
  cors: undefined,
  allowedHosts: [],
  hostFields: [],
};
const BASIC: MiddlewareOptions = {
  ...{ type: 'basicAuth', users: [['ada', SHA]], usersFile: undefined, realm: 'r' },
  ...{ removeHeader: true, headerField: 'X-User' },
};
const CREDENTIALS = `Authorization: Basic ${Buffer.from('ada:password').toString('base64')}\r\n`;

let backend: RawBackend;
let plane: TestDataPlane;
let onData: (socket: Socket, received: string) => void;
const clients: RawClient[] = [];

beforeEach(async () => {
  const answered = new Map<Socket, number>();
  onData = (socket, received) => {
    const count = readMessages(received, 'request').filter(({ isComplete }) => isComplete).length;
    for (let i = answered.get(socket) ?? 0; i < count; i++) socket.write(OK);
    answered.set(socket, count);
  };
  backend = await rawBackend((socket, received) => onData(socket, received));
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await plane.stop();
  await backend.close();
});

/** A worker whose routers have these middlewares: `a.test` the first list, `b.test` the second. */
async function start(lists: readonly (readonly MiddlewareOptions[])[], trustedProxies: readonly string[] = []) {
  const routers = lists.map((list, index) => {
    const middlewares = list.map((options, at) => ({ name: `m${at}@test`, options }));
    const host = 'ab'[index]!;
    return router(`Host(\`${host}.test\`)`, { name: `${host}@test`, middlewares });
  });
  plane = await startDataPlane(oneService([server(backend.port)], routers), { trustedProxies });
}

async function open(): Promise<RawClient> {
  const client = await RawClient.open(plane.httpPort);
  clients.push(client);
  return client;
}

const finals = (client: RawClient): readonly RawMessage[] =>
  readMessages(client.received, 'response').filter(
    ({ isComplete, startLine }) => isComplete && !startLine.startsWith('HTTP/1.1 1'),
  );

/** Sends and waits for this many responses. */
async function ask(text: string, count = 1): Promise<readonly RawMessage[]> {
  const client = await open();
  client.send(text);
  await client.until(() => finals(client).length >= count, `${count} responses`);
  return finals(client);
}

const statusOf = ({ startLine }: RawMessage): number => Number(startLine.slice(9, 12));
const namesOf = ({ fields }: RawMessage): readonly string[] => fields.map(([name]) => name.toLowerCase());
const seen = (): readonly RawMessage[] => backend.received.flatMap((text) => readMessages(text, 'request'));
const get = (lines = '', host = 'a.test'): string => `GET /x HTTP/1.1\r\nHost: ${host}\r\n${lines}\r\n`;

describe('header edits', () => {
  test('on the request, the response and our own answers', async () => {
    await start([[HEADERS, BASIC], []]);
    const [refused, served, plain] = await ask(
      get('X-Spoofed: 1\r\n') +
        get(`X-Spoofed: 1\r\nX-User: root\r\n${CREDENTIALS}`) +
        get('X-Spoofed: 1\r\n', 'b.test'),
      3,
    );
    expect([statusOf(refused!), statusOf(served!), statusOf(plain!)]).toEqual([401, 200, 200]);
    expect(namesOf(refused!)).toEqual(expect.arrayContaining(['www-authenticate', 'x-answer', 'x-frame-options']));
    expect(namesOf(served!)).toEqual(['set-cookie', 'x-frame-options', 'x-answer', 'date', 'content-length']);
    expect(namesOf(plain!)).toEqual(['server', 'set-cookie', 'date', 'content-length']);
    const [toServer, toOther] = seen();
    expect(Object.fromEntries(toServer!.fields)).toMatchObject({
      ...{ 'X-Added': 'by us', 'X-User': 'ada' },
      ...{ 'X-Forwarded-Proto': 'https', Host: 'inner.test' },
    });
    expect(namesOf(toServer!).filter((name) => name === 'x-forwarded-proto')).toHaveLength(1);
    expect(namesOf(toServer!)).not.toEqual(expect.arrayContaining(['authorization']));
    expect(namesOf(toServer!)).not.toEqual(expect.arrayContaining(['x-spoofed']));
    // The same pooled exchange keeps nothing for the next request.
    expect(Object.fromEntries(toOther!.fields)).toMatchObject({ 'X-Forwarded-Proto': 'http', Host: 'b.test' });
    expect(namesOf(toOther!)).toEqual(expect.arrayContaining(['x-spoofed']));
    expect(namesOf(toOther!)).not.toEqual(expect.arrayContaining(['x-added']));
  });

  test('on a page of the router that comes from behind the middlewares, and not on one from before them', async () => {
    await start([[HEADERS]]);
    await backend.close();
    const [behind, before] = await ask(get() + get('', 'c.test'), 2);
    expect([statusOf(behind!), statusOf(before!)]).toEqual([502, 404]);
    expect([namesOf(behind!).includes('x-answer'), namesOf(before!).includes('x-answer')]).toEqual([true, false]);
  });

  test('a WebSocket handshake is edited, too', async () => {
    onData = (socket) =>
      socket.write('HTTP/1.1 101 S\r\nServer: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await start([[HEADERS]]);
    const client = await open();
    client.send(get('Connection: Upgrade\r\nUpgrade: websocket\r\n'));
    await client.until(() => client.received.endsWith('\r\n\r\n'), 'the handshake');
    expect(client.received).toMatch(/^HTTP\/1\.1 101 S\r\n/);
    expect([client.received.includes('X-Answer: edited'), client.received.includes('Server')]).toEqual([true, false]);
  });
});

test('a CORS preflight is answered without the app', async () => {
  const cors = {
    ...{ credentials: false, allowHeaders: [], allowMethods: ['PUT'], origins: ['https://o.test'] },
    ...{ originRegexes: [], exposeHeaders: [], maxAge: 60, vary: false },
  };
  await start([[{ ...HEADERS, cors }]]);
  const lines = 'Origin: https://o.test\r\nAccess-Control-Request-Method: PUT\r\n';
  const [preflight, real] = await ask(
    get(lines).replace('GET', 'OPTIONS') + get('Origin: https://o.test\r\n').replace('GET', 'PUT'),
    2,
  );
  expect(Object.fromEntries(preflight!.fields)).toMatchObject({
    'Access-Control-Allow-Origin': 'https://o.test',
    'Access-Control-Allow-Methods': 'PUT',
    'Content-Length': '0',
  });
  expect(Object.fromEntries(real!.fields)).toMatchObject({ 'Access-Control-Allow-Origin': 'https://o.test' });
  expect(seen().map(({ startLine }) => startLine)).toEqual(['PUT /x HTTP/1.1']);
});

describe('a limit of the payload', () => {
  const LIMIT: readonly MiddlewareOptions[] = [{ type: 'buffering', maxRequestBodyBytes: 1000 }];
  const head = (framing: string): string => `POST / HTTP/1.1\r\nHost: a.test\r\n${framing}\r\n\r\n`;

  test('announced: 413 without a byte for the app, and the connection closes', async () => {
    await start([LIMIT]);
    const client = await open();
    client.send(`${head('Content-Length: 1001')}${'x'.repeat(1001)}`);
    await client.until(() => client.hasEnded, 'the end');
    expect(finals(client).map(statusOf)).toEqual([413]);
    expect(seen()).toEqual([]);
    expect((await plane.counters()).reasons).toEqual({ body_too_large: 1 });
  });

  test('in chunks: 413, and the app sees a request that never ends', async () => {
    await start([LIMIT]);
    const client = await open();
    client.send(`${head('Transfer-Encoding: chunked')}3e8\r\n${'x'.repeat(1000)}\r\n`);
    await client.until(() => backend.received.join('').includes('xxx'), 'the first chunk');
    client.send('1\r\nx\r\n0\r\n\r\n');
    await client.until(() => client.hasEnded, 'the end');
    expect(finals(client).map(statusOf)).toEqual([413]);
    expect(seen().map(({ isComplete }) => isComplete)).toEqual([false]);
    expect((await plane.counters()).inFlight).toBe(0);
  });

  test('in chunks behind the head of the answer: the transfer is cut', async () => {
    onData = (socket, received) => {
      if (!received.includes('xxx')) return;
      onData = () => {};
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
    };
    await start([LIMIT]);
    const client = await open();
    client.send(`${head('Transfer-Encoding: chunked')}3e8\r\n${'x'.repeat(1000)}\r\n`);
    await client.until(() => client.received.includes('half'), 'half of the answer');
    client.send('1\r\nx\r\n0\r\n\r\n');
    await client.until(() => client.hasEnded, 'the end');
    expect(readMessages(client.received, 'response').map(({ isComplete }) => isComplete)).toEqual([false]);
  });

  test('a payload of just the size passes, and the connection goes on', async () => {
    await start([LIMIT]);
    const request = `${head('Transfer-Encoding: chunked')}3e8\r\n${'x'.repeat(1000)}\r\n0\r\n\r\n`;
    expect((await ask(request + request, 2)).map(statusOf)).toEqual([200, 200]);
  });
});

describe('an allow list', () => {
  const list = (source: Extract<MiddlewareOptions, { type: 'ipAllowList' }>['source']): MiddlewareOptions => {
    return { type: 'ipAllowList', networks: ['192.0.2.0/24'], source, ipv6Bits: undefined, status: undefined };
  };
  const from = (addresses: string): string => get(`X-Forwarded-For: ${addresses}\r\n`);

  test('behind a trusted proxy is about the visitor', async () => {
    await start([[list({ kind: 'visitor' })]], ['127.0.0.1']);
    const answers = await ask(from('192.0.2.1') + from('192.0.2.1, 198.51.100.1') + get(), 3);
    expect(answers.map(statusOf)).toEqual([200, 403, 403]);
    expect((await plane.counters()).reasons).toEqual({ not_allowed: 2 });
  });

  test('believes no stranger', async () => {
    await start([[list({ kind: 'visitor' })], [list({ kind: 'depth', depth: 1 })]]);
    const answers = await ask(from('192.0.2.1') + from('192.0.2.1').replace('a.test', 'b.test'), 2);
    expect(answers.map(statusOf)).toEqual([403, 403]);
    expect(seen()).toEqual([]);
  });
});
