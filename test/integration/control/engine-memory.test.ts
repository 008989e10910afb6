import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startFakeEngine, type FakeEngine } from '../../support/fake-engine.ts';
import { type RouterProcess, startRouter } from '../../support/router-process.ts';
import { createSharedFolder, type SharedFolder } from '../../support/shared-folder.ts';
import { createSiteClient } from '../../support/site-client.ts';

const STANDS_IN = 'docker does not answer: serving the containers that were known last';

let engine: FakeEngine;
let app: Server;
let folder: SharedFolder;
let router: RouterProcess | undefined;

/** A container at the test's own server. */
function row(id: string, changes: { readonly host?: string; readonly status?: string } = {}): object {
  const { port } = app.address() as AddressInfo;
  return {
    Id: id.padEnd(64, '0'),
    Names: ['/web'],
    State: 'running',
    Status: changes.status ?? 'Up 1 second',
    Labels: { 'sluice.host': changes.host ?? 'a.test', 'sluice.port': String(port) },
    NetworkSettings: { Networks: { bridge: { IPAddress: '127.0.0.1' } } },
  };
}

const event = (action: string) => `${JSON.stringify({ Type: 'container', Action: action, Actor: { ID: 'x' } })}\n`;
const until = (isTrue: () => Promise<void>) => vi.waitFor(isTrue, { timeout: 10_000, interval: 20 });

async function start(): Promise<RouterProcess> {
  router = await startRouter({ docker: engine.endpoint, dataDir: folder.path });
  return router;
}

async function ask(name: string): Promise<number> {
  using client = createSiteClient({ at: router!.https, name });
  return (await client.ask('/')).status;
}

async function reasonOf(url: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${router!.ports.admin}/api/explain`, {
    method: 'POST',
    body: JSON.stringify({ url }),
  });
  return ((await response.json()) as { message: string }).message;
}

beforeEach(async () => {
  engine = await startFakeEngine();
  folder = await createSharedFolder();
  app = createServer((_request, response) => response.end('app')).listen(0, '127.0.0.1');
  await once(app, 'listening');
});

afterEach(async () => {
  await router?.[Symbol.asyncDispose]();
  router = undefined;
  app.close();
  app.closeAllConnections();
  await engine.stop();
  await folder.remove();
});

test('requests wait while nobody names the host between a container and its successor', async () => {
  engine.rows = [row('old')];
  await start();
  await until(async () => expect(await ask('a.test')).toBe(200));
  engine.rows = [];
  engine.send(event('destroy'));
  await until(async () => expect(await reasonOf('https://a.test/')).toContain('web was just removed'));
  const waiting = ask('a.test');
  engine.rows = [row('new')];
  engine.send(event('start'));
  expect(await waiting).toBe(200);
  expect(router!.records.filter(({ level }) => level === 'error')).toEqual([]);
});

describe('a router that starts while the engine is away', () => {
  async function restart(): Promise<RouterProcess> {
    engine.rows = [row('old', { status: 'Up 1 hour (healthy)' })];
    await start();
    await until(async () => expect(await ask('a.test')).toBe(200));
    await router!.stop();
    await engine.goAway();
    return start();
  }

  test('serves what was known last, until the engine speaks', async () => {
    const { records } = await restart();
    expect(records.find(({ msg }) => msg === STANDS_IN)).toMatchObject({ level: 'warn', containers: 1 });
    // Its server was probed before the listeners opened.
    expect(await ask('a.test')).toBe(200);
    engine.rows = [row('other', { host: 'b.test' })];
    await engine.comeBack();
    await until(async () => expect(await ask('b.test')).toBe(200));
    expect(await ask('a.test')).toBe(404);
  });

  test('sends nothing to a server that is not there any more', async () => {
    engine.rows = [row('old', { status: 'Up 1 hour (healthy)' })];
    await start();
    await until(async () => expect(await ask('a.test')).toBe(200));
    await router!.stop();
    await engine.goAway();
    const closed = once(app, 'close');
    app.close();
    app.closeAllConnections();
    await closed;
    await start();
    expect(await reasonOf('https://a.test/')).toContain('nothing accepts connections');
  });

  test('says that the file is damaged, and starts all the same', async () => {
    await writeFile(join(folder.path, 'last-known-good.json'), '{');
    await engine.goAway();
    await start();
    expect(router!.records).toContainEqual(
      expect.objectContaining({ level: 'warn', reason: 'it is damaged: no JSON' }),
    );
    expect(await ask('a.test')).toBe(404);
  });

  test('knows nothing when it never saw the engine', async () => {
    await rm(folder.path, { recursive: true });
    await engine.goAway();
    await start();
    expect(await ask('a.test')).toBe(404);
    expect(router!.records.filter(({ msg }) => msg === STANDS_IN)).toEqual([]);
  });
});

test('an engine that accepts and never answers is not waited for long', async () => {
  engine.rows = [row('old')];
  await start();
  await until(async () => expect(await ask('a.test')).toBe(200));
  await router!.stop();
  const never = Promise.withResolvers<void>();
  engine.beforeList = () => never.promise;
  await start();
  expect(router!.records.map(({ msg }) => msg)).toContain(STANDS_IN);
  expect(await ask('a.test')).toBe(200);
  never.resolve();
});
