import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createTransport, type Transport } from '../../../src/acme/transport.ts';
import { freePort } from '../../support/free-port.ts';
import { createListenerCa } from '../../support/listener-ca.ts';

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function serve(handler: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(createServer(handler))}/x`;
}

function open(options: { timeoutMs?: number; extraRootPem?: string; now?: () => number } = {}): Transport {
  const transport = createTransport({
    userAgent: 'sluice/test',
    extraRootPem: options.extraRootPem,
    now: options.now ?? Date.now,
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
  });
  onTestFinished(() => transport.close());
  return transport;
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}): RequestListener => {
  return (_, response) =>
    void response
      .writeHead(status, { 'content-type': 'application/problem+json', ...headers })
      .end(JSON.stringify(body));
};

test('sends JSON with our name and parses the answer', async () => {
  const seen: string[] = [];
  const url = await serve((request, response) => {
    request.setEncoding('utf8').on('data', (chunk: string) => seen.push(chunk));
    seen.push(`${request.method} ${request.headers['user-agent']} ${request.headers['content-type']}`);
    request.on('end', () =>
      response.writeHead(201, { 'content-type': 'application/json', location: '/1' }).end('{"a":1}'),
    );
  });
  expect(await open().request(url, 'post', { b: 2 })).toMatchObject({
    status: 201,
    headers: { location: '/1' },
    data: { a: 1 },
  });
  expect(seen).toEqual(['POST sluice/test application/jose+json', '{"b":2}']);
});

test('text stays text', async () => {
  const url = await serve(
    (_, response) => void response.writeHead(200, { 'content-type': 'application/pem' }).end('PEM'),
  );
  expect((await open().request(url, 'GET')).data).toBe('PEM');
});

test.for([
  {
    name: 'a problem document',
    handler: json(403, { type: 'urn:ietf:params:acme:error:unauthorized', detail: 'no' }, { 'retry-after': '60' }),
    error: { name: 'AcmeProblem', type: 'unauthorized', status: 403, detail: 'no', retryAt: 61_000 },
  },
  {
    name: 'a page',
    handler: ((_, response) =>
      void response
        .writeHead(503, { 'content-type': 'text/html' })
        .end('<h1>Busy</h1>\n<p>later</p>')) as RequestListener,
    error: { name: 'AcmeProblem', type: '', status: 503, detail: 'HTTP 503: Busy later', retryAt: undefined },
  },
  {
    name: 'nothing but a status',
    handler: ((_, response) => void response.writeHead(500).end()) as RequestListener,
    error: { name: 'AcmeProblem', type: '', status: 500, detail: 'HTTP 500' },
  },
  {
    name: 'an error whose JSON is broken',
    handler: ((_, response) =>
      void response
        .writeHead(429, { 'content-type': 'application/json', 'retry-after': '5' })
        .end('{')) as RequestListener,
    error: { name: 'AcmeProblem', status: 429, retryAt: 6000 },
  },
  {
    name: 'success whose JSON is broken',
    handler: ((_, response) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end('{')) as RequestListener,
    error: { name: 'AcmeTransportError', code: 'garbage' },
  },
  {
    name: 'more than a mebibyte',
    handler: ((_, response) => void response.end(Buffer.alloc(2 ** 20 + 1))) as RequestListener,
    error: { name: 'AcmeTransportError', code: 'garbage', message: expect.stringContaining('1 MiB') },
  },
  {
    name: 'a connection cut before the head',
    handler: ((request) => request.socket.destroy()) as RequestListener,
    error: { name: 'AcmeTransportError', code: 'unreachable', message: expect.stringContaining('ECONNRESET') },
  },
  {
    name: 'a connection cut in the body',
    handler: ((request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half', () => request.socket.destroy());
    }) as RequestListener,
    error: { name: 'AcmeTransportError', code: 'unreachable' },
  },
])('$name is an error with its facts', async ({ handler, error }) => {
  const url = await serve(handler);
  await expect(open({ now: () => 1000 }).request(url, 'GET')).rejects.toMatchObject({ url, ...error });
});

test('a rejected nonce comes through as an answer, for the signing layer repeats it', async () => {
  const type = 'urn:ietf:params:acme:error:badNonce';
  const transport = open();
  const url = await serve(json(400, { type }, { 'replay-nonce': 'next' }));
  expect(await transport.request(url, 'POST', {})).toMatchObject({
    status: 400,
    data: { type },
    headers: { 'replay-nonce': 'next' },
  });
  expect(transport.takeNonce()).toBeUndefined();
});

test('nonces of answers are kept for a minute, the newest first, each once; those asked for by HEAD are not', async () => {
  let now = 0;
  let count = 0;
  const transport = open({ now: () => now });
  const url = await serve((request, response) => {
    count += 1;
    response.writeHead(request.method === 'POST' ? 403 : 200, { 'replay-nonce': `n${count}` }).end();
  });
  await transport.request(url, 'GET');
  now = 59_000;
  await transport.request(url, 'HEAD');
  await transport.request(url, 'POST', {}).catch(() => undefined);
  now = 60_000;
  expect([transport.takeNonce(), transport.takeNonce(), transport.takeNonce()]).toEqual(['n3', undefined, undefined]);
});

test('a CA that hangs is given up after the time-out, while the head or while the body is awaited', async () => {
  const silent = await serve(() => undefined);
  const halting = await serve((_, response) => void response.writeHead(200).write('x'));
  for (const url of [silent, halting]) {
    await expect(open({ timeoutMs: 50 }).request(url, 'GET')).rejects.toMatchObject({
      name: 'AcmeTransportError',
      code: 'timeout',
    });
  }
});

test('closing ends what runs and refuses what comes', async () => {
  const transport = open();
  const { promise: arrived, resolve } = Promise.withResolvers<void>();
  const url = await serve(() => resolve());
  const running = transport.request(url, 'GET');
  const outcome = expect(running).rejects.toMatchObject({ code: 'stopped' });
  await arrived;
  transport.close();
  await outcome;
  await expect(transport.request(url, 'GET')).rejects.toMatchObject({ code: 'stopped' });
});

test('nobody listening is unreachable, with the reason', async () => {
  await expect(open().request(`http://127.0.0.1:${await freePort()}/`, 'GET')).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

