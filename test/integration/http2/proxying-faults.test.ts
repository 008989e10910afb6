import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { oneService, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { ask, Http2Request, openHttp2, pattern } from '../../support/http2-client.ts';
import { CODE } from '../../support/http2-wire.ts';
import { rawBackend, type RawBackend } from '../../support/raw-http.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

let backend: RawBackend;
let plane: TestDataPlane;
let session: ClientHttp2Session;
/** What the server does with every piece that comes. */
let onBytes: (socket: Socket, received: string) => void;

beforeEach(async () => {
  onBytes = (socket) => socket.write(OK);
  backend = await rawBackend((socket, received) => onBytes(socket, received));
  plane = await startDataPlane(oneService([server(backend.port)]));
  session = await openHttp2(plane.httpsPort);
});
afterEach(async () => {
  session.destroy();
  await vi.waitFor(async () => expect((await plane.counters()).inFlight).toBe(0));
  await plane.stop();
  await backend.close();
});

const reasons = async (): Promise<object> => (await plane.counters()).reasons;

/** The connection is well: a next request of it is served. */
async function expectWell(): Promise<void> {
  onBytes = (socket) => socket.write(OK);
  const answer = await ask(session);
  expect([answer.status, answer.text, answer.code]).toEqual([200, 'ok', 0]);
}

describe('a server that fails', () => {
  test.for<[what: string, method: string, reply: string, reason: string]>([
    ['dies before its head', 'GET', '', 'upstream_reset'],
    ['dies before its head', 'POST', '', 'upstream_reset'],
    ['dies in its head', 'GET', 'HTTP/1.1 200 OK\r\nContent-Le', 'upstream_reset'],
    ['says nonsense', 'GET', 'HTTP/1.1 200 OK\r\nno field\r\n\r\n', 'upstream_invalid'],
  ])('%s: %s is answered with 502', async ([, method, reply, reason]) => {
    onBytes = (socket) => void socket.end(reply, 'latin1', () => socket.destroy());
    const answer = await ask(session, { ':method': method });
    expect([answer.status, answer.code, await reasons()]).toEqual([502, 0, { [reason]: 1 }]);
    expect(answer.bytes).toBe(Number(answer.fields['content-length']));
    await expectWell();
  });

  test.for<[what: string, head: string]>([
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'],
    ['with bad chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nX\r\n'],
  ])('dies in a payload %s: the client sees the cut (B11)', async ([, head]) => {
    onBytes = (socket) => void socket.end(head);
    const answer = await ask(session);
    expect([answer.status, answer.code]).toEqual([200, CODE.INTERNAL_ERROR]);
    await expectWell();
  });

  test('answers before the request is complete, which goes on and is thrown away', async () => {
    onBytes = (socket, received) => {
      if (received.length < 1000) socket.write('HTTP/1.1 413 Too Much\r\nContent-Length: 3\r\n\r\nno!');
    };
    const request = new Http2Request(session, { ':method': 'POST', 'content-length': 100_000 }, false).read();
    await once(request.stream, 'response');
    request.stream.end(Buffer.alloc(100_000));
    const answer = await request.done();
    expect([answer.status, answer.text, answer.code]).toEqual([413, 'no!', 0]);
    await expectWell();
  });

  test('answers a request that is too long to be waited for: the answer is whole, the rest unwanted (X15)', async () => {
    onBytes = (socket, received) => {
      // The first piece alone: ending twice is an error, which would reset the connection.
      if (received.length < 70_000 && !socket.writableEnded)
        socket.end('HTTP/1.1 413 Too Much\r\nConnection: close\r\nContent-Length: 3\r\n\r\nno!');
    };
    const request = new Http2Request(session, { ':method': 'POST' }, false).read();
    request.stream.end(pattern(3_000_000));
    const answer = await request.done();
    expect([answer.status, answer.text, answer.code]).toEqual([413, 'no!', CODE.NO_ERROR]);
    await expectWell();
  });

  test('sends more than 16 heads in advance (B6)', async () => {
    onBytes = (socket) => void socket.write('HTTP/1.1 103 Early\r\n\r\n'.repeat(17) + OK);
    expect((await ask(session)).status).toBe(502);
    await expectWell();
  });

  test('sends 100 to one who did not ask (E4)', async () => {
    onBytes = (socket) => void socket.write(`HTTP/1.1 100 Continue\r\n\r\n${OK}`);
    const answer = await ask(session);
    expect([answer.status, answer.interim]).toEqual([200, []]);
  });

  test('sends fields of its connection, which go no further', async () => {
    const fields =
      'Connection: x-hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: a\r\nX-End: 2\r\n';
    onBytes = (socket) => void socket.write(OK.replace('\r\n\r\n', `\r\n${fields}\r\n`));
    const { fields: got, code } = await ask(session);
    expect(code).toBe(0);
    expect(Object.keys(got).sort((a, b) => (a < b ? -1 : 1))).toEqual([':status', 'content-length', 'date', 'x-end']);
  });
});

describe('a client that goes away', () => {
  test('before the answer: the request is aborted at once', async () => {
    onBytes = () => {};
    const request = new Http2Request(session);
    await vi.waitFor(() => expect(backend.received.join('')).toContain('\r\n\r\n'), { interval: 1 });
    request.stream.close(CODE.CANCEL);
    await vi.waitFor(() => expect(backend.sockets.size).toBe(0), { interval: 1 });
    expect(await reasons()).toEqual({ client_gone: 1 });
    await expectWell();
  });

  test('in the middle of the answer', async () => {
    onBytes = (socket) => void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc`);
    const request = new Http2Request(session).read();
    await vi.waitFor(() => expect(request.bytes).toBe(3), { interval: 1 });
    request.stream.close(CODE.CANCEL);
    await vi.waitFor(() => expect(backend.sockets.size).toBe(0), { interval: 1 });
    await expectWell();
  });

  test('in the middle of its payload', async () => {
    onBytes = () => {};
    const request = new Http2Request(session, { ':method': 'PUT', 'content-length': 9 }, false);
    request.stream.write('abc');
    await vi.waitFor(() => expect(backend.received.join('')).toContain('abc'), { interval: 1 });
    request.stream.close(CODE.CANCEL);
    await vi.waitFor(() => expect(backend.sockets.size).toBe(0), { interval: 1 });
    await expectWell();
  });

  test('with its whole connection: every request of it is aborted', async () => {
    onBytes = () => {};
    for (let n = 0; n < 20; n++) void new Http2Request(session);
    await vi.waitFor(() => expect(backend.received.filter((text) => text !== '').length).toBe(20), { interval: 1 });
    session.destroy();
    await vi.waitFor(() => expect(backend.sockets.size).toBe(0), { interval: 1 });
    await vi.waitFor(async () => expect(await reasons()).toEqual({ client_gone: 20 }));
    expect(plane.openConnections()).toBe(0);
  });
});

test('a request that was not answered when its connection was used again is tried once more', async () => {
  await expectWell();
  let calls = 0;
  onBytes = (socket) => void (calls++ === 0 ? socket.destroy() : socket.write(OK));
  const answer = await ask(session);
  expect([answer.status, calls]).toEqual([200, 2]);
});
