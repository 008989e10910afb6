import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitFor } from '../../support/lab/wait-for.ts';
import { type LogRecord, type RouterProcess, startRouter } from '../../support/router-process.ts';
import { createSharedFolder, type SharedFolder } from '../../support/shared-folder.ts';

/** An app that is healthy or not, as the test says. */
interface App {
  readonly name: string;
  readonly url: string;
  status: number;
  /** Paths of the checks it was asked. */
  readonly checks: string[];
  stop(): void;
}

const CHECK = {
  'sluice.health': '/health',
  'sluice.health.interval': '100ms',
  'sluice.health.fall': '2',
  'sluice.health.rise': '2',
};

let folder: SharedFolder;
let router: RouterProcess;
let apps: App[];

async function startApp(name: string): Promise<App> {
  const server = createServer(({ url, headers }, response) => {
    const isCheck = headers['user-agent'] === 'sluice-health-check';
    if (isCheck) app.checks.push(url!);
    response.writeHead(isCheck ? app.status : 200).end(name);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const app: App = {
    name,
    url,
    status: 200,
    checks: [],
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return app;
}

/** Replaces the file at once, so that no half of it is read. */
async function configure(labels: Readonly<Record<string, string>> = {}): Promise<void> {
  const entry = {
    servers: apps.map(({ url }) => url),
    labels: { 'sluice.host': 'a.test', 'sluice.tls': 'off', 'sluice.hold': '0', ...CHECK, ...labels },
  };
  const path = join(folder.path, 'services.yaml');
  await writeFile(`${path}.new`, JSON.stringify({ app: entry }));
  await rename(`${path}.new`, path);
}

async function ask(): Promise<{ status: number; body: string; retryAfter: string | undefined; ms: number }> {
  const startedAt = performance.now();
  const asked = request({
    host: '127.0.0.1',
    port: router.ports.http,
    headers: { host: 'a.test' },
    agent: false,
  }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const body = (await response.setEncoding('utf8').toArray()).join('');
  const { statusCode: status = 0, headers } = response;
  return { status, body, retryAfter: headers['retry-after'], ms: performance.now() - startedAt };
}

/** Who answers twelve requests, one after the other, how often. */
async function answers(): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (let count = 0; count < 12; count++) {
    const { status, body } = await ask();
    const who = status === 200 ? body : String(status);
    counts[who] = (counts[who] ?? 0) + 1;
  }
  return counts;
}

const isOf = (app: App) => (record: LogRecord) => String(record['server']).startsWith(app.url);

beforeEach(async () => {
  folder = await createSharedFolder();
  apps = [await startApp('one'), await startApp('two')];
  await configure();
  const flags = ['--file', join(folder.path, 'services.yaml')];
  router = await startRouter({ docker: 'off', dataDir: join(folder.path, 'data'), acme: ['--acme-ca', 'off'], flags });
});

afterEach(async () => {
  await router[Symbol.asyncDispose]();
  for (const app of apps) app.stop();
  await folder.remove();
});

test('requests go to servers that pass; without any they are 503 with Retry-After', async () => {
  const [one, two] = apps as [App, App];
  await waitFor('both servers', async () => Object.keys(await answers()).length === 2);

  one.status = 500;
  const down = await router.logged('server is down', isOf(one));
  expect(down).toMatchObject({ level: 'warn', reason: 'GET /health answered 500' });
  expect(await answers()).toEqual({ two: 12 });

  two.status = 503;
  await router.logged('server is down', isOf(two));
  expect(await ask()).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^\d+$/) });
  const rows = (await (await fetch(`http://127.0.0.1:${router.ports.admin}/api/services`)).json()) as {
    name: string;
    servers: { state: string; reason: string }[];
  }[];
  expect(rows.find(({ name }) => name === 'app@file')?.servers).toMatchObject([
    { state: 'down', reason: 'GET /health answered 500' },
    { state: 'down', reason: 'GET /health answered 503' },
  ]);

  one.status = 200;
  await router.logged('server is up', isOf(one));
  expect(await answers()).toEqual({ one: 12 });
  // Each change once.
  const changes = router.records.filter(({ msg }) => msg === 'server is down' || msg === 'server is up');
  expect(changes).toHaveLength(3);
});

test('a request without a server that passes is held until one does', async () => {
  await configure({ 'sluice.hold': '15s' });
  await router.nextLogged('routes live');
  for (const app of apps) app.status = 500;
  for (const app of apps) await router.logged('server is down', isOf(app));
  const held = ask();
  const next = apps[0]!.checks.length + 2;
  await waitFor('two more checks', () => apps[0]!.checks.length >= next);
  apps[0]!.status = 200;
  expect(await held).toMatchObject({ status: 200, body: 'one' });
});

test('a reload with another check asks the new path and loses no request', async () => {
  await waitFor('both servers', async () => Object.keys(await answers()).length === 2);
  const visiting = new AbortController();
  const statuses = new Set<number>();
  const visits = (async () => {
    while (!visiting.signal.aborted) statuses.add((await ask()).status);
  })();
  await configure({ 'sluice.health': '/ready' });
  await waitFor('checks of the new path', () => apps.every(({ checks }) => checks.at(-1) === '/ready'));
  const before = apps.map(({ checks }) => checks.length);
  await waitFor('more checks', () => apps.every(({ checks }, at) => checks.length > before[at]! + 3));
  visiting.abort();
  await visits;
  expect([...statuses]).toEqual([200]);
  // The old one has ended.
  expect(apps.map(({ checks }, at) => new Set(checks.slice(before[at])))).toEqual([
    new Set(['/ready']),
    new Set(['/ready']),
  ]);
});
