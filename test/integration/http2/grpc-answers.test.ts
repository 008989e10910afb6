import {
  type ClientHttp2Session,
  type Http2Server,
  type IncomingHttpHeaders,
  createServer,
  type ServerHttp2Stream,
} from 'node:http2';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { oneService, router, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { ask, openHttp2, Http2Request } from '../../support/http2-client.ts';
import { rawBackend, type RawBackend } from '../../support/raw-http.ts';
import { freePort } from '../../support/free-port.ts';

const CALL = { ':method': 'POST', ':path': '/t.T/M', 'content-type': 'application/grpc', te: 'trailers' };
/** Trailers as grpc-web has them: in the payload. */
const MESSAGE = 'grpc-status:0\r\n';
const LIMITS = { bodyIdleMs: 1000, bodyBytesPerSecond: 1_000_000, tunnelIdleMs: 600_000 };

let app: Http2Server;
let plane: TestDataPlane;
let session: ClientHttp2Session;
let serve: (stream: ServerHttp2Stream, fields: IncomingHttpHeaders) => void;

beforeAll(async () => {
  app = createServer();
  app.on('stream', (stream: ServerHttp2Stream, fields: IncomingHttpHeaders) => serve(stream, fields));
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  const config = server((app.address() as AddressInfo).port, { scheme: 'h2c' });
  const gone = server(await freePort(), { id: 'gone', scheme: 'h2c' });
  const https = { entrypoints: ['https'], tls: true };
  const off = 'maintenance of the test';
  plane = await startDataPlane(
    {
      routers: [
        router('Host(`localhost`)', { ...https, name: 'app' }),
        router('Host(`gone.test`)', { ...https, name: 'gone', service: 'gone' }),
        router('Host(`off.test`)', { ...https, name: 'off', disabled: off }),
      ],
      services: [
        { name: 's@test', servers: [config], passHostHeader: true },
        { name: 'gone', servers: [gone], passHostHeader: true },
      ],
      transports: {},
    },
    { http2: true, limits: LIMITS },
  );
});
afterAll(async () => {
  await plane.stop();
  app.close();
});
beforeEach(async () => {
  session = await openHttp2(plane.httpsPort);
});
afterEach(() => session.destroy());

describe('what the router says itself', () => {
  test.for([
    ['nowhere.test', '12', 404],
    ['off.test', '14', 503],
    ['gone.test', '14', 502],
  ] as const)(
    'of %s to a gRPC call: status %s in trailers alone; a page to everybody else',
    async ([host, code, status]) => {
      const call = await ask(session, { ...CALL, ':authority': host });
      expect([call.status, call.bytes, call.code]).toEqual([200, 0, 0]);
      expect([call.fields['grpc-status'], call.fields['content-type']]).toEqual([code, 'application/grpc']);
      expect(call.fields['grpc-message']).toMatch(/, request \S+$/);
      const web = await ask(session, { ...CALL, ':authority': host, 'content-type': 'application/grpc-web' });
      expect([web.status, web.fields['grpc-status']]).toEqual([status, undefined]);
    },
  );

  test('when the caller’s deadline is over and the server silent: DEADLINE_EXCEEDED', async () => {
    let hasCode: Promise<unknown> | undefined;
    serve = (stream) => {
      stream.on('error', () => {});
      hasCode = once(stream, 'close').then(() => stream.rstCode);
    };
    const call = await ask(session, { ...CALL, 'grpc-timeout': '10m' });
    expect([call.status, call.fields['grpc-status']]).toEqual([200, '4']);
    // CANCEL: the server need not go on.
    expect(await hasCode).toBe(8);
  });
});

test('a call may be silent for longer than a request may, and slower: its messages come when there are some (T5, T6)', async () => {
  serve = (stream) => {
    stream.on('error', () => {});
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', with_underline: '1' }));
    stream.pipe(stream);
  };
  const call = new Http2Request(session, CALL, false).read();
  const other = new Http2Request(session, { ...CALL, 'content-type': 'text/plain' }, false).read();
  call.stream.write('one');
  other.stream.write('one');
  // The other one is cut when its time is over: by then the call has been as silent for as long.
  const cut = await other.done();
  expect(cut.code).not.toBe(0);
  call.stream.end('two');
  const whole = await call.done();
  expect([whole.text, whole.code]).toEqual(['onetwo', 0]);
  expect([whole.trailers['grpc-status'], whole.trailers['with_underline']]).toEqual(['0', '1']);
});

test('names with an underline reach a gRPC server, but for those that could pass for ours (H10)', async () => {
  let got: IncomingHttpHeaders = {};
  serve = (stream, fields) => {
    got = fields;
    stream.respond({ ':status': 200, 'grpc-status': '0' }, { endStream: true });
  };
  const names = {
    user_id: '1',
    x_forwarded_for: '6.6.6.6',
    authorization_: 'a',
    x_real_ip: '6.6.6.6',
    content_length: '9',
  };
  await ask(session, { ...CALL, ...names });
  const seen = Object.keys(got).filter((name) => name.includes('_'));
  expect(seen).toEqual(['user_id', 'authorization_']);
  await ask(session, { ...CALL, ...names, 'content-type': 'text/plain' });
  expect(Object.keys(got).filter((name) => name.includes('_'))).toEqual([]);
});

test('grpc-web passes like any other payload', async () => {
  serve = (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc-web+proto' });
    stream.end(MESSAGE);
  };
  const answer = await ask(session, { ...CALL, 'content-type': 'application/grpc-web+proto' });
  expect([answer.status, answer.text]).toEqual([200, MESSAGE]);
});

test('trailers come behind a payload whose length was said, too', async () => {
  serve = (stream) => {
    stream.respond({ ':status': 200, 'content-length': '3' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '7' }));
    stream.end('abc');
  };
  const answer = await ask(session, CALL);
  expect([answer.text, answer.fields['content-length'], answer.trailers['grpc-status']]).toEqual(['abc', '3', '7']);
});

describe('toward a server of HTTP/1.1, who cannot mean gRPC', () => {
  let old: RawBackend;
  let front: TestDataPlane;

  beforeAll(async () => {
    old = await rawBackend((socket, received) => {
      if (received.includes('\r\n\r\n') && !received.includes('chunked')) socket.write('HTTP/1.1 204 No\r\n\r\n');
    });
    front = await startDataPlane(oneService([server(old.port)]), { limits: LIMITS });
  });
  afterAll(async () => {
    await front.stop();
    await old.close();
  });

  test('silence has its usual end (T5)', async () => {
    const client = await openHttp2(front.httpsPort);
    const call = new Http2Request(client, CALL, false).read();
    call.stream.write('one');
    const cut = await call.done();
    expect([cut.fields['grpc-status'], await reasonsOf(front)]).toEqual(['1', { body_timeout: 1 }]);
    client.destroy();
  });

  test('names with an underline stay here (H10)', async () => {
    const client = await openHttp2(front.httpsPort);
    await ask(client, { ...CALL, user_id: '1', 'x-kept': '1' });
    expect(old.received.at(-1)).toContain('x-kept: 1\r\n');
    expect(old.received.at(-1)).not.toContain('user_id');
    client.destroy();
  });
});

async function reasonsOf(plane: TestDataPlane): Promise<object> {
  return (await plane.counters()).reasons;
}
