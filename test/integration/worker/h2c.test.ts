import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { type Socket, connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { EntrypointConfig } from '../../../src/config/static-config.ts';
import { oneService, router, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { freePort } from '../../support/free-port.ts';
import { ask, Http2Request, openHttp2 } from '../../support/http2-client.ts';
import { FLAG, frame, headers, PREFACE, request, settings, TYPE } from '../../support/http2-wire.ts';
import { RawClient, rawBackend, type RawBackend } from '../../support/raw-http.ts';

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const ON: Partial<EntrypointConfig> = { transport: 'plain' };

let backend: RawBackend;
let plain: Door;
let open: ClientHttp2Session | undefined;

interface Door {
  readonly plane: TestDataPlane;
  readonly port: number;
}

/** A plane with one entrypoint. */
async function door(config: Partial<EntrypointConfig>, h2c: boolean, headMs?: number): Promise<Door> {
  const port = await freePort();
  const rule = 'Host(`localhost`)';
  const plane = await startDataPlane(
    oneService([server(backend.port)], [router(rule), router(rule, { name: 't@test', tls: true })]),
    {
      h2c,
      limits: headMs === undefined ? {} : { headMs },
      entrypoints: [
        { name: 'http', addresses: [{ host: '127.0.0.1', port }], transport: 'plain', redirect: undefined, ...config },
      ],
    },
  );
  return { plane, port };
}

/** One for this test alone. */
async function ownDoor(...args: Parameters<typeof door>): Promise<Door> {
  const one = await door(...args);
  onTestFinished(() => one.plane.stop());
  return one;
}

beforeAll(async () => {
  backend = await rawBackend((socket, received) => {
    if (received.endsWith('\r\n\r\n')) socket.write(OK);
  });
  plain = await door(ON, true);
});
afterAll(async () => {
  await plain.plane.stop();
  await backend.close();
});
afterEach(() => {
  open?.destroy();
  open = undefined;
});

async function session(port = plain.port): Promise<ClientHttp2Session> {
  open = connectHttp2(`http://localhost:${port}`, { createConnection: () => connect({ port, host: '127.0.0.1' }) });
  open.on('error', () => {});
  await once(open, 'remoteSettings');
  return open;
}

const seen = (name: string): string | undefined =>
  [...backend.received.at(-1)!.matchAll(new RegExp(`^${name}: (.*)\r$`, 'gm'))].at(-1)?.[1];

/** Frames of this type that came in these bytes. */
function framesOf(bytes: Buffer, type: number): number {
  let count = 0;
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) if (bytes[at + 3] === type) count += 1;
  return count;
}

/** What comes back when these pieces are sent, each in a packet of its own, until there is an answer to a request. */
async function sendPieces(port: number, pieces: readonly Buffer[]): Promise<Buffer> {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  onTestFinished(() => void socket.destroy());
  let received = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => (received = Buffer.concat([received, chunk])));
  await once(socket, 'connect');
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await vi.waitFor(() => expect(framesOf(received, TYPE.DATA)).toBe(1), { timeout: 5000, interval: 2 });
  socket.destroy();
  return received;
}

const HTTP2_GET = Buffer.concat([PREFACE, settings(), headers(1, request({ ':scheme': 'http' }))]);

