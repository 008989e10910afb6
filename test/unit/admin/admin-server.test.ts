import { once } from 'node:events';
import { type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startAdmin } from '../../../src/admin/admin-server.ts';
import { adminFacts } from '../../support/admin-facts.ts';
import { workload } from '../../support/workloads.ts';

let admin: Server;
let isListening: boolean;

beforeEach(async () => {
  isListening = true;
  const facts = adminFacts([workload({ labels: { 'sluice.host': 'a.test' } })], { isListening: () => isListening });
  admin = await startAdmin({ host: '127.0.0.1', port: 0 }, facts);
});

afterEach(() => {
  admin.close();
  admin.closeAllConnections();
});

async function ask(path: string, method = 'GET', body?: string): Promise<readonly [number, string]> {
  const url = `http://127.0.0.1:${(admin.address() as AddressInfo).port}${path}`;
  const response = await fetch(url, body === undefined ? { method } : { method, body });
  return [response.status, await response.text()];
}

test.for([
  ['GET', '/healthz', 200, 'ok\n'],
  ['GET', '/ping?x', 200, 'ok\n'],
  ['HEAD', '/healthz', 200, ''],
  ['GET', '/else', 404, 'not found\n'],
  ['POST', '/healthz', 405, 'method not allowed\n'],
  ['GET', '/api/explain', 405, 'method not allowed: POST a JSON question\n'],
  ['DELETE', '/api/routers', 405, 'method not allowed\n'],
  ['GET', '/api/else', 404, 'not found\n'],
] as const)('%s %s: %d', async ([method, path, status, text]) => {
  expect(await ask(path, method)).toEqual([status, text]);
});

test('not ready until every worker listens', async () => {
  isListening = false;
  expect((await ask('/healthz'))[0]).toBe(503);
});

test('a connection that cannot be accepted does not end the router', async () => {
  expect(() => admin.emit('error', new Error('accept EMFILE'))).not.toThrow();
  expect((await ask('/healthz'))[0]).toBe(200);
});

test.for(['version', 'routers', 'services', 'middlewares', 'certificates', 'problems'])(
  '/api/%s is JSON',
  async (name) => {
    const [status, text] = await ask(`/api/${name}`);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toBeTypeOf('object');
  },
);

test.for([
  ['no JSON', '{', 'the body is not JSON'],
  ['no object', '1', 'the body is no JSON object'],
  ['no URL', '{}', 'url is missing: an absolute URL or a path'],
  ['a line end in the URL', '{"url":"/a\\r\\nb: c"}', 'url has blanks or line ends; write them as %20'],
  ['no method', '{"url":"/","method":"G T"}', 'method is no method'],
  [
    'a line end in a header',
    '{"url":"/","headers":{"a":"b\\r\\nc"}}',
    'headers is neither an object of texts nor a list of [name, value]',
  ],
  ['no headers', '{"url":"/","headers":"a"}', 'headers is neither an object of texts nor a list of [name, value]'],
  ['no address', '{"url":"/","remoteAddr":"a"}', 'remoteAddr: a is no address'],
  [
    'no entrypoint of ours',
    '{"url":"/","entrypoint":"wbe"}',
    'there is no entrypoint wbe; the entrypoints are http, https',
  ],
  ['no worker', '{"url":"/"}', 'no worker answers; try again in a moment'],
] as const)('a question with %s is refused', async ([, body, error]) => {
  const [status, text] = await ask('/api/explain', 'POST', body);
  expect([status, JSON.parse(text)]).toEqual([400, { error }]);
});

test.for([
  ['evil.example.com', 421],
  ['evil.example.com:80', 421],
  ['127.0.0.1', 200],
  ['[::1]:8090', 200],
  ['localhost:1', 200],
  ['router', 200],
] as const)('asked for %s: %d, so that no page of the web reads along', async ([host, status]) => {
  const { port } = admin.address() as AddressInfo;
  const asked = request({ host: '127.0.0.1', port, path: '/api/routers', headers: { host } }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.resume();
  expect(response.statusCode).toBe(status);
});

test('a question without end is refused', async () => {
  expect((await ask('/api/explain', 'POST', 'x'.repeat(300_000)))[0]).toBe(413);
});
