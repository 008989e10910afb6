import { once } from 'node:events';
import type { ClientHttp2Session, ServerHttp2Stream } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { oneService, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { holdsFor } from '../../support/fault-lab.ts';
import { Http2Backend, received } from '../../support/http2-backend.ts';
import { ask, Http2Request, openHttp2, pattern, sha1 } from '../../support/http2-client.ts';

const MB = 1024 * 1024;
/** What kernels hold on the way, of four sockets, and what the router may hold. */
const ON_THE_WAY = 24 * MB;
const LARGE = 64 * MB;

let backend: Http2Backend;
let plane: TestDataPlane;
let session: ClientHttp2Session;

beforeAll(async () => {
  backend = await new Http2Backend(() => {}).listen();
  plane = await startDataPlane(oneService([server(backend.port, { scheme: 'h2c' })]), { http2: true });
});
afterAll(async () => {
  await plane.stop();
  await backend.close();
});
beforeEach(async () => {
  session = await openHttp2(plane.httpsPort);
  return async () => {
    session.destroy();
    await vi.waitFor(async () => expect((await plane.counters()).inFlight).toBe(0));
  };
});

/** A number that does not change for some time. */
async function settled(value: () => number): Promise<number> {
  let last = -1;
  await holdsFor(100, () => {
    const now = value();
    const isSame = now === last;
    last = now;
    return isSame;
  });
  return last;
}

/** Sends so many bytes as they are taken; what was asked for so far is told. */
function sendLarge(stream: ServerHttp2Stream): { readonly taken: () => number } {
  const unit = pattern(65_536);
  let taken = 0;
  const source = new Readable({
    read() {
      taken += unit.length;
      this.push(taken > LARGE ? null : unit);
    },
  });
  stream.respond({ ':status': 200 });
  source.pipe(stream);
  return { taken: () => taken };
}

describe('whoever is slow slows the other side, and the router holds little', () => {
  test.for(['HTTP/1.1', 'HTTP/2'] as const)('a client of %s that does not read', async (version) => {
    let large: { readonly taken: () => number } | undefined;
    backend.handle = (stream, fields) => {
      if (fields[':path'] === '/ok') {
        stream.respond({ ':status': 200 });
        stream.end('ok');
      } else large = sendLarge(stream);
    };
    let resume: () => Promise<number>;
    if (version === 'HTTP/2') {
      const request = new Http2Request(session);
      await vi.waitFor(() => expect(request.status).toBe(200));
      resume = async () => (await request.read().done()).bytes;
    } else {
      const socket: Socket = connect(plane.httpPort, '127.0.0.1').pause();
      socket.write('GET / HTTP/1.0\r\nHost: a.test\r\n\r\n');
      resume = async () => {
        let bytes = 0;
        socket.on('data', (chunk: Buffer) => (bytes += chunk.length));
        await once(socket.resume(), 'end');
        return bytes;
      };
      await vi.waitFor(() => expect(large).toBeDefined());
    }
    expect(await settled(() => large!.taken())).toBeLessThan(ON_THE_WAY);
    // Others on the same connection are served meanwhile.
    expect((await ask(session, { ':path': '/ok' })).text).toBe('ok');
    const got = await resume();
    expect(got >= LARGE && got < LARGE + 1000).toBe(true);
  });

  test('a server that does not read', async () => {
    let open: ServerHttp2Stream | undefined;
    backend.handle = (stream) => (open = stream);
    const request = new Http2Request(session, { ':method': 'POST' }, false).read();
    const unit = pattern(65_536);
    let taken = 0;
    const source = new Readable({
      read() {
        taken += unit.length;
        this.push(taken > LARGE ? null : unit);
      },
    });
    source.pipe(request.stream);
    await vi.waitFor(() => expect(open).toBeDefined());
    expect(await settled(() => taken)).toBeLessThan(ON_THE_WAY);
    let bytes = 0;
    open!.on('data', (chunk: Buffer) => (bytes += chunk.length));
    open!.on('end', () => {
      open!.respond({ ':status': 200 });
      open!.end(String(bytes));
    });
    expect((await request.done()).text).toBe(String(LARGE));
  });
});

test('connections that a server ends with GOAWAY under load fail nobody, and no request is done twice', async () => {
  const done = new Map<string, number>();
  const before = backend.connections;
  let count = 0;
  backend.handle = (stream, fields) => {
    void received(stream, fields).then(({ body }) => {
      const id = String(fields['x-id']);
      done.set(id, (done.get(id) ?? 0) + 1);
      count += 1;
      if (count % 25 === 0) stream.session?.close();
      setTimeout(() => {
        if (stream.destroyed) return;
        stream.respond({ ':status': 200 });
        stream.end(sha1(body));
      }, count % 4);
    });
  };
  const failed: string[] = [];
  const visit = async (visitor: number): Promise<void> => {
    for (let i = 0; i < 50; i++) {
      const id = `${visitor}-${i}`;
      const body = i % 3 === 0 ? undefined : pattern(i * 37, visitor);
      const answer = await ask(session, { ':method': body === undefined ? 'GET' : 'POST', 'x-id': id }, body);
      const isRight = answer.status === 200 && answer.code === 0 && answer.text === sha1(body ?? Buffer.alloc(0));
      if (!isRight) failed.push(`${id}: ${answer.status} ${answer.code} ${answer.text.slice(0, 80)}`);
    }
  };
  await Promise.all(Array.from({ length: 20 }, (_, n) => visit(n)));
  expect(failed).toEqual([]);
  expect([done.size, [...done.values()].filter((times) => times !== 1)]).toEqual([1000, []]);
  expect(backend.connections - before).toBeGreaterThan(10);
});

test('requests with payloads both ways, many at once, arrive as they were sent', async () => {
  backend.handle = (stream) => {
    stream.respond({ ':status': 200 });
    stream.pipe(stream);
  };
  const sizes = Array.from({ length: 60 }, (_, n) => (n * n * 997) % (2 * MB));
  const answers = await Promise.all(
    sizes.map(async (size, n) => {
      const body = pattern(size, n);
      const answer = await ask(session, { ':method': 'POST' }, body);
      return answer.status === 200 && answer.bytes === size && answer.sha1 === sha1(body);
    }),
  );
  expect(answers.every(Boolean)).toBe(true);
});

test('clients that leave at any moment leave no stream behind, and the connection lives on', async () => {
  const open = new Set<ServerHttp2Stream>();
  let turn = 0;
  backend.handle = (stream, fields) => {
    open.add(stream);
    stream.on('close', () => open.delete(stream));
    if (fields[':path'] === '/ok') {
      stream.respond({ ':status': 200 });
      stream.end('ok');
      return;
    }
    turn += 1;
    if (turn % 4 === 0) return;
    stream.respond({ ':status': 200 });
    if (turn % 4 === 1) stream.write('some');
    // More than the client lets come: the rest waits in the router.
    if (turn % 4 === 2) stream.end(pattern(100_000));
    if (turn % 4 === 3) stream.resume().end('all');
  };
  await ask(session, { ':path': '/ok' });
  const before = backend.connections;
  for (let round = 0; round < 3; round++) {
    const requests = Array.from({ length: 50 }, (_, n) => {
      const isPost = n % 2 === 1;
      const request = new Http2Request(session, isPost ? { ':method': 'POST' } : {}, !isPost);
      if (isPost) request.stream.write(pattern(n * 1000));
      return request;
    });
    await vi.waitFor(() => expect(turn).toBeGreaterThanOrEqual((round + 1) * 50 - round * 10));
    for (const request of requests) request.stream.close(8);
  }
  await vi.waitFor(async () => expect([open.size, (await plane.counters()).inFlight]).toEqual([0, 0]));
  const answers = await Promise.all(Array.from({ length: 90 }, () => ask(session, { ':path': '/ok' })));
  expect([answers.every(({ text }) => text === 'ok'), backend.connections]).toEqual([true, before]);
});

test('requests that are called off cost nobody else his connection (CVE-2023-44487)', async () => {
  const held: ServerHttp2Stream[] = [];
  backend.handle = (stream, fields) => {
    if (fields[':path'] === '/held') held.push(stream);
    else if (fields[':path'] === '/ok') {
      stream.respond({ ':status': 200 });
      stream.end('ok');
    }
  };
  const waiting = ask(session, { ':path': '/held' });
  await vi.waitFor(() => expect(held.length).toBe(1));
  const before = backend.connections;
  const gone = backend.streams;
  // One after the other, on connections of their own: none of our own limits is reached.
  for (let n = 0; n < 550; n++) {
    const client = connect(plane.httpPort, '127.0.0.1');
    client.on('error', () => {});
    client.write('GET /gone HTTP/1.1\r\nHost: a.test\r\n\r\n');
    await vi.waitFor(() => expect(backend.streams).toBe(gone + n + 1), { interval: 1 });
    client.resetAndDestroy();
    await once(client, 'close');
  }
  expect((await ask(session, { ':path': '/ok' })).text).toBe('ok');
  // The connection with that many was left to those that run, and takes no more.
  await vi.waitFor(() => expect(backend.connections).toBeGreaterThan(before));
  held[0]!.respond({ ':status': 200 });
  held[0]!.end('late');
  expect((await waiting).text).toBe('late');
});