describe('HTTP/2 with prior knowledge (RFC 9113 3.3)', () => {
  test('is served, and known as plain', async () => {
    const answer = await ask(await session(), { ':scheme': 'http', ':path': '/x?y' });
    expect([answer.status, answer.text, answer.code]).toEqual([200, 'ok', 0]);
    expect([seen('X-Forwarded-Proto'), seen('X-Forwarded-Port'), seen('Via')]).toEqual(['http', '80', '2.0 sluice']);
  });

  test('a WebSocket, too (U4)', async () => {
    const fields = { ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'http' };
    const answer = new Http2Request(await session(), fields, false).read();
    await once(answer.stream, 'response');
    // The server only answers, and does not switch.
    expect([answer.status, seen('Upgrade')]).toEqual([502, 'websocket']);
    answer.stream.close();
  });

  test.for(Array.from({ length: PREFACE.length + 2 }, (_, n) => n + 1))('split behind %i bytes', async (bytes) => {
    await sendPieces(plain.port, [HTTP2_GET.subarray(0, bytes), HTTP2_GET.subarray(bytes)]);
  });

  test('byte by byte', async () => {
    await sendPieces(
      plain.port,
      Array.from(HTTP2_GET, (_, at) => HTTP2_GET.subarray(at, at + 1)),
    );
  });

  test('behind what tells TLS from plain, and beside TLS', async () => {
    const { port } = await ownDoor({ transport: 'auto' }, true);
    await sendPieces(port, [HTTP2_GET]);
    expect((await ask(await session(port))).status).toBe(200);
    open!.destroy();
    const secure = await openHttp2(port);
    expect((await ask(secure)).status).toBe(200);
    expect(seen('X-Forwarded-Proto')).toBe('https');
    secure.destroy();
    const socket = connectTls({ port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false });
    const client = new RawClient(socket);
    client.send(GET);
    await client.until(() => client.received.endsWith('ok'), 'an answer');
    client.close();
  });

  test('behind a PROXY header (F6)', async () => {
    const { port } = await ownDoor({ proxyProtocol: ['127.0.0.0/8'] }, true);
    const header = Buffer.from('PROXY TCP4 203.0.113.7 127.0.0.1 40000 80\r\n');
    const all = Buffer.concat([header, HTTP2_GET]);
    for (const at of [1, header.length - 1, header.length, header.length + 1, header.length + 23]) {
      await sendPieces(port, [all.subarray(0, at), all.subarray(at)]);
      expect(seen('X-Forwarded-For')).toBe('203.0.113.7');
    }
  });
});

describe('everything else is HTTP/1.1', () => {
  test.for([GET, `${GET}${GET}`, 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n'])(
    '%j, at once and byte by byte',
    async (text) => {
      for (const isWhole of [true, false]) {
        const client = await RawClient.open(plain.port);
        if (isWhole) client.send(text);
        else await client.sendByBytes(text);
        const answers = text.split(' HTTP/1.1').length - 1;
        await client.until(() => client.received.split('\r\n\r\nok').length === answers + 1, 'the answers');
        client.close();
      }
    },
  );

  test.for(Array.from({ length: PREFACE.length }, (_, n) => n))('a preface that is wrong at byte %i', async (at) => {
    const bytes = Buffer.from(PREFACE);
    bytes[at] = 0x58;
    const client = await RawClient.open(plain.port);
    client.send(`${bytes.latin1Slice()}\r\n\r\n`);
    await client.until(() => client.hasEnded, 'the end');
    expect(client.received).toMatch(/^HTTP\/1\.1 (?:400|505) /);
    client.close();
  });

  test('and so it is for everybody without the option', async () => {
    const { port } = await ownDoor(ON, false);
    const client = await RawClient.open(port);
    client.send(HTTP2_GET.latin1Slice());
    await client.until(() => client.hasEnded, 'the end');
    expect(client.received).toMatch(/^HTTP\/1\.1 400 /);
    client.close();
  });

  test.for([true, false])('`Upgrade: h2c` is passed over, option: %s (U1)', async (h2c) => {
    const { port } = h2c ? plain : await ownDoor(ON, false);
    const client = await RawClient.open(port);
    const fields = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n';
    client.send(`GET / HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`);
    await client.until(() => client.received.endsWith('ok'), 'an answer');
    expect(client.received).toMatch(/^HTTP\/1\.1 200 /);
    expect([seen('Upgrade'), seen('HTTP2-Settings'), seen('Connection')]).toEqual([undefined, undefined, undefined]);
    client.close();
  });
});

test.for([0, 1, 14, 23])('%i bytes of a preface have the time of a head (T4)', async (bytes) => {
  const { port } = await ownDoor(ON, true, 1000);
  const client = await RawClient.open(port);
  if (bytes > 0) client.send(PREFACE.latin1Slice(0, bytes));
  const start = performance.now();
  await client.until(() => client.hasEnded, 'the end', 6000);
  expect(performance.now() - start).toBeGreaterThan(500);
  expect(client.received).toBe('');
});

test('a connection that breaks the rules of HTTP/2 is told so in HTTP/2', async () => {
  const client = await RawClient.open(plain.port);
  client.send(Buffer.concat([PREFACE, frame(TYPE.PING, FLAG.ACK, 0, Buffer.alloc(8))]).latin1Slice());
  await client.until(() => client.hasEnded, 'the end');
  expect(framesOf(Buffer.from(client.received, 'latin1'), TYPE.GOAWAY)).toBe(1);
  client.close();
});
