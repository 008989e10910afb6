import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { afterEach, expect, test } from 'vitest';
import { DEFAULT_TRANSPORT } from '../../../src/config/default-transport.ts';
import type { HealthCheckConfig, ServerScheme, TransportTls } from '../../../src/config/dynamic.ts';
import type { Checker } from '../../../src/health/checker.ts';
import { createChecker } from '../../../src/health/create-checker.ts';
import { freePort } from '../../support/free-port.ts';
import { Http2Backend, received } from '../../support/http2-backend.ts';
import { createTestCa, issueCertificate } from '../../support/issue-certificate.ts';
import { answering, ScriptedBackend } from '../../support/scripted-backend.ts';
import { nameEverythingHere } from '../../support/names-of-here.ts';
import { healthCheck, server } from '../../support/server-config.ts';

const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

type Handle = (stream: ServerHttp2Stream, fields: IncomingHttpHeaders) => void;

async function backend(handle: Handle, tls?: { readonly key: string; readonly cert: string }): Promise<Http2Backend> {
  const one = await new Http2Backend(handle, tls === undefined ? {} : { tls }).listen();
  cleanUps.push(() => one.close());
  return one;
}

function checker(
  port: number,
  check: Partial<HealthCheckConfig> = {},
  scheme: ServerScheme = 'h2c',
  tls: TransportTls = DEFAULT_TRANSPORT.tls,
): Checker {
  const one = createChecker(server(port, { scheme }), healthCheck({ mode: 'grpc', path: '', ...check }), tls);
  cleanUps.push(() => one.close());
  return one;
}

/** An answer with this message and this status of gRPC. */
const saying =
  (message: readonly number[], status = '0'): Handle =>
  (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }));
    stream.end(Buffer.from([0, 0, 0, 0, message.length, ...message]));
  };
const SERVING = saying([8, 1]);

test.for<[what: string, handle: Handle, passed: boolean, detail: string]>([
  ['that serves', SERVING, true, 'answered SERVING'],
  ['that serves not', saying([8, 2]), false, 'answered NOT_SERVING'],
  ['that does not know', saying([]), false, 'answered UNKNOWN'],
  ['that says nonsense', saying([8, 77]), false, 'answered 77'],
  ['that fails behind a message', saying([8, 1], '13'), false, 'failed with gRPC status 13'],
  [
    'without the protocol',
    (stream) => stream.respond({ ':status': 200, 'grpc-status': '12' }, { endStream: true }),
    false,
    'is not implemented by the server',
  ],
  [
    'that is no gRPC server',
    (stream) => {
      stream.respond({ ':status': 200 });
      stream.end('hello');
    },
    false,
    'got an answer that is not gRPC',
  ],
  [
    'that has no such path',
    (stream) => stream.respond({ ':status': 404 }, { endStream: true }),
    false,
    'was answered with status 404',
  ],
  ['that resets', (stream) => stream.close(2), false, 'got no answer: the connection was closed'],
])('a server %s', async ([, handle, passed, detail]) => {
  const { port } = await backend(handle);
  expect(await checker(port).check()).toEqual({ passed, detail: `gRPC health check ${detail}` });
});

test('asks for the whole server, as gRPC asks, over one connection', async () => {
  const asked: [IncomingHttpHeaders, Buffer][] = [];
  const one = await backend((stream, fields) => {
    void received(stream, fields).then(({ body }) => {
      asked.push([fields, body]);
      SERVING(stream, fields);
    });
  });
  const check = checker(one.port, { host: 'a.test' });
  for (let i = 0; i < 3; i++) expect((await check.check()).passed).toBe(true);
  expect([asked.length, one.connections]).toEqual([3, 1]);
  const [fields, body] = asked[0]!;
  expect(fields).toMatchObject({
    ':method': 'POST',
    ':path': '/grpc.health.v1.Health/Check',
    ':authority': 'a.test',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  expect(body).toEqual(Buffer.alloc(5));
});

test('a server may have a name that is none of a URL', async () => {
  nameEverythingHere();
  const { port } = await backend(SERVING);
  const check = healthCheck({ mode: 'grpc', path: '' });
  const one = createChecker(server(port, { scheme: 'h2c', host: 'web.1' }), check, DEFAULT_TRANSPORT.tls);
  cleanUps.push(() => one.close());
  expect(await one.check()).toEqual({ passed: true, detail: 'gRPC health check answered SERVING' });
});

test('a connection that the server ended between two checks says nothing', async () => {
  const one = await backend(SERVING);
  const check = checker(one.port);
  expect((await check.check()).passed).toBe(true);
  for (const socket of one.sockets) socket.destroy();
  expect((await check.check()).passed).toBe(true);
  expect(one.connections).toBe(2);
});

test('over TLS, with the certificate of the server verified (B14)', async () => {
  const ca = await createTestCa();
  const now = Date.now();
  const names = { names: ['127.0.0.1'], notBefore: now - 1000, notAfter: now + 86_400_000 };
  const { keyPem, chainPem } = await issueCertificate(ca, names);
  const { port } = await backend(SERVING, { key: keyPem, cert: chainPem });
  const trusting = { ...DEFAULT_TRANSPORT.tls, rootCAs: ca.rootPem };
  expect((await checker(port, {}, 'https', trusting).check()).passed).toBe(true);
  expect(await checker(port, {}, 'https').check()).toMatchObject({
    passed: false,
    detail: expect.stringContaining('cannot be reached') as string,
  });
});

test.for<[what: string, port: () => Promise<number>, detail: string]>([
  ['nobody', freePort, 'refuses connections'],
  [
    'HTTP/1.1',
    async () => {
      const one = await new ScriptedBackend(answering('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')).listen();
      one.script = (connection) => connection.answer('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
      cleanUps.push(() => one.refuse());
      return one.port;
    },
    'something that is not HTTP/2',
  ],
  ['a server that hangs', async () => (await backend(() => {})).port, 'did not answer within 200 ms'],
])('%s', async ([, port, detail]) => {
  const outcome = await checker(await port(), { timeoutMs: 200 }).check();
  expect([outcome.passed, outcome.detail]).toEqual([false, expect.stringContaining(detail)]);
});

test('a check by a request speaks HTTP/2 to a server of scheme h2c', async () => {
  const asked: IncomingHttpHeaders[] = [];
  const one = await backend((stream, fields) => {
    asked.push(fields);
    stream.respond({ ':status': fields[':path'] === '/up' ? 204 : 500 }, { endStream: true });
  });
  const check = (path: string): Checker => checker(one.port, { mode: 'http', path, host: 'a.test' });
  const up = check('/up');
  for (let i = 0; i < 3; i++) expect(await up.check()).toEqual({ passed: true, detail: 'GET /up answered 204' });
  expect(await check('/down').check()).toEqual({ passed: false, detail: 'GET /down answered 500' });
  expect([asked.length, asked[0]![':authority'], one.connections]).toEqual([4, 'a.test', 2]);
});
