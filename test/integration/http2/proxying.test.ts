import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { ClientHttp2Session } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_TRANSPORT } from '../../../src/config/default-transport.ts';
import { oneService, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { serverPair } from '../../support/fault-lab.ts';
import { ask, openHttp2, Http2Request, pattern, sha1 } from '../../support/http2-client.ts';

const KB = 1024;
const SIZES = [0, 1, 16 * KB, 1024 * KB, 20 * 1024 * KB];
const STORE = pattern(20 * 1024 * KB);
const SUMS = new Map(SIZES.map((size) => [size, sha1(STORE.subarray(0, size))]));

let received: {
  readonly method: string;
  readonly fields: NodeJS.Dict<string | string[]>;
  bytes: number;
  sum: string;
}[];

/** Notes what it gets; answers as the path says: `/KIND/BYTES`. */
function serve(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const [, kind, bytes] = incoming.url!.split('/');
  const payload = STORE.subarray(0, Number(bytes ?? 0));
  const hash = createHash('sha1');
  let size = 0;
  incoming.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    size += chunk.length;
  });
  incoming.on('end', () => {
    received.push({ method: incoming.method!, fields: incoming.headers, bytes: size, sum: hash.digest('hex') });
    switch (kind) {
      case 'length':
        return outgoing.writeHead(200, { 'content-length': payload.length }).end(payload);
      case 'chunked':
        return void outgoing.writeHead(200, { 'transfer-encoding': 'chunked' }).end(payload);
      case 'close':
        outgoing.useChunkedEncodingByDefault = false;
        outgoing.removeHeader('transfer-encoding');
        return void outgoing.writeHead(200, { connection: 'close' }).end(payload);
      case 'trailers':
        outgoing.writeHead(200, { trailer: 'x-sum' });
        outgoing.write(payload);
        outgoing.addTrailers({ 'x-sum': 'abc', 'content-length': '7' });
        return outgoing.end();
      case 'status':
        return outgoing.writeHead(Number(bytes), { etag: '"1"' }).end();
      case 'early':
        outgoing.writeEarlyHints({ link: '</a.css>; rel=preload' });
        return outgoing.writeHead(200).end('ok');
      default:
        return outgoing.end('ok');
    }
  });
}

