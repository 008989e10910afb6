import { describe, expect, test } from 'vitest';
import { finals, GET, HeldLab, OK, statuses, until } from '../../support/held-lab.ts';
import { fieldOf, readMessages } from '../../support/raw-http.ts';

const lab = new HeldLab();
const POST = 'POST /behind HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\n\r\nx';

describe('a response that is cut (B11)', () => {
  test('serves no request behind it (V5)', async () => {
    const warm = [lab.open(), lab.open()];
    for (const client of warm) client.send(GET);
    await until(() => lab.held.upstream.idleCount === 2, 'two server connections in the pool');
    lab.onRequest = (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
    const client = lab.open();
    client.send(GET + POST);
    await until(() => client.socket.destroyed, 'the cut');
    const probe = lab.open();
    probe.send(GET);
    await until(() => lab.requestsSeen.length >= 4, 'the request of another client');
    expect(lab.requestsSeen.map((message) => message.startLine)).not.toContain('POST /behind HTTP/1.1');
  });

  test('also when the client was too slow to take it (T14)', async () => {
    const size = 1_000_000;
    lab.onRequest = (socket) => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`);
    const client = lab.open();
    client.socket.isHeld = true;
    client.send(GET + POST);
    await until(() => client.socket.writableNeedDrain, 'the pause');
    lab.held.tick(63);
    expect([client.socket.destroyed, lab.held.plane.counters.requests]).toEqual([true, 1]);
    expect([lab.held.plane.counters.inFlight, lab.held.upstream.inFlight]).toEqual([0, 0]);
  });

  test.for([
    ['cut', (socket: { destroy(): void }) => socket.destroy(), true],
    ['complete', () => {}, false],
  ] as const)('without framing toward HTTP/1.0, a reset tells it: %s', async ([, finish, isReset]) => {
    lab.onRequest = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n');
      if (!isReset) socket.write('0\r\n\r\n');
    };
    const client = lab.open();
    client.send('GET / HTTP/1.0\r\nHost: a.test\r\n\r\n');
    await until(() => client.socket.sent.endsWith('ok'), 'the part');
    for (const socket of lab.backend.sockets) finish(socket);
    await until(() => client.socket.destroyed || client.socket.writableEnded, 'the end');
    expect(client.socket.isReset).toBe(isReset);
  });

  test('a payload that breaks after the response began cuts it, too (X14)', async () => {
    lab.onBytes = (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart');
    const client = lab.open();
    client.send('POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n');
    await until(() => client.socket.sent.endsWith('part'), 'the part');
    client.send('nonsense');
    await until(() => client.socket.destroyed, 'the cut');
    expect(lab.held.plane.counters.report().reasons).toEqual({ bad_chunk: 1 });
  });
});

describe('Expect: 100-continue (E1, E4)', () => {
  const EXPECT = 'PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 40\r\nExpect: 100-continue\r\n\r\n';

  test('a final answer instead of 100 closes: what follows may be payload or a request', async () => {
    lab.onBytes = (socket) => void socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
    const client = lab.open();
    client.send(EXPECT);
    await until(() => finals(client).length === 1, 'the answer');
    client.send(POST);
    await until(() => client.socket.writableFinished, 'our end');
    expect([statuses(client), fieldOf(finals(client)[0]!, 'connection')]).toEqual([[401], 'close']);
    expect(lab.backend.received.join('')).not.toContain('/behind');
  });

  test('100 is relayed once', async () => {
    lab.onBytes = (socket, received) =>
      void socket.write(received.endsWith('x') ? OK : 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(2));
    const client = lab.open();
    client.send(EXPECT);
    await until(() => client.socket.sent.includes('100 Continue'), 'the 100');
    client.send('x'.repeat(40));
    await until(() => finals(client).length === 1, 'the response');
    const all = readMessages(client.socket.sent, 'response').map((message) => message.startLine);
    expect(all).toEqual(['HTTP/1.1 100 Continue', 'HTTP/1.1 200 OK']);
  });
});

describe('a client that ends its side (V6)', () => {
  test('gets the answers to all its pipelined requests', async () => {
    const client = lab.open();
    client.send(GET.repeat(3));
    client.end();
    await until(() => client.socket.destroyed, 'the close');
    expect(statuses(client)).toEqual([200, 200, 200]);
  });

  test('before the server is dialled: a payload that was all here is delivered', async () => {
    const client = lab.open();
    client.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello');
    client.end();
    await until(() => client.socket.destroyed, 'the close');
    expect(statuses(client)).toEqual([200]);
  });

  test.for([
    ['a head', 'GET / HTT', [200]],
    ['a payload', 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 9\r\n\r\nx', [200, 400]],
    ['a payload that nobody reads', 'POST / HTTP/1.1\r\nHost: no host\r\n\r\n', [200, 400]],
  ] as const)('inside %s behind a request: that one is not waited for', async ([, rest, expected]) => {
    const client = lab.open();
    client.send(GET + rest);
    client.end();
    await until(() => client.socket.destroyed, 'the close');
    expect(statuses(client)).toEqual(expected);
    expect(lab.held.plane.counters.inFlight).toBe(0);
  });
});

describe('a stop', () => {
  test('ends a connection that still throws payload away', async () => {
    lab.onBytes = (socket) => void socket.write('HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n');
    const client = lab.open();
    client.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nx');
    await until(() => finals(client).length === 1, 'the early answer');
    client.connection.drain();
    client.send('123456789');
    await until(() => client.socket.writableEnded, 'our end');
  });
});

describe('a fault of ours', () => {
  const broken = (): never => {
    throw new Error('broken step');
  };

  test('costs one request: 500, close, and a report with the request id', async () => {
    lab.held.route = { requestSteps: [broken] };
    const client = lab.open();
    client.send(GET);
    await until(() => client.socket.writableEnded, 'our end');
    expect(statuses(client)).toEqual([500]);
    expect(client.socket.sent).not.toContain('broken step');
    expect(lab.held.faults).toEqual([new Error('broken step')]);
    lab.held.route = {};
    const next = lab.open();
    next.send(GET);
    await until(() => finals(next).length === 1, 'the next client to be served');
    expect(lab.held.plane.counters.inFlight).toBe(0);
  });

  test('in a request that waited behind another', async () => {
    let count = 0;
    lab.held.route = { requestSteps: [() => (++count === 2 ? broken() : undefined)] };
    const client = lab.open();
    client.send(GET + GET + GET);
    await until(() => client.socket.writableEnded, 'our end');
    expect([statuses(client), lab.held.upstream.idleCount]).toEqual([[200, 500], 1]);
  });
});

test('a request that is refused is not answered as the one before it', async () => {
  lab.onRequest = (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n');
  const client = lab.open();
  client.send('HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\n');
  await until(() => client.socket.sent.endsWith('\r\n\r\n'), 'the head');
  const before = client.socket.sent.length;
  client.send('\0\0');
  await until(() => client.socket.writableEnded, 'our end');
  expect(client.socket.sent.slice(before)).toMatch(/^HTTP\/1\.1 400 .*\r\n\r\n400 Bad Request/s);
});

test.for([
  ['https:', [421, 200]],
  ['http:', [200, 200]],
] as const)('absolute-form with %s on a plain entrypoint (R8)', async ([scheme, expected]) => {
  const client = lab.open();
  client.send(`GET ${scheme}//a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n${GET}`);
  await until(() => finals(client).length === 2, 'both answers');
  expect(statuses(client)).toEqual(expected);
});
