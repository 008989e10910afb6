import { connect } from 'node:tls';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { oneService, router, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { freePort } from '../../support/free-port.ts';
import {
  fieldOf,
  RawClient,
  rawBackend,
  type RawBackend,
  type RawMessage,
  readMessages,
} from '../../support/raw-http.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

let backend: RawBackend;
let plane: TestDataPlane;
/** What the backend does with each complete request. */
let onRequest: (socket: Socket, request: RawMessage, connection: number) => void;
/** What it does with every piece of data; requests in pieces are judged by the test. */
let onBytes: ((socket: Socket, received: string) => void) | undefined;
const clients: RawClient[] = [];

beforeEach(async () => {
  onRequest = (socket) => socket.write(OK);
  onBytes = undefined;
  const answered = new Map<number, number>();
  backend = await rawBackend((socket, received, connection) => {
    if (onBytes !== undefined) return onBytes(socket, received);
    const complete = readMessages(received, 'request').filter((message) => message.isComplete);
    for (const message of complete.slice(answered.get(connection) ?? 0)) onRequest(socket, message, connection);
    answered.set(connection, complete.length);
    return undefined;
  });
  plane = await startDataPlane(oneService([server(backend.port)]));
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await plane.stop();
  await backend.close();
});

async function open(): Promise<RawClient> {
  const client = await RawClient.open(plane.httpPort);
  clients.push(client);
  return client;
}

const responses = (client: RawClient, noBody = false): RawMessage[] =>
  readMessages(client.received, 'response', () => (noBody ? 'no-body' : 'framed'));
const finals = (client: RawClient): RawMessage[] =>
  responses(client).filter((m) => m.isComplete && !m.startLine.startsWith('HTTP/1.1 1'));
const statuses = (client: RawClient): number[] => finals(client).map((m) => Number(m.startLine.slice(9, 12)));

async function ask(text: string, count = 1): Promise<RawClient> {
  const client = await open();
  client.send(text);
  await client.until(() => finals(client).length >= count, `${count} responses`);
  return client;
}

const requestsSeen = (): RawMessage[] => backend.received.flatMap((text) => readMessages(text, 'request'));

/** Waits until nothing is in flight and nothing leaked into a later request. */
async function expectIdle(): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const { inFlight } = await plane.counters();
    if (inFlight === 0) return;
  }
  expect((await plane.counters()).inFlight).toBe(0);
}