describe.for(['http', 'https'] as const)('in front of a server that speaks %s', (scheme) => {
  let plane: TestDataPlane;
  let session: ClientHttp2Session;
  let close: () => void;

  beforeAll(async () => {
    const backend = scheme === 'http' ? createServer(serve) : createTlsServer(await serverPair(), serve);
    backend.listen(0, '127.0.0.1');
    await once(backend, 'listening');
    const config = server((backend.address() as AddressInfo).port, { scheme });
    const services = oneService([config]);
    plane = await startDataPlane({
      ...services,
      services: services.services.map((one) => ({ ...one, transport: 'lax' })),
      transports: { lax: { ...DEFAULT_TRANSPORT, tls: { insecureSkipVerify: true } } },
    });
    close = () => {
      backend.close();
      backend.closeAllConnections();
    };
  });
  afterAll(async () => {
    await plane.stop();
    close();
  });
  beforeEach(async () => {
    received = [];
    session = await openHttp2(plane.httpsPort);
  });
  afterEach(async () => {
    session.destroy();
    // Nothing of a request is left when it is answered and its client gone.
    while ((await plane.counters()).inFlight > 0);
  });

  const DOWN = ['length', 'chunked', 'close'].flatMap((kind) => SIZES.map((size) => [kind, size] as const));
  test.for(DOWN)('GET of a payload by %s, %i bytes', async ([kind, size]) => {
    const answer = await ask(session, { ':path': `/${kind}/${size}` });
    expect([answer.status, answer.bytes, answer.sha1, answer.code]).toEqual([200, size, SUMS.get(size), 0]);
    expect(answer.fields['content-length']).toBe(kind === 'length' ? String(size) : undefined);
    expect([answer.fields['transfer-encoding'], answer.fields['connection']]).toEqual([undefined, undefined]);
    expect(received).toEqual([expect.objectContaining({ method: 'GET', bytes: 0 })]);
    expect(received[0]!.fields['transfer-encoding'] ?? received[0]!.fields['content-length']).toBeUndefined();
  });

  const UP = ['POST', 'PUT', 'PATCH', 'DELETE', 'GET'].flatMap((method) =>
    (method === 'POST' ? SIZES : [0, 1, 16 * KB]).flatMap((size) => [
      [method, size, true] as const,
      [method, size, false] as const,
    ]),
  );
  test.for(UP)('%s of %i bytes, length said: %s', async ([method, size, saysLength]) => {
    const fields = { ':method': method, ...(saysLength ? { 'content-length': size } : {}) };
    const answer = await ask(session, fields, STORE.subarray(0, size));
    expect([answer.status, answer.text, answer.code]).toEqual([200, 'ok', 0]);
    expect(received).toEqual([expect.objectContaining({ method, bytes: size, sum: SUMS.get(size) })]);
    const { 'content-length': length, 'transfer-encoding': coding } = received[0]!.fields;
    // M6: one of both, and never both.
    const isNothing = size === 0 && (method === 'GET' || method === 'DELETE');
    // X6: these have no payload unless they have one.
    if (saysLength) expect([length, coding]).toEqual([isNothing ? undefined : String(size), undefined]);
    else expect([length, coding]).toEqual([undefined, 'chunked']);
  });

  test.for(['POST', 'PUT', 'PATCH'])('%s without a payload says so (X6)', async (method) => {
    expect((await ask(session, { ':method': method })).status).toBe(200);
    expect(received[0]!.fields['content-length']).toBe('0');
  });

  test.for(['length', 'chunked'])('HEAD of a payload by %s', async (kind) => {
    const answer = await ask(session, { ':method': 'HEAD', ':path': `/${kind}/1024` });
    const length = kind === 'length' ? '1024' : undefined;
    expect([answer.status, answer.bytes, answer.fields['content-length'], answer.code]).toEqual([200, 0, length, 0]);
  });

  test.for([204, 304, 205])('%i has no payload', async (status) => {
    const answer = await ask(session, { ':path': `/status/${status}` });
    expect([answer.status, answer.bytes, answer.fields['etag'], answer.code]).toEqual([status, 0, '"1"', 0]);
  });

  test.for([0, 1, 1024 * KB])('trailers of a response of %i bytes', async (size) => {
    const answer = await ask(session, { ':path': `/trailers/${size}`, te: 'trailers' });
    expect([answer.status, answer.sha1, answer.code]).toEqual([200, SUMS.get(size), 0]);
    expect(Object.entries(answer.trailers)).toEqual([['x-sum', 'abc']]);
  });

  test('trailers come to whoever did not ask: every client of HTTP/2 can carry them (X12)', async () => {
    const answer = await ask(session, { ':path': '/trailers/1' });
    expect([answer.bytes, Object.keys(answer.trailers), answer.code]).toEqual([1, ['x-sum'], 0]);
  });

  test('103 Early Hints come before the answer', async () => {
    const answer = await ask(session, { ':path': '/early' });
    expect(answer.interim.map((one) => [one[':status'], one['link']])).toEqual([[103, '</a.css>; rel=preload']]);
    expect([answer.status, answer.text]).toEqual([200, 'ok']);
  });

  test('100 Continue for one who asks, and its payload behind it', async () => {
    const request = new Http2Request(session, { ':method': 'POST', expect: '100-continue' }, false).read();
    await once(request.stream, 'continue');
    request.stream.end('abc');
    const answer = await request.done();
    expect([answer.status, answer.text, received[0]!.bytes]).toEqual([200, 'ok', 3]);
  });

  test('a hundred streams at once, each with its own payload both ways', async () => {
    const all = await Promise.all(
      Array.from({ length: 100 }, (_, n) => {
        const size = [0, 1, 700, 16 * KB, 1024 * KB][n % 5]!;
        const kind = ['length', 'chunked', 'close'][n % 3]!;
        const body = n % 2 === 0 ? undefined : pattern(50_000 + n, n);
        const asked = ask(session, { ':method': body ? 'POST' : 'GET', ':path': `/${kind}/${size}`, 'x-n': n }, body);
        return asked.then((answer) => [
          n,
          answer.status,
          answer.sha1 === SUMS.get(size) || (size === 700 && answer.bytes),
          answer.code,
        ]);
      }),
    );
    expect(all).toEqual(all.map((_, n) => [n, 200, n % 5 === 2 ? 700 : true, 0]));
    const sums = received.map(({ fields, sum }) => [Number(fields['x-n']), sum] as const).sort(([a], [b]) => a - b);
    expect(sums).toEqual(all.map((_, n) => [n, sha1(n % 2 === 0 ? Buffer.alloc(0) : pattern(50_000 + n, n))]));
  });
});
