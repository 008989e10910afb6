import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import { createCompose, type ComposeProject } from '../support/lab/compose.ts';
import { createContainers, type LabContainers } from '../support/lab/containers.ts';
import { runCommand } from '../support/lab/shell.ts';
import { waitFor } from '../support/lab/wait-for.ts';
import { type RouterProcess, startRouter } from '../support/router-process.ts';
import { createSharedFolder, type SharedFolder } from '../support/shared-folder.ts';
import { createSiteClient, type SiteClient } from '../support/site-client.ts';
import { failuresOf, startSteadyLoad, type SteadyLoad } from '../support/steady-load.ts';

const { host } = inject('engine');
const { app: image } = inject('images');
/** From the moment the docker command returns; a container's own start is not in it. */
const SOON_MS = 3000;
/** Longer than the routers of a container linger that is gone. */
const LINGER_MS = 20_000;

let folder: SharedFolder;
let router: RouterProcess;

const docker = (...args: readonly string[]) => runCommand('docker', ['-H', host, ...args]);

beforeAll(async () => {
  folder = await createSharedFolder();
  router = await startRouter({ docker: host, dataDir: folder.path });
});

afterAll(async () => {
  await router?.[Symbol.asyncDispose]();
  await folder?.remove();
});

/** Asks, and gives up where the request went to a server that was taken from under it. */
const ask = (client: SiteClient) => client.ask('/', { signal: AbortSignal.timeout(1000) });

/** Names of the apps that answer a dozen requests, each as often as it did. */
const spread = async (client: SiteClient) => {
  const counts = new Map<string, number>();
  for (let i = 0; i < 12; i++) {
    const { app = 'none' } = await ask(client);
    counts.set(app, (counts.get(app) ?? 0) + 1);
  }
  return counts;
};

/** Resolves when these apps, and no other, share the requests evenly. */
const sharedBy = (client: SiteClient, apps: readonly string[], timeoutMs = SOON_MS) =>
  waitFor(
    `${apps.length} apps sharing the requests`,
    async () => {
      const counts = await spread(client);
      const least = 12 / apps.length - 1;
      return counts.size === apps.length && apps.every((app) => (counts.get(app) ?? 0) >= least);
    },
    timeoutMs,
  );

describe('three replicas of a compose service, under load', () => {
  const NAME = 'scaled.test';
  let project: ComposeProject;
  let client: SiteClient;
  let ids: readonly string[];
  let load: SteadyLoad;

  const replicas = async () => {
    const listed = await docker('ps', '-aq', '--filter', `label=com.docker.compose.project=${project.name}`);
    return listed.split('\n').filter(Boolean);
  };

  beforeAll(async () => {
    const file = join(folder.path, 'compose.yaml');
    await writeFile(file, stringify({ services: { web: { image, labels: { 'sluice.host': NAME } } } }));
    project = await createCompose(host, { files: [file] });
    client = createSiteClient({ at: router.https, name: NAME });
    await project.up();
    ids = await replicas();
    await sharedBy(client, ids);
    await project.up('--scale', 'web=3');
    ids = await replicas();
  });

  afterAll(async () => {
    client?.close();
    await project?.down();
  });

  beforeEach(async () => {
    await sharedBy(client, ids);
    load = startSteadyLoad(client, '/', 100);
  });

  afterEach(async () => {
    await load.stop();
  });

  const others = (id: string) => ids.filter((other) => other !== id);
  const expectNoFailure = async () => {
    const before = load.outcomes.length;
    await waitFor('some more load', () => load.outcomes.length > before + 20);
    expect(failuresOf(await load.stop())).toEqual([]);
  };

  test('share the requests', async () => {
    await waitFor('load', () => load.outcomes.length > 60);
    await expectNoFailure();
    for (const id of ids) {
      const share = load.outcomes.filter(({ answer }) => answer?.app === id).length / load.outcomes.length;
      expect([share > 0.2, share < 0.5]).toEqual([true, true]);
    }
  });

  test.for([
    { name: 'stop and start', away: ['stop'], back: ['start'] },
    { name: 'kill and start', away: ['kill'], back: ['start'] },
    // What the paused one was already given waits for it and is answered then.
    { name: 'pause and unpause', away: ['pause'], back: ['unpause'] },
  ])('$name of one fails no request', async ({ away, back }) => {
    const [id = ''] = ids;
    await docker(...away, id);
    await sharedBy(client, others(id));
    await docker(...back, id);
    await sharedBy(client, ids);
    await expectNoFailure();
  });

  test('restart of one fails no request', async () => {
    await docker('restart', '-t', '5', ids[1]!);
    await sharedBy(client, ids);
    await expectNoFailure();
  });

  test('rename of one changes nothing', async () => {
    await docker('rename', ids[0]!, `${project.name}-renamed`);
    await sharedBy(client, ids);
    await expectNoFailure();
  });

  test('removal of one fails no request', async () => {
    const id = ids[2]!;
    await docker('rm', '-f', id);
    ids = others(id);
    await sharedBy(client, ids);
    await expectNoFailure();
  });

  test('scaling down to one fails no request', async () => {
    await project.up('--scale', 'web=1');
    ids = await replicas();
    expect(ids).toHaveLength(1);
    await sharedBy(client, ids);
    await expectNoFailure();
  });
});