describe('requests and responses', () => {
  test('one connection to the server carries many requests', async () => {
    const client = await ask(GET.repeat(5), 5);
    expect(statuses(client)).toEqual([200, 200, 200, 200, 200]);
    expect(backend.received.length).toBe(1);
  });

  test('pipelined requests are answered in order', async () => {
    onRequest = (socket, request) => {
      const path = request.startLine.split(' ')[1]!;
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
    };
    const client = await ask(['/a', '/bb', '/ccc'].map((path) => GET.replace('/', path)).join(''), 3);
    expect(finals(client).map((m) => m.body)).toEqual(['/a', '/bb', '/ccc']);
  });

  test('the server sees our Host, framing and forwarding fields', async () => {
    await ask('POST /x?q HTTP/1.1\r\nHost: A.test:81\r\nContent-Length: 3\r\n\r\nabc');
    const [request] = requestsSeen();
    expect(request!.startLine).toBe('POST /x?q HTTP/1.1');
    expect(request!.body).toBe('abc');
    expect(Object.fromEntries(request!.fields)).toEqual({
      Host: 'A.test:81',
      'X-Forwarded-For': '127.0.0.1',
      'X-Real-Ip': '127.0.0.1',
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Port': '81',
      'X-Forwarded-Server': 'sluice',
      'X-Forwarded-Host': 'A.test:81',
      Via: '1.1 sluice',
      'Content-Length': '3',
    });
  });

  test('POST without a body says so, GET does not (X6)', async () => {
    await ask('POST / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    await ask(GET);
    expect(requestsSeen().map((m) => fieldOf(m, 'content-length'))).toEqual(['0', undefined]);
  });

  test('the path is normalised once, the query is not touched (P)', async () => {
    await ask('GET /a/../%62//c%2fd?%62//.. HTTP/1.1\r\nHost: a.test\r\n\r\n');
    expect(requestsSeen()[0]!.startLine).toBe('GET /b/c%2Fd?%62//.. HTTP/1.1');
  });

  test.for([
    ['a counted body', 'Content-Length: 5\r\n\r\nhello', 'hello'],
    ['a chunked body', 'Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nX-Sum: 1\r\n\r\n', 'hello'],
    ['an empty body', 'Content-Length: 0\r\n\r\n', ''],
  ] as const)('%s comes through', async ([, text, body]) => {
    onRequest = (socket) => socket.write(`HTTP/1.1 200 Fine\r\nX-A: 1\r\n${text}`);
    const client = await ask(GET + GET, 2);
    expect(finals(client).map((m) => [m.startLine, m.body])).toEqual([
      ['HTTP/1.1 200 Fine', body],
      ['HTTP/1.1 200 Fine', body],
    ]);
  });

  test('a body until close becomes chunked, and the server connection is not used again (B4)', async () => {
    onRequest = (socket) => void socket.end('HTTP/1.0 200 OK\r\n\r\nuntil close');
    const client = await ask(GET + GET, 2);
    expect(finals(client).map((m) => [m.body, fieldOf(m, 'transfer-encoding')])).toEqual([
      ['until close', 'chunked'],
      ['until close', 'chunked'],
    ]);
    expect(backend.received.length).toBe(2);
  });

  test('trailers reach a client that asked for them, filtered (X12)', async () => {
    onRequest = (socket) =>
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 9\r\nContent-Length: 3\r\n\r\n');
    const asked = await ask('GET / HTTP/1.1\r\nHost: a.test\r\nTE: trailers\r\nConnection: te\r\n\r\n');
    const silent = await ask(GET);
    expect([finals(asked)[0]!.trailers, finals(silent)[0]!.trailers]).toEqual(['X-Sum: 9\r\n', '']);
  });

  test.for([
    ['204', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n'],
    ['304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'],
  ] as const)('%s has no body (B2)', async ([, text]) => {
    onRequest = (socket) => socket.write(text);
    const client = await ask(GET + GET, 2);
    expect(finals(client).map((m) => m.body)).toEqual(['', '']);
  });

  test('HEAD keeps the length and has no body (B2)', async () => {
    onRequest = (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n');
    const client = await open();
    client.send('HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\n'.repeat(2));
    await client.until(() => responses(client, true).length === 2, 'two heads');
    expect(fieldOf(responses(client, true)[0]!, 'content-length')).toBe('500');
  });

  test('interim responses are relayed, 100 only when asked for (B5, E4)', async () => {
    onRequest = (socket) =>
      socket.write(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}`);
    const client = await ask(GET);
    expect(responses(client).map((m) => m.startLine)).toEqual(['HTTP/1.1 103 Early Hints', 'HTTP/1.1 200 OK']);
  });

  test('Date is added when the server has none, and only then (H12)', async () => {
    const client = await ask(GET);
    expect(fieldOf(finals(client)[0]!, 'date')).toMatch(/GMT$/);
    onRequest = (socket) => socket.write('HTTP/1.1 200 OK\r\nDate: then\r\nContent-Length: 0\r\n\r\n');
    const second = await ask(GET);
    expect(finals(second)[0]!.fields.filter(([name]) => name === 'Date')).toEqual([['Date', 'then']]);
  });
});

describe('HTTP/1.0 clients (V1, V2)', () => {
  test('closes by default, de-chunks', async () => {
    onRequest = (socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n');
    const client = await open();
    client.send('GET / HTTP/1.0\r\nHost: a.test\r\n\r\n');
    await client.until(() => client.hasEnded, 'end');
    const [response] = responses(client);
    expect([response!.body, fieldOf(response!, 'transfer-encoding'), fieldOf(response!, 'connection')]).toEqual([
      'ok',
      undefined,
      'close',
    ]);
  });

  test('keep-alive with a counted body', async () => {
    const old = 'GET / HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n';
    const client = await ask(old + old, 2);
    expect(finals(client).map((m) => fieldOf(m, 'connection'))).toEqual(['keep-alive', 'keep-alive']);
  });
});

describe('request bodies', () => {
  test('a chunked body is re-framed, extensions and trailers dropped', async () => {
    await ask(
      'POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n0\r\nX-T: 1\r\n\r\n',
    );
    const [request] = requestsSeen();
    expect([request!.body, request!.trailers, fieldOf(request!, 'transfer-encoding')]).toEqual(['abc', '', 'chunked']);
    expect(backend.received.join('')).not.toContain('ext');
  });

  test('trailers that the client announced reach the server, filtered (X12)', async () => {
    const fields = 'Transfer-Encoding: chunked\r\nTrailer: X-Sum, Host, a b\r\nTrailer: x-other\r\n';
    await ask(`POST / HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n0\r\nX-Sum: 1\r\nHost: evil.test\r\nX-More: 2\r\n\r\n`);
    const [request] = requestsSeen();
    expect([fieldOf(request!, 'trailer'), request!.trailers]).toEqual(['X-Sum, x-other', 'X-Sum: 1\r\nX-More: 2\r\n']);
  });

  test('Expect: 100-continue is forwarded and the 100 relayed (E1)', async () => {
    onBytes = (socket, received) => {
      if (received.endsWith('\r\n\r\n')) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      else if (received.endsWith('hello')) socket.write(OK);
    };
    const client = await open();
    client.send('PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n');
    await client.until(() => client.received.includes('100 Continue'), 'the 100');
    client.send('hello');
    await client.until(() => finals(client).length === 1, 'the response');
    expect(statuses(client)).toEqual([200]);
  });

  test('an early answer ends the exchange; the rest of the body is drained and the connection goes on (X15)', async () => {
    onBytes = (socket, received) => {
      if (received.includes('early') && !received.includes('GET /')) {
        socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n');
      } else if (received.includes('GET /')) socket.write(OK);
    };
    const client = await open();
    client.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100000\r\n\r\nearly');
    await client.until(() => statuses(client).includes(413), 'the early answer');
    client.send('x'.repeat(99_995) + GET);
    await client.until(() => finals(client).length === 2, 'the next response');
    expect(statuses(client)).toEqual([413, 200]);
    expect(backend.received.length).toBe(2);
  });

  test('a body that ends too soon destroys the server connection and is never a success (X7)', async () => {
    onBytes = () => {};
    const client = await open();
    client.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nabc');
    await client.until(() => backend.received.join('').endsWith('abc'), 'the part');
    client.socket.end();
    await client.until(() => client.hasEnded, 'end');
    expect(statuses(client)).toEqual([400]);
    await client.until(() => backend.sockets.size === 0, 'the server connection to be destroyed');
    await expectIdle();
  });
});

describe('failures', () => {
  test('no router: 404 with a request id, the connection stays (A8)', async () => {
    const client = await ask('GET / HTTP/1.1\r\nHost: other.test\r\nAccept: text/html\r\n\r\n' + GET, 2);
    expect(statuses(client)).toEqual([404, 200]);
    expect(finals(client)[0]!.body).toMatch(/<h1>404.*Request \S+/s);
  });

  test('a router that must not serve: 503', async () => {
    plane.publish(
      oneService([server(backend.port)], [router('Host(`a.test`)', { disabled: 'middleware x is missing' })]),
    );
    const client = await ask(GET);
    expect(statuses(client)).toEqual([503]);
    expect(client.received).not.toContain('middleware');
  });

  test('no ready server: 503 with Retry-After', async () => {
    plane.post({ type: 'server-states', states: [[`c/127.0.0.1:${backend.port}`, 'draining']] });
    const client = await ask(GET);
    expect([statuses(client), fieldOf(finals(client)[0]!, 'retry-after')]).toEqual([[503], '2']);
  });

  test('a refused connection goes to another server, any method, body untouched', async () => {
    const dead = server(await freePort());
    plane.publish(oneService([dead, server(backend.port)]));
    const post = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello';
    const client = await ask(post.repeat(4), 4);
    expect(statuses(client)).toEqual([200, 200, 200, 200]);
    expect(requestsSeen().map((m) => m.body)).toEqual(['hello', 'hello', 'hello', 'hello']);
    expect(plane.messages.some((m) => m.type === 'connect-failed' && m.serverId === dead.id)).toBe(true);
  });

  test('a refused connection and no other server: 502', async () => {
    plane.publish(oneService([server(await freePort())]));
    expect(statuses(await ask(GET))).toEqual([502]);
    await expectIdle();
  });

  test('a pooled connection that the server closed is replaced without anybody noticing (B9)', async () => {
    let closeNext = false;
    onRequest = (socket) => {
      if (closeNext) {
        closeNext = false;
        socket.destroy();
      } else socket.write(OK);
    };
    const client = await ask(GET);
    closeNext = true;
    client.send(GET);
    await client.until(() => finals(client).length === 2, 'the repeated request');
    expect(statuses(client)).toEqual([200, 200]);
  });

  test('a POST on such a connection is not repeated (9110 9.2.2)', async () => {
    onRequest = (socket, request) => {
      if (request.startLine.startsWith('POST')) socket.destroy();
      else socket.write(OK);
    };
    const client = await ask(GET);
    client.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\n\r\nx');
    await client.until(() => finals(client).length === 2, 'the failure');
    expect(statuses(client)).toEqual([200, 502]);
    expect(requestsSeen().filter((m) => m.startLine.startsWith('POST')).length).toBe(1);
  });

  test('a response cut inside its body is cut for the client too (B11)', async () => {
    onRequest = (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
    const client = await open();
    client.send(GET);
    await client.until(() => client.hasEnded, 'the cut');
    expect(finals(client)).toEqual([]);
    await expectIdle();
  });

  test('a client that leaves ends the request at the server', async () => {
    onRequest = () => {};
    const client = await open();
    client.send(GET);
    await client.until(() => backend.received.join('') !== '', 'the request');
    // A FIN alone would be a half-close, which waits for its answer (V6).
    client.socket.resetAndDestroy();
    const watcher = await open();
    await watcher.until(() => backend.sockets.size === 0, 'the server connection to be destroyed');
    await expectIdle();
  });

  test('a half-closed client still gets its answer (V6)', async () => {
    const client = await open();
    onRequest = (socket) => setImmediate(() => socket.write(OK));
    client.socket.end(GET);
    await client.until(() => client.hasEnded, 'end');
    expect(statuses(client)).toEqual([200]);
  });

  test('OPTIONS that may go no further is answered here, others count down (H15)', async () => {
    const options = (hops: number): string => `OPTIONS / HTTP/1.1\r\nHost: a.test\r\nMax-Forwards: ${hops}\r\n\r\n`;
    const client = await ask(options(0) + options(2), 2);
    expect(statuses(client)).toEqual([204, 200]);
    expect(backend.received.join('')).toContain('Max-Forwards: 1\r\n');
    expect(backend.received.join('')).not.toContain('Max-Forwards: 0');
  });

  test('TRACE is refused, OPTIONS * answered here', async () => {
    const client = await ask('TRACE / HTTP/1.1\r\nHost: a.test\r\n\r\nOPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n', 2);
    expect(statuses(client)).toEqual([405, 204]);
    expect(backend.received).toEqual([]);
  });

  test('a request that passed here too often is stopped (A9)', async () => {
    const via = 'Via: 1.1 sluice\r\n'.repeat(11);
    expect(statuses(await ask(`GET / HTTP/1.1\r\nHost: a.test\r\n${via}\r\n`))).toEqual([508]);
  });
});

describe('upgrade (U)', () => {
  const UPGRADE =
    'GET /ws HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n';
  const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

  test('bytes pass both ways, also those sent before the 101, and each end by itself', async () => {
    onBytes = (socket, received) => {
      if (received.endsWith('\r\n\r\n')) setImmediate(() => socket.write(`${SWITCH}hello`));
      else if (received.endsWith('ping')) socket.write('pong');
    };
    const client = await open();
    client.send(UPGRADE);
    await client.until(() => client.received.endsWith('hello'), 'the switch');
    client.send('ping');
    await client.until(() => client.received.endsWith('pong'), 'the echo');
    client.socket.end();
    await client.until(() => client.hasEnded, 'the end');
    expect(client.received).toContain('HTTP/1.1 101 Switching Protocols');
    await expectIdle();
  });

  test('a server that does not switch answers as usual, and what follows is a request (U2)', async () => {
    const client = await ask(UPGRADE + GET, 2);
    expect(statuses(client)).toEqual([200, 200]);
    expect(requestsSeen().map((m) => m.startLine)).toEqual(['GET /ws HTTP/1.1', 'GET / HTTP/1.1']);
  });
});

describe('TLS', () => {
  test('the default certificate serves a name nobody has, and the name is reported', async () => {
    const socket = connect({ port: plane.httpsPort, servername: 'localhost', ca: plane.rootPem });
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    let received = '';
    for await (const chunk of socket) received += String(chunk);
    expect(received).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(socket.authorized).toBe(true);
    expect(requestsSeen()[0]!.fields.find(([name]) => name === 'X-Forwarded-Proto')?.[1]).toBe('https');
    expect(plane.messages).toContainEqual({ type: 'unknown-name', name: 'localhost' });
  });
});

describe('large bodies', () => {
  const SIZE = 64 * 1024 * 1024;

  test('a client that does not read holds the server back in bounded memory', async () => {
    let written = 0;
    onRequest = (socket) => {
      const chunk = Buffer.alloc(256 * 1024, 'x');
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`);
      const pump = (): void => {
        while (written < SIZE) {
          written += chunk.length;
          if (!socket.write(chunk)) {
            socket.once('drain', pump);
            return;
          }
        }
      };
      pump();
    };
    const client = await open();
    client.socket.pause();
    client.send(GET);
    let before = -1;
    // It stops when the kernel's buffers and one or two of ours are full.
    await client.until(() => {
      const hasStopped = written > 0 && written === before;
      before = written;
      return hasStopped;
    }, 'the server to be held back');
    expect(written).toBeLessThan(SIZE / 2);
    client.socket.resume();
    await client.until(() => client.received.length > SIZE, 'the whole body', 15_000);
    await expectIdle();
  });
});
