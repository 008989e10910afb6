import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { createContainers, type LabContainer, type LabContainers } from '../support/lab/containers.ts';
import { waitFor } from '../support/lab/wait-for.ts';
import { type RouterProcess, startRouter } from '../support/router-process.ts';
import { createSharedFolder, type SharedFolder } from '../support/shared-folder.ts';
import { createSiteClient, type SiteClient } from '../support/site-client.ts';
import { failuresOf, type LoadOutcome, startSteadyLoad, type SteadyLoad } from '../support/steady-load.ts';

const { host: docker } = inject('engine');
const { app: image } = inject('images');
const NAME = 'drained.test';
// One router and one service, named alike on both.
const LABELS = {
  'sluice.http.routers.drained.rule': `Host(\`${NAME}\`)`,
  'sluice.http.services.drained.loadbalancer.server.port': '8080',
};

let folder: SharedFolder;
let containers: LabContainers;
let router: RouterProcess;
let client: SiteClient;
let loads: readonly SteadyLoad[];
let leaving: LabContainer;

beforeAll(async () => {
  folder = await createSharedFolder();
  containers = createContainers(docker);
  await containers.run({ image, labels: LABELS, env: { NAME: 'staying' } });
  router = await startRouter({ docker, dataDir: folder.path, logLevel: 'debug' });
  client = createSiteClient({ at: router.https, name: NAME });
});

afterAll(async () => {
  client?.close();
  await router?.[Symbol.asyncDispose]();
  await containers?.removeAll();
  await folder?.remove();
});

const runLeaving = async (env: Readonly<Record<string, string>> = {}) => {
  leaving = await containers.run({ image, labels: LABELS, env: { NAME: 'leaving', ...env } });
  await waitFor('both serving', async () => {
    const answers = [await client.ask('/'), await client.ask('/'), await client.ask('/'), await client.ask('/')];
    return ['staying', 'leaving'].every((app) => answers.filter((answer) => answer.app === app).length === 2);
  });
};

/** When the router was seen to have taken the container out of service. */
const drainedAt = async () => {
  await router.logged(
    'server state',
    (record) => isStateOf(record['server'], leaving) && record['state'] === 'draining',
  );
  return performance.now();
};

beforeEach(() => {
  loads = [];
});

afterEach(async () => {
  await Promise.all(loads.map((load) => load.stop()));
  await leaving.remove();
});

const startLoads = async (...kinds: readonly ('GET' | 'POST')[]) => {
  const body = 'x'.repeat(2000);
  const post = { method: 'POST', headers: { 'content-length': '2000' }, body };
  loads = kinds.map((kind) =>
    kind === 'GET' ? startSteadyLoad(client, '/', 100) : startSteadyLoad(client, '/upload', 50, post),
  );
  await waitFor('load', () => loads.every((load) => load.outcomes.length > 25));
};

const expectNoFailure = async () => {
  // Some more behind the end of it.
  const end = performance.now();
  await waitFor('some more load', () => loads.every((load) => load.outcomes.some(({ sentAt }) => sentAt > end + 200)));
  const outcomes = (await Promise.all(loads.map((load) => load.stop()))).flat();
  expect(failuresOf(outcomes)).toEqual([]);
  return outcomes;
};

const sentToLeaving = (outcomes: readonly LoadOutcome[], after: number) =>
  outcomes.filter(({ answer, sentAt }) => answer?.app === 'leaving' && sentAt > after).length;

describe('a container told to stop, under load', () => {
  test('gets no new request from its stop signal on, though it would answer', async () => {
    await runLeaving({ IGNORE_TERM: '1' });
    await startLoads('GET', 'POST');
    const begun = performance.now();
    const stopped = leaving.stop(3);
    const drained = await drainedAt();
    expect(drained - begun).toBeLessThan(1000);
    await stopped;
    // It lived on for a good while after it was drained.
    expect(performance.now() - drained).toBeGreaterThan(1500);
    const outcomes = await expectNoFailure();
    expect(sentToLeaving(outcomes, 0)).toBeGreaterThan(20);
    expect(sentToLeaving(outcomes, drained)).toBe(0);
  });

  test('finishes a response of 3 s that it had begun', async () => {
    await runLeaving();
    const response = await slowResponseOf('leaving');
    await startLoads('GET');
    const stopped = leaving.stop(10);
    const drained = await drainedAt();
    expect(await response.body).toBe('slow done\n');
    await stopped;
    const outcomes = await expectNoFailure();
    expect(sentToLeaving(outcomes, drained)).toBe(0);
  });

  test('and started again is back in service', async () => {
    await runLeaving();
    await startLoads('GET');
    await leaving.stop(5);
    await leaving.start();
    await waitFor('the container serving again', async () => (await client.ask('/')).app === 'leaving');
    await expectNoFailure();
  });
});

function isStateOf(server: unknown, container: LabContainer): boolean {
  return typeof server === 'string' && server.startsWith(container.id);
}

/** An answer of 3 s by the named app, begun and not yet whole. */
async function slowResponseOf(app: string): Promise<{ readonly body: Promise<string> }> {
  for (;;) {
    const request = client.begin('/slow?ms=3000').end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    if (response.headers['x-app'] === app) return { body: text(response) };
    response.destroy();
  }
}
