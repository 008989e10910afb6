import { createHash } from 'node:crypto';
import type { TlsOptions } from 'node:tls';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_TRANSPORT } from '../../../src/config/default-transport.ts';
import type { ServerScheme, TransportConfig } from '../../../src/config/dynamic.ts';
import type { UpstreamConnection } from '../../../src/http/upstream-connection.ts';
import { Upstream } from '../../../src/upstream/upstream.ts';
import { oneService, startDataPlane } from '../../support/data-plane.ts';
import { type HeldClient, heldPlane, type HeldPlane } from '../../support/held-client.ts';
import { finals, GET, until } from '../../support/held-lab.ts';
import { echo, Http2Backend } from '../../support/http2-backend.ts';
import { ask, openHttp2, pattern, sha1 } from '../../support/http2-client.ts';
import { createTestCa, issueCertificate, type TestCa } from '../../support/issue-certificate.ts';
import { rawBackend } from '../../support/raw-http.ts';
import { server } from '../../support/server-config.ts';
import { tlsBackend } from '../../support/tls-backend.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = createHash('sha1').update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
const UPGRADE =
  'GET /socket HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`;
const SWITCH = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n\r\n`;

let ca: TestCa;
let pair: { readonly key: string; readonly cert: string };
let held: HeldPlane;
const clients: HeldClient[] = [];
const cleanUps: (() => unknown)[] = [];

beforeAll(async () => {
  ca = await createTestCa('CN=inner');
  const now = Date.now();
  const names = { names: ['127.0.0.1'], notBefore: now - 1000, notAfter: now + 86_400_000 };
  const { keyPem, chainPem } = await issueCertificate(ca, names);
  pair = { key: keyPem, cert: chainPem };
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.connection.destroy();
  held.upstream.leave('down');
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
  expect(held.faults).toEqual([]);
});

/** A server that answers with the version it was asked in. */
async function backend(options: (TlsOptions & { allowHTTP1?: boolean }) | undefined): Promise<Http2Backend> {
  const settings = options === undefined ? {} : { tls: { ...pair, ...options } };
  const one = await new Http2Backend((stream) => {
    stream.respond({ ':status': 200 });
    stream.end('two');
  }, settings).listen();
  cleanUps.push(() => one.close());
  return one;
}

function over(port: number, scheme: ServerScheme, transport: Partial<TransportConfig> = {}): void {
  const tls = { ...DEFAULT_TRANSPORT.tls, rootCAs: ca.rootPem };
  const way = { ...DEFAULT_TRANSPORT, tls, ...transport };
  held = heldPlane(0, new Upstream<UpstreamConnection>(server(port, { scheme }), way));
}

function send(text: string): HeldClient {
  const client = held.open();
  clients.push(client);
  client.send(text);
  return client;
}

async function answer(client: HeldClient): Promise<string> {
  await until(() => finals(client).length > 0, 'an answer');
  const first = finals(client)[0]!;
  return `${first.startLine.slice(9, 12)} ${first.body}`;
}

/** As many requests at once. */
async function many(count: number): Promise<readonly string[]> {
  const sent = Array.from({ length: count }, () => send(GET));
  return Promise.all(sent.map(answer));
}

const twenty = (text: string): readonly string[] => Array.from({ length: 20 }, () => text);

describe('over TLS the server chooses', () => {
  test.for([
    ['HTTP/2', {}],
    ['HTTP/2, and has HTTP/1.1 as well', { allowHTTP1: true }],
  ] as const)('%s: all requests that wait for the first handshake share it', async ([, options]) => {
    const one = await backend(options);
    over(one.port, 'https');
    expect(await many(20)).toEqual(twenty('200 two'));
    expect([one.connections, one.streams]).toEqual([1, 20]);
    expect(await many(20)).toEqual(twenty('200 two'));
    expect(one.connections).toBe(1);
  });

  test.for([
    ['by ALPN', ['http/1.1']],
    ['by saying nothing', []],
  ] as const)('HTTP/1.1, %s: the first request takes that connection, the others dial', async ([, protocols]) => {
    const one = await rawTls(protocols);
    over(one.port, 'https');
    const first = held.open();
    clients.push(first);
    first.send(GET);
    const rest = await many(5);
    expect([await answer(first), ...rest]).toEqual(Array.from({ length: 6 }, () => '200 one'));
    expect(one.connections()).toBe(6);
    // They are pooled as ever.
    expect(await many(6)).toEqual(Array.from({ length: 6 }, () => '200 one'));
    expect(one.connections()).toBe(6);
  });

  test('HTTP/2: payloads both ways arrive as they were sent, through a worker', async () => {
    const one = await backend({});
    one.handle = echo;
    over(one.port, 'https');
    const { routers, services } = oneService([server(one.port, { scheme: 'https' })]);
    const tls = { ...DEFAULT_TRANSPORT.tls, rootCAs: ca.rootPem };
    const plane = await startDataPlane(
      {
        routers,
        services: services.map((service) => ({ ...service, transport: 't' })),
        transports: { t: { ...DEFAULT_TRANSPORT, tls } },
      },
      { http2: true },
    );
    const session = await openHttp2(plane.httpsPort);
    cleanUps.push(
      () => session.destroy(),
      () => plane.stop(),
    );
    const bodies = [0, 1, 70_000, 5_000_000].map((size) => pattern(size, size));
    const answers = await Promise.all(bodies.map((body) => ask(session, { ':method': 'POST' }, body)));
    expect(answers.map((answer) => answer.sha1)).toEqual(bodies.map((body) => sha1(body)));
    expect([one.connections, one.streams]).toEqual([1, 4]);
  });

  test('nothing, where the transport forbids HTTP/2', async () => {
    const one = await backend({ allowHTTP1: true });
    over(one.port, 'https', { disableHttp2: true });
    expect(await many(3)).toEqual(['200 one', '200 one', '200 one']);
    expect([one.streams, one.connections]).toEqual([0, 3]);
  });

  test('and who it is is verified before anything is sent (B14)', async () => {
    const one = await backend({});
    over(one.port, 'https', { tls: DEFAULT_TRANSPORT.tls });
    expect((await many(3)).map((text) => text.slice(0, 3))).toEqual(['502', '502', '502']);
    expect([one.streams, { ...held.plane.counters.report().reasons }]).toEqual([0, { upstream_tls: 3 }]);
  });

  test('a client that left before the handshake is done leaves nothing behind', async () => {
    const one = await backend({});
    over(one.port, 'https');
    const client = send(GET);
    client.connection.destroy();
    expect(await many(2)).toEqual(['200 two', '200 two']);
    expect([one.connections, one.streams]).toEqual([1, 2]);
  });
});

describe('a WebSocket has HTTP/1.1', () => {
  test.for([
    ['https', { allowHTTP1: true }],
    ['h2c', undefined],
  ] as const)('toward a server of scheme %s that has HTTP/2', async ([scheme, options]) => {
    // HTTP/2 without TLS and HTTP/1.1 on one port: what some frameworks do.
    const two = await backend(options);
    let port = two.port;
    if (scheme === 'https') two.handleHttp1 = () => {};
    else {
      const one = await rawBackend((socket, received) => {
        if (received.startsWith('GET /socket')) socket.write(received.endsWith('\r\n\r\n') ? SWITCH : 'echo');
      });
      cleanUps.push(() => one.close());
      port = one.port;
    }
    two.onUpgrade((socket) => {
      socket.write(SWITCH);
      socket.on('data', () => socket.write('echo'));
    });
    over(port, scheme);
    if (scheme === 'https') expect(await many(2)).toEqual(['200 two', '200 two']);
    const client = send(UPGRADE);
    await until(() => client.socket.sent.includes(' 101 '), 'the switch');
    client.send('ping');
    await until(() => client.socket.sent.endsWith('echo'), 'the echo');
    if (scheme === 'https') expect(await many(2)).toEqual(['200 two', '200 two']);
  });

  test('and one that is refused leaves no connection that others would get', async () => {
    const one = await backend({ allowHTTP1: true });
    over(one.port, 'https');
    expect(await answer(send(UPGRADE))).toBe('200 one');
    expect(held.upstream.idleCount).toBe(0);
    expect(await answer(send(GET))).toBe('200 two');
  });
});

describe('a server of scheme h2c', () => {
  test('that speaks HTTP/1.1: 502, and nothing was sent', async () => {
    const one = await rawBackend((socket) => socket.write('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'));
    cleanUps.push(() => one.close());
    over(one.port, 'h2c');
    expect((await many(2)).map((text) => text.slice(0, 3))).toEqual(['502', '502']);
    expect({ ...held.plane.counters.report().reasons }).toEqual({ upstream_invalid: 2 });
  });

  test('that refuses connections: 502', async () => {
    const one = await backend(undefined);
    over(one.port, 'h2c');
    expect(await many(1)).toEqual(['200 two']);
    await one.close();
    cleanUps.length = 0;
    expect((await many(3)).map((text) => text.slice(0, 3))).toEqual(['502', '502', '502']);
    expect({ ...held.plane.counters.report().reasons }).toEqual({ upstream_refused: 3 });
    await one.listen();
    cleanUps.push(() => one.close());
    expect(await many(1)).toEqual(['200 two']);
  });

  test('gets the payload of a request that waited for its connection', async () => {
    const one = await backend(undefined);
    one.handle = echo;
    over(one.port, 'h2c');
    const client = send('POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n');
    const other = send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nabc');
    expect([await answer(client), await answer(other)]).toEqual(['200 ', '200 abc']);
  });
});

/** A server of HTTP/1.1 over TLS. */
async function rawTls(protocols: readonly string[]): Promise<{ readonly port: number; connections(): number }> {
  const one = await tlsBackend(
    { ...pair, ALPNProtocols: [...protocols] },
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none',
  );
  cleanUps.push(() => one.close());
  return { port: one.port, connections: () => one.connections.length };
}