describe('a single container', () => {
  const NAME = 'single.test';
  // Nobody waits, so that it shows at once whether the app is there.
  const labels = { 'sluice.host': NAME, 'sluice.hold': '0s' };
  let containers: LabContainers;
  let client: SiteClient;

  beforeEach(() => {
    containers = createContainers(host);
    client = createSiteClient({ at: router.https, name: NAME });
  });

  afterEach(async () => {
    client.close();
    await containers.removeAll();
  });

  const answers = (status: number, timeoutMs = SOON_MS) =>
    waitFor(`status ${status}`, async () => (await ask(client)).status === status, timeoutMs);

  test('is live soon after its start, gone soon after its removal, and its site a while later', async () => {
    const live = router.nextLogged('routes live', (record) => (record['routers'] as string[]).length > 0);
    const app = await containers.run({ image, labels });
    await answers(200);
    expect((await live)['sinceEventMs']).toBeLessThan(500);
    await app.remove();
    await answers(503);
    await answers(404, LINGER_MS);
  });

  test('that is removed before its successor is made turns nobody away', async () => {
    const watched = { image, labels: { 'sluice.host': 'watched.test' } };
    using visitor = createSiteClient({ at: router.https, name: 'watched.test' });
    const old = await containers.run({ ...watched, env: { NAME: 'old' } });
    await waitFor('the old one', async () => (await visitor.ask('/')).app === 'old');
    const load = startSteadyLoad(visitor, '/', 20);
    await old.remove();
    await containers.run({ ...watched, name: old.name, env: { NAME: 'new' } });
    await waitFor('the new one', async () => (await visitor.ask('/')).app === 'new');
    const statuses = (await load.stop()).map(({ answer }) => answer?.status);
    // SIGKILL may cut one that the old one was answering; nobody hears that there is no such site.
    expect([...new Set(statuses.filter((status) => status !== 502))]).toEqual([200]);
  });

  test('recovers after docker restart', async () => {
    const app = await containers.run({ image, labels });
    await answers(200);
    await app.restart();
    await answers(200);
  });

  test('recovers after docker kill and start', async () => {
    const app = await containers.run({ image, labels });
    await answers(200);
    await app.kill();
    await app.start();
    await answers(200);
  });

  test('is followed to another network', async () => {
    const [first, second] = [await containers.createNetwork(), await containers.createNetwork()];
    const app = await containers.run({ image, labels, network: first.name });
    await answers(200);
    await second.connect(app);
    await first.disconnect(app);
    await waitFor('three answers in a row', async () => {
      const answers = [await ask(client), await ask(client), await ask(client)];
      return answers.every(({ status }) => status === 200);
    });
    await second.disconnect(app);
    await answers(503);
    await first.connect(app);
    await answers(200);
  });
});
