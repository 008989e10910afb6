import { once } from 'node:events';
import { createServer, request as requestHttp1, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { ClientHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { oneService, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { echo, Http2Backend, received, type ReceivedRequest } from '../../support/http2-backend.ts';
import { ask, openHttp2, pattern, sha1 } from '../../support/http2-client.ts';
import { FLAG, frame, headers, Http2Wire, request, settings, TYPE, uint32 } from '../../support/http2-wire.ts';
import { WireClient } from '../../support/wire-client.ts';

const MB = 1024 * 1024;

let backend: Http2Backend;
let plane: TestDataPlane;
let session: ClientHttp2Session;

beforeAll(async () => {
  backend = await new Http2Backend(echo).listen();
  plane = await startDataPlane(oneService([server(backend.port, { scheme: 'h2c' })]), { http2: true });
  session = await openHttp2(plane.httpsPort);
});
afterAll(async () => {
  session.destroy();
  await vi.waitFor(async () => expect((await plane.counters()).inFlight).toBe(0));
  await plane.stop();
  await backend.close();
});
beforeEach(() => {
  backend.handle = echo;
});

interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly fields: Readonly<Record<string, string | string[] | undefined>>;
  readonly trailers: object;
  readonly bytes: number;
  readonly sha: string;
  readonly text: string;
}

/** Over HTTP/1.1. */
async function ask1(
  fields: OutgoingHttpHeaders & { ':method'?: string; ':path'?: string },
  body?: Buffer,
): Promise<Answer> {
  const { ':method': method = 'GET', ':path': path = '/', ...headers } = fields;
  const asked = requestHttp1({ port: plane.httpPort, method, path, headers: { host: 'a.test', ...headers } });
  asked.end(body);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const pieces: Buffer[] = await answer.toArray();
  const all = Buffer.concat(pieces);
  return {
    status: answer.statusCode!,
    reason: answer.statusMessage!,
    fields: answer.headers,
    trailers: answer.trailers,
    bytes: all.length,
    sha: sha1(all),
    text: all.subarray(0, 65_536).latin1Slice(),
  };
}

async function ask2(fields: OutgoingHttpHeaders, body?: Buffer): Promise<Answer> {
  const { status, fields: answered, trailers, bytes, sha1: sha, text, code } = await ask(session, fields, body);
  expect(code).toBe(0);
  return { status, reason: '', fields: answered, trailers, bytes, sha, text };
}

const WAYS = [
  ['HTTP/1.1', ask1],
  ['HTTP/2', ask2],
] as const;

describe.for(WAYS)('from a client of %s', ([, send]) => {
  test.for([0, 1, 1000, 16_384, 65_535, 65_536, 300_000, 20 * MB])('%d bytes there and back', async (size) => {
    const body = pattern(size, size);
    const answer = await send({ ':method': 'POST', ':path': '/a/b?c=d' }, body);
    expect([answer.status, answer.bytes, answer.sha]).toEqual([200, size, sha1(body)]);
    expect([answer.fields['x-method'], answer.fields['x-path']]).toEqual(['POST', '/a/b?c=d']);
  });

  test.for([0, 5, 100_000, 5 * MB])('GET of %d bytes, with and without a length', async (size) => {
    const body = pattern(size);
    for (const hasLength of [true, false]) {
      backend.handle = (stream) => {
        stream.respond({ ':status': 200, ...(hasLength ? { 'content-length': size } : {}) });
        stream.end(body);
      };
      const answer = await send({});
      expect([answer.status, answer.bytes, answer.sha]).toEqual([200, size, sha1(body)]);
      if (hasLength) expect(answer.fields['content-length']).toBe(String(size));
    }
  });

  test.for<[method: string, status: number, fields: OutgoingHttpHeaders, endStream: boolean]>([
    ['HEAD', 200, { 'content-length': 77 }, true],
    ['HEAD', 200, {}, true],
    ['GET', 204, {}, true],
    ['GET', 204, {}, false],
    ['GET', 304, { 'content-length': 55, etag: '"a"' }, true],
    ['GET', 200, {}, true],
    ['GET', 404, { 'content-length': 0 }, false],
  ])('%s with %d and no payload', async ([method, status, fields, endStream]) => {
    backend.handle = (stream) => {
      stream.respond({ ':status': status, ...fields }, { endStream });
      if (!endStream) stream.end();
    };
    for (let i = 0; i < 3; i++) {
      const answer = await send({ ':method': method });
      expect([answer.status, answer.bytes]).toEqual([status, 0]);
      const length = fields['content-length'] ?? (method === 'GET' && status === 200 ? 0 : undefined);
      expect(answer.fields['content-length']).toBe(length === undefined ? undefined : String(length));
    }
  });
});

describe('the request that a server gets', () => {
  async function seenBy(head: string, body = ''): Promise<ReceivedRequest> {
    let seen: Promise<ReceivedRequest> | undefined;
    backend.handle = (stream, fields) => {
      seen = received(stream, fields).finally(() => stream.respond({ ':status': 200 }, { endStream: true }));
    };
    const client = await WireClient.open(plane.httpPort);
    client.ask(head);
    client.send(Buffer.from(body, 'latin1'));
    await client.until(() => client.finals.length === 1, 'answer');
    client.close();
    return (await seen)!;
  }

  test('has its pseudo-fields, the forwarding family, and nothing of the connection (M7)', async () => {
    const { fields } = await seenBy(
      'GET /a%20b?c HTTP/1.1\r\nHost: a.test\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n' +
        'X-Twice: 1\r\nx-twice: 2\r\nUser-Agent: a\r\nuser-agent: b\r\nX-Bytes: \xa0caf\xe9\xa0\r\nX-Blank:\t  a b \t\r\nX-Empty:\r\nCookie: a=1\r\nTE: gzip\r\n\r\n',
    );
    expect(fields).toMatchObject({
      ':method': 'GET',
      ':scheme': 'http',
      ':path': '/a%20b?c',
      ':authority': 'a.test',
      'x-twice': '1, 2',
      'x-bytes': '\xa0caf\xe9\xa0',
      'x-blank': 'a b',
      'x-empty': '',
      cookie: 'a=1',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
    });
    for (const name of ['connection', 'x-hop', 'keep-alive', 'te', 'host', 'content-length', 'transfer-encoding']) {
      expect(fields).not.toHaveProperty(name);
    }
  });

  test.for<[what: string, head: string, expected: object]>([
    ['a length', 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\n', { 'content-length': '3' }],
    [
      'that clients take trailers',
      'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: TE\r\nTE: trailers\r\n\r\n',
      { te: 'trailers' },
    ],
    [
      'that gRPC does',
      'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Type: application/grpc+proto\r\nContent-Length: 3\r\n\r\n',
      { te: 'trailers' },
    ],
    ['that there is no payload', 'POST / HTTP/1.1\r\nHost: a.test\r\n\r\n', { 'content-length': '0' }],
  ])('says %s', async ([, head, expected]) => {
    expect((await seenBy(head, head.includes('Length: 3') ? 'abc' : '')).fields).toMatchObject(expected);
  });

  test('has trailers, announced or not, but for those that may not be sent on (X12)', async () => {
    const { body, trailers } = await seenBy(
      'POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 6\r\nCookie: a\r\nX-Sum: 7\r\nX-Bytes: \xa0caf\xe9\xa0\r\n\r\n',
    );
    const entries = [
      ['x-sum', '6, 7'],
      ['x-bytes', '\xa0caf\xe9\xa0'],
    ];
    expect([body.latin1Slice(), Object.entries(trailers)]).toEqual(['abc', entries]);
  });

  test('has trailers of an HTTP/2 client', async () => {
    let seen: Promise<ReceivedRequest> | undefined;
    const stream = session.request(
      { ':method': 'POST', ':path': '/', ':authority': 'localhost' },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-end': 'yes' }));
    stream.on('error', () => {});
    stream.resume();
    backend.handle = (one, fields) => {
      seen = received(one, fields);
      void seen.then(() => one.respond({ ':status': 200 }, { endStream: true }));
    };
    stream.end('abc');
    await once(stream, 'close');
    expect(Object.entries((await seen)!.trailers)).toEqual([['x-end', 'yes']]);
  });

  test('may wait for a 100 (E1)', async () => {
    backend.handle = (stream, fields) => {
      expect(fields['expect']).toBe('100-continue');
      stream.additionalHeaders({ ':status': 100 });
      echo(stream, fields);
    };
    const client = await WireClient.open(plane.httpPort);
    client.ask('POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n');
    await client.until(() => client.interims.length === 1, '100');
    client.send(Buffer.from('hello'));
    await client.until(() => client.finals.length === 1, 'answer');
    expect(client.finals[0]!.body.latin1Slice()).toBe('hello');
    client.close();
  });
});

test.for(['h2c', 'http'] as const)('the end of a payload may come before the connection stands: %s', async (scheme) => {
  const two = await new Http2Backend(echo).listen();
  const one = createServer((incoming, outgoing) => {
    outgoing.writeHead(200, { 'x-method': incoming.method });
    incoming.pipe(outgoing);
  }).listen(0, '127.0.0.1');
  await once(one, 'listening');
  const { port } = scheme === 'h2c' ? two : (one.address() as AddressInfo);
  const fresh = await startDataPlane(oneService([server(port, { scheme })]), { http2: true });
  const client = await openHttp2(fresh.httpsPort);
  // Head and end leave in one write.
  const answers = await Promise.all([ask(client, { ':method': 'POST' }, Buffer.alloc(0)), ask(client, {})]);
  expect(answers.map(({ status, fields }) => [status, fields['x-method']])).toEqual([
    [200, 'POST'],
    [200, 'GET'],
  ]);
  expect((await fresh.counters()).reasons).toEqual({});
  client.destroy();
  await fresh.stop();
  await two.close();
  one.close();
});

describe('the response', () => {
  test('has a reason phrase and its fields over HTTP/1.1', async () => {
    backend.handle = (stream) => {
      stream.respond({ ':status': 404, 'x-a': ['1', '2'], 'x-bytes': 'caf\xe9', 'set-cookie': ['a=1', 'b=2'] });
      stream.end('gone');
    };
    const answer = await ask1({});
    expect([answer.status, answer.reason, answer.text]).toEqual([404, 'Not Found', 'gone']);
    expect(answer.fields).toMatchObject({ 'x-a': '1, 2', 'x-bytes': 'caf\xe9', 'set-cookie': ['a=1', 'b=2'] });
  });

  test.for(WAYS)('has trailers, over %s', async ([, send]) => {
    backend.handle = (stream) => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'set-cookie': 'no' }));
      stream.end('data');
    };
    const answer = await send({ te: 'trailers', ...(send === ask1 ? { connection: 'TE' } : {}) });
    expect([answer.text, Object.entries(answer.trailers)]).toEqual(['data', [['grpc-status', '0']]]);
  });

  test('may be a head alone, as gRPC says a failure', async () => {
    backend.handle = (stream) =>
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '5' }, { endStream: true });
    const answer = await ask2(
      { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' },
      Buffer.from('x'),
    );
    expect([answer.status, answer.bytes, answer.fields['grpc-status']]).toEqual([200, 0, '5']);
  });

  test('may have 103 before it (B5)', async () => {
    backend.handle = (stream) => {
      stream.additionalHeaders({ ':status': 103, link: '</a>; rel=preload' });
      stream.additionalHeaders({ ':status': 103, link: '</b>; rel=preload' });
      stream.respond({ ':status': 200 });
      stream.end('ok');
    };
    const { interim, text } = await ask(session);
    expect([interim.map((one) => [one[':status'], one['link']]), text]).toEqual([
      [
        [103, '</a>; rel=preload'],
        [103, '</b>; rel=preload'],
      ],
      'ok',
    ]);
  });

  test('may come before the request is complete (B12)', async () => {
    let code: number | undefined;
    backend.handle = (stream) => {
      stream.on('close', () => (code = stream.rstCode));
      stream.respond({ ':status': 413 }, { endStream: true });
    };
    const answer = await ask(session, { ':method': 'POST', 'content-length': 20 * MB }, pattern(20 * MB));
    expect(answer.status).toBe(413);
    await vi.waitFor(() => expect(code).toBeDefined());
  });
});

