import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createContainers, type LabContainer, type LabContainers } from '../support/lab/containers.ts';
import { type PrivateEngine, startEngine } from '../support/lab/engine.ts';
import { ensureBaseImage } from '../support/lab/images.ts';
import { waitFor } from '../support/lab/wait-for.ts';
import { type RouterProcess, startRouter } from '../support/router-process.ts';
import { createSharedFolder, type SharedFolder } from '../support/shared-folder.ts';
import { createSiteClient, type SiteClient } from '../support/site-client.ts';
import { failuresOf, startSteadyLoad, type SteadyLoad } from '../support/steady-load.ts';

const SAMPLE_APP = fileURLToPath(new URL('../support/lab/sample-app', import.meta.url));

let folder: SharedFolder;
let engine: PrivateEngine;
let containers: LabContainers;
let neighbour: Server;
let router: RouterProcess;
let load: SteadyLoad;
let manual: LabContainer;
const clients: SiteClient[] = [];

const siteClient = (name: string) => {
  const client = createSiteClient({ at: router.https, name });
  clients.push(client);
  return client;
};

const answers = (client: SiteClient, status: number) =>
  waitFor(`status ${status}`, async () => {
    const answer = await client.ask('/', { signal: AbortSignal.timeout(1000) });
    return answer.status === status;
  });

beforeAll(async () => {
  folder = await createSharedFolder();
  // One site lives outside the engine: nothing may happen to it.
  neighbour = createServer((_request, response) => response.end('neighbour')).listen(0, '127.0.0.1');
  await once(neighbour, 'listening');
  const { port } = neighbour.address() as AddressInfo;
  const file = join(folder.path, 'services.yaml');
  await writeFile(file, `near:\n  servers: [http://127.0.0.1:${port}]\n  labels: {sluice.host: near.test}\n`);
  engine = await startEngine();
  const image = await ensureBaseImage(engine.host);
  containers = createContainers(engine.host);
  const app = { image, volumes: [`${SAMPLE_APP}:/app:ro`], expose: [8080], command: ['node', '/app/server.mjs'] };
  await containers.run({ ...app, labels: { 'sluice.host': 'always.test' }, flags: ['--restart', 'always'] });
  manual = await containers.run({ ...app, labels: { 'sluice.host': 'manual.test', 'sluice.hold': '1s' } });
  router = await startRouter({ docker: engine.host, dataDir: folder.path, flags: ['--file', file] });
});

afterAll(async () => {
  await load?.stop();
  for (const client of clients) client.close();
  await router?.[Symbol.asyncDispose]();
  await engine?.stop();
  neighbour?.close();
  neighbour?.closeAllConnections();
  await folder?.remove();
});

describe('a restart of the Docker engine', () => {
  test('is told, leaves the router up and other sites alone', async () => {
    await answers(siteClient('always.test'), 200);
    await answers(siteClient('manual.test'), 200);
    const near = siteClient('near.test');
    await answers(near, 200);
    load = startSteadyLoad(near, '/', 50);
    const lost = router.nextLogged('docker unreachable: the last routes stay, trying again');
    await engine.halt();
    expect(await lost).toMatchObject({ level: 'warn', detail: expect.stringContaining(engine.host) });
    // Its containers are gone, and that is what a client is told once the hold of the site is over.
    const gone = await siteClient('manual.test').ask('/', { signal: AbortSignal.timeout(5000) });
    expect([404, 502, 503]).toContain(gone.status);
    expect((await fetch(`http://127.0.0.1:${router.ports.admin}/healthz`)).status).toBe(200);
  });

  test('brings the routes back by itself, those of containers that run again', async () => {
    const found = router.nextLogged('docker reachable');
    await engine.resume();
    await found;
    await answers(siteClient('always.test'), 200);
    await manual.start();
    await answers(siteClient('manual.test'), 200);
  });

  test('failed no request of a site outside the engine', async () => {
    const outcomes = await load.stop();
    expect(outcomes.length).toBeGreaterThan(100);
    expect(failuresOf(outcomes)).toEqual([]);
    expect(router.records.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  });
});