test('a certificate is checked: trusted with the extra root, refused without', async () => {
  const ca = await createListenerCa();
  const server = createTlsServer({ cert: ca.certificatePem, key: ca.keyPem }, (_, response) => void response.end('ok'));
  const url = `https://127.0.0.1:${await listen(server)}/`;
  expect((await open({ extraRootPem: ca.rootPem }).request(url, 'GET')).data).toBe('ok');
  await expect(open().request(url, 'GET')).rejects.toMatchObject({ code: 'untrusted' });
});

test.for([
  { name: 'plain HTTP to another machine', url: 'http://ca.example/dir' },
  { name: 'a name that only begins like this machine', url: 'http://127.0.0.1.example/dir' },
  { name: 'another scheme', url: 'file:///etc/passwd' },
  { name: 'no URL', url: 'nonsense' },
])('$name is refused without a request', async ({ url }) => {
  await expect(open().request(url, 'GET')).rejects.toMatchObject({ name: 'AcmeTransportError', code: 'garbage' });
});

test('requests beyond ten in a second wait their turn', async () => {
  const url = await serve((_, response) => void response.end());
  const transport = open();
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: 13 }, () => transport.request(url, 'GET')));
  expect(performance.now() - startedAt).toBeGreaterThan(250);
});

test('what can wait leaves half of the pace to what cannot', async () => {
  let now = 0;
  const seen: string[] = [];
  const url = await serve((request, response) => {
    seen.push(request.url!);
    response.end();
  });
  const transport = open({ now: () => now });
  const later = Array.from({ length: 6 }, (_, index) =>
    transport.request(`${url}/later${index}`, 'GET', undefined, { canWait: true }),
  );
  await Promise.all(later.slice(0, 5));
  await Promise.all(Array.from({ length: 5 }, (_, index) => transport.request(`${url}/now${index}`, 'GET')));
  expect(seen.filter((path) => path.includes('/later'))).toHaveLength(5);
  expect(seen).toHaveLength(10);
  now = 1000;
  await later[5];
  expect(seen.at(-1)).toContain('/later5');
});

test('closing ends what waits for its turn', async () => {
  const url = await serve((_, response) => void response.end());
  const transport = open({ now: () => 0 });
  const all = Array.from({ length: 6 }, () => transport.request(url, 'GET', undefined, { canWait: true }));
  await Promise.all(all.slice(0, 5));
  transport.close();
  await expect(all[5]).rejects.toMatchObject({ code: 'stopped' });
});

test('of many nonces the newest are kept: answers that nobody signed for bring them as well', async () => {
  let count = 0;
  let now = 0;
  const url = await serve((_, response) => void response.writeHead(200, { 'replay-nonce': `n${++count}` }).end());
  const transport = open({ now: () => (now += 100) });
  for (let index = 0; index < 60; index++) await transport.request(url, 'GET');
  const nonces: string[] = [];
  for (let nonce = transport.takeNonce(); nonce !== undefined; nonce = transport.takeNonce()) nonces.push(nonce);
  expect(nonces).toEqual(Array.from({ length: 20 }, (_, index) => `n${60 - index}`));
});