test('many requests at once go over one connection', async () => {
  const before = backend.connections;
  let running = 0;
  let most = 0;
  const all: (() => void)[] = [];
  backend.handle = (stream) => {
    running += 1;
    most = Math.max(most, running);
    all.push(() => {
      stream.respond({ ':status': 200 });
      stream.end('ok');
      running -= 1;
    });
    if (all.length === 40) for (const one of all) one();
  };
  const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? ask1({}) : ask2({}))));
  expect([answers.every(({ text }) => text === 'ok'), most, backend.connections]).toEqual([true, 40, before]);
  expect(before).toBe(1);
});

test('a long answer arrives to its last octet behind the end of its client', async () => {
  const long = 'x'.repeat(4 * MB);
  backend.handle = (stream, fields) => {
    stream.respond({ ':status': 200 });
    stream.end(fields[':path'] === '/long' ? long : 'ok');
  };
  const wire = await Http2Wire.open(plane.httpsPort);
  const windows = [settings([4, 2 ** 31 - 1]), frame(TYPE.WINDOW_UPDATE, 0, 0, uint32(2 ** 31 - 65_536))];
  wire.send(...windows, headers(1), headers(3, request({ ':path': '/long' })), headers(5));
  wire.socket.end();
  await vi.waitFor(() => expect(wire.isClosed).toBe(true), { timeout: 10_000, interval: 5 });
  const bytes = (of: number): number =>
    wire.frames.reduce((sum, { type, id, payload }) => sum + (type === TYPE.DATA && id === of ? payload.length : 0), 0);
  const ends = wire.frames.filter(({ type, flags }) => type === TYPE.DATA && (flags & FLAG.END_STREAM) !== 0);
  expect([1, 3, 5].map(bytes)).toEqual([2, long.length, 2]);
  expect(new Set(ends.map(({ id }) => id))).toEqual(new Set([1, 3, 5]));
  expect([await wire.goAway(), wire.socket.errored]).toEqual([0, null]);
});
