import { once } from 'node:events';
import { type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PauseOutcome } from '../../../src/admin/admin-facts.ts';
import { startAdmin } from '../../../src/admin/admin-server.ts';
import { adminFacts } from '../../support/admin-facts.ts';
import { workload } from '../../support/workloads.ts';

let admin: Server;
let isListening: boolean;
let outcome: PauseOutcome;
let changed: string[];

beforeEach(async () => {
  isListening = true;
  outcome = { services: [] };
  changed = [];
  const note = (host: string): PauseOutcome => {
    changed.push(host);
    return outcome;
  };
  const labelled = workload({ labels: { 'sluice.host': 'a.test' } });
  const facts = { ...adminFacts([labelled], { isListening: () => isListening }), pause: note, resume: note };
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
  ['GET', '/api/pause', 405, 'method not allowed: POST JSON\n'],
  ['GET', '/api/resume', 405, 'method not allowed: POST JSON\n'],
  ['GET', '/api/else', 404, 'not found\n'],
] as const)('%s %s: %d', async ([method, path, status, words]) => {
  expect(await ask(path, method)).toEqual([status, words]);
});

test('not ready until every worker listens', async () => {
  isListening = false;
  expect((await ask('/healthz'))[0]).toBe(503);
});

test('a connection that cannot be accepted does not end the router', async () => {
  expect(() => admin.emit('error', new Error('accept EMFILE'))).not.toThrow();
  expect((await ask('/healthz'))[0]).toBe(200);
});

test.for(['version', 'routers', 'services', 'middlewares', 'certificates', 'acme', 'problems'])(
  '/api/%s is JSON',
  async (name) => {
    const [status, body] = await ask(`/api/${name}`);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toBeTypeOf('object');
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
  const [status, answer] = await ask('/api/explain', 'POST', body);
  expect([status, JSON.parse(answer)]).toEqual([400, { error }]);
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

describe('a change', () => {
  const JSON_TYPE = { 'content-type': 'application/json' };

  async function change(
    path: string,
    body: string,
    headers: Readonly<Record<string, string>> = JSON_TYPE,
  ): Promise<readonly [number, unknown]> {
    const { port } = admin.address() as AddressInfo;
    const asked = request({ host: '127.0.0.1', port, path, method: 'POST', headers }).end(body);
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return [response.statusCode!, JSON.parse(await text(response))];
  }

  test.for(['/api/pause', '/api/resume'])('%s is made for programs', async (path) => {
    expect(await change(path, '{"host":"A.test."}')).toEqual([200, expect.objectContaining({ host: 'a.test' })]);
  });

  const noOrigin = 'web pages change nothing here: ask without an Origin field';
  const noJson = 'what changes something is JSON and says so: send content-type: application/json';
  test.for<readonly [string, Readonly<Record<string, string>>, string]>([
    ['a page of the web', { ...JSON_TYPE, origin: 'https://evil.example' }, noOrigin],
    ['a page of this machine', { ...JSON_TYPE, origin: 'http://127.0.0.1:8090' }, noOrigin],
    ['a page that hides its origin', { ...JSON_TYPE, origin: 'null' }, noOrigin],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, noJson],
    ['a plain text', { 'content-type': 'text/plain' }, noJson],
    ['a text that looks like JSON', { 'content-type': 'text/plain; application/json' }, noJson],
    ['nothing said', {}, noJson],
    ...['x-forwarded-for', 'x-forwarded-server', 'x-real-ip', 'forwarded', 'via'].map(
      (name) =>
        [
          `what came with ${name}`,
          { ...JSON_TYPE, [name]: 'x' },
          `nothing is changed through a proxy (${name}): ask the admin address itself`,
        ] as const,
    ),
  ])('is refused to %s', async ([, headers, error]) => {
    for (const path of ['/api/pause', '/api/resume', '/api/certificates/renew', '/api/acme/roll-key']) {
      expect(await change(path, '{"host":"a.test"}', headers)).toEqual([403, { error }]);
    }
    expect(changed).toEqual([]);
  });

  test('is refused to a name that is not ours', async () => {
    const { port } = admin.address() as AddressInfo;
    const headers = { ...JSON_TYPE, host: 'evil.example.com' };
    const asked = request({ host: '127.0.0.1', port, path: '/api/pause', method: 'POST', headers }).end(
      '{"host":"a.test"}',
    );
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.resume();
    expect([response.statusCode, changed]).toEqual([421, []]);
  });

  test.for<readonly [string, number, unknown]>([
    ['{"host":"a.test"}', 200, { host: 'a.test', forMs: 60_000, services: ['s@test'] }],
    ['{"host":"*.Bücher.test","forMs":1.5}', 200, { host: '*.xn--bcher-kva.test', forMs: 1.5, services: ['s@test'] }],
    ['{"host":"a.test","forMs":600000}', 200, { host: 'a.test', forMs: 600_000, services: ['s@test'] }],
    ['{"host":"a.test","forMs":600001}', 400, { error: 'a pause lasts 10 minutes at most' }],
    ['{"host":"a.test","forMs":0}', 400, { error: 'forMs is no number of milliseconds above 0' }],
    ['{"host":"a.test","forMs":"60s"}', 400, { error: 'forMs is no number of milliseconds above 0' }],
    ['{"host":"a b"}', 400, { error: 'host is no host name' }],
    ['{}', 400, { error: 'host is no host name' }],
    ['null', 400, { error: 'the body is no JSON object' }],
    ['{', 400, { error: 'the body is not JSON' }],
  ])('pause %s: %d', async ([body, status, answer]) => {
    outcome = { services: ['s@test'] };
    expect(await change('/api/pause', body)).toEqual([status, answer]);
    expect(changed).toHaveLength(status === 200 ? 1 : 0);
  });

  test('that the router does not make is told', async () => {
    outcome = { fault: 'no router names it' };
    expect(await change('/api/pause', '{"host":"a.test"}')).toEqual([404, { error: 'no router names it' }]);
    expect(await change('/api/resume', '{"host":"a.test"}')).toEqual([404, { error: 'no router names it' }]);
  });
});
