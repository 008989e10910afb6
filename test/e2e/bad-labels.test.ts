import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { createContainers, type LabContainers } from '../support/lab/containers.ts';
import { runCommand } from '../support/lab/shell.ts';
import { waitFor } from '../support/lab/wait-for.ts';
import { type LogRecord, type RouterProcess, startRouter } from '../support/router-process.ts';
import { createSharedFolder, type SharedFolder } from '../support/shared-folder.ts';
import { createSiteClient, type SiteClient } from '../support/site-client.ts';
import { failuresOf, startSteadyLoad, type SteadyLoad } from '../support/steady-load.ts';

const { host: docker } = inject('engine');
const images = inject('images');
const image = images.app;

let folder: SharedFolder;
let lasting: LabContainers;
let containers: LabContainers;
let router: RouterProcess;
let neighbour: SiteClient;
let load: SteadyLoad;

beforeAll(async () => {
  folder = await createSharedFolder();
  lasting = createContainers(docker);
  await lasting.run({ image, labels: { 'sluice.host': 'neighbour.test' } });
  router = await startRouter({ docker, dataDir: folder.path });
  neighbour = createSiteClient({ at: router.https, name: 'neighbour.test' });
  await waitFor('the neighbour', async () => (await neighbour.ask('/')).status === 200);
});

afterAll(async () => {
  neighbour?.close();
  await router?.[Symbol.asyncDispose]();
  await lasting?.removeAll();
  await folder?.remove();
});

beforeEach(() => {
  containers = createContainers(docker);
  load = startSteadyLoad(neighbour, '/', 50);
});

// Whatever a container says of itself, the site beside it is not touched.
afterEach(async () => {
  await containers.removeAll();
  expect(failuresOf(await load.stop())).toEqual([]);
});

const ask = async (name: string) => {
  using client = createSiteClient({ at: router.https, name });
  return await client.ask('/');
};
const answers = (name: string, status: number) =>
  waitFor(`${name} answering ${status}`, async () => (await ask(name)).status === status);
const problemsOf = (container: string, code: string) =>
  router.records.filter((record) => record['container'] === container && record['code'] === code);
const problemOf = (container: string, code: string) =>
  waitFor(`problem ${code} of ${container}`, () => problemsOf(container, code)[0]);
const hint = (record: LogRecord) => String(record['hint']);

describe('a wrong label', () => {
  test('is logged once with container, label and place, whatever changes beside it', async () => {
    const label = 'sluice.http.routers.broken.rule';
    const { name } = await containers.run({ image, labels: { [label]: 'Host(`broken.test`' } });
    expect(await problemOf(name, 'rule_syntax')).toMatchObject({
      level: 'error',
      container: name,
      label,
      column: expect.any(Number),
      hint: expect.stringMatching(/\w/),
    });
    const other = await containers.run({ image, labels: { 'sluice.host': 'later.test', 'sluice.hold': '0s' } });
    await answers('later.test', 200);
    await other.remove();
    await answers('later.test', 503);
    expect(problemsOf(name, 'rule_syntax')).toHaveLength(1);
  });

  test('leaves the other routers of its container alone, and is reported gone with it', async () => {
    const app = await containers.run({
      image,
      labels: {
        'sluice.good.host': 'good.test',
        'sluice.http.routers.bad.rule': 'Hots(`bad.test`)',
        'sluice.http.routers.bad.service': 'good',
      },
    });
    await problemOf(app.name, 'rule_syntax');
    await answers('good.test', 200);
    expect((await ask('bad.test')).status).toBe(404);
    const gone = router.nextLogged('problem gone', (record) => record['container'] === app.name);
    await app.remove();
    expect(await gone).toMatchObject({ code: 'rule_syntax', level: 'info' });
  });

  test('that is unknown names the nearest one', async () => {
    const { name } = await containers.run({ image, labels: { 'sluice.hots': 'typo.test' } });
    expect(hint(await problemOf(name, 'label_unknown'))).toContain('sluice.host');
  });
});

describe('two containers that claim one host', () => {
  test('the older keeps it, the newer is told, and has it once the older is gone', async () => {
    const labels = { 'sluice.host': 'claimed.test' };
    const older = await containers.run({ image, labels, env: { NAME: 'older' } });
    await answers('claimed.test', 200);
    // Docker tells the age in whole seconds.
    const createdIn = Math.floor(Date.now() / 1000);
    await waitFor('the next second', () => Math.floor(Date.now() / 1000) > createdIn);
    const newer = await containers.run({ image, labels, env: { NAME: 'newer' } });
    const problem = await problemOf(newer.name, 'host_conflict');
    expect([problem.msg.includes(older.name), hint(problem) !== '']).toEqual([true, true]);
    for (let i = 0; i < 6; i++) expect((await ask('claimed.test')).app).toBe('older');
    await older.remove();
    await waitFor('the newer one serving', async () => (await ask('claimed.test')).app === 'newer');
  });
});

describe('a container that cannot be reached', () => {
  test('for want of a port answers 503 and is told which label to add', async () => {
    const { name } = await containers.run({
      image: images.base,
      labels: { 'sluice.host': 'portless.test' },
      command: ['sleep', '300'],
    });
    expect(hint(await problemOf(name, 'port_missing'))).toContain('sluice.port');
    expect((await ask('portless.test')).status).toBe(503);
  });

  test('on a port where nobody listens answers 503, at once', async () => {
    await containers.run({ image, labels: { 'sluice.host': 'deaf.test', 'sluice.port': '9' } });
    await answers('deaf.test', 503);
  });

  test('in a network the router is not in answers 503 and is told which one', async () => {
    const [here, there] = [await containers.createNetwork(), await containers.createNetwork()];
    const boxed = await containers.run({
      image: images.router,
      network: here.name,
      volumes: [`${docker.replace('unix://', '')}:/var/run/docker.sock:ro`],
      env: { SLUICE_ACME_CA: 'internal' },
    });
    const app = await containers.run({ image, network: there.name, labels: { 'sluice.host': 'far.test' } });
    const problem = await waitFor('the problem', async () => {
      const lines = (await boxed.logs()).split('\n').filter((line) => line.startsWith('{'));
      const records = lines.map((line) => JSON.parse(line) as LogRecord);
      return records.find((record) => record['code'] === 'network_unreachable' && record['container'] === app.name);
    });
    expect([problem.msg, hint(problem)]).toEqual([
      expect.stringContaining(there.name),
      expect.stringContaining(there.name),
    ]);
    using client = createSiteClient({ at: `${await boxed.address(here.name)}:443`, name: 'far.test' });
    await waitFor('503', async () => (await client.ask('/')).status === 503);
    await here.connect(app);
    await waitFor('the site', async () => (await client.ask('/')).status === 200);
  });
});

describe('a container that dies at once, again and again', () => {
  test('floods no log', async () => {
    const before = router.records.length;
    const app = await containers.run({
      image: images.base,
      labels: { 'sluice.host': 'crashing.test', 'sluice.port': '80' },
      flags: ['--restart', 'always'],
      command: ['node', '-e', 'process.exit(1)'],
    });
    const restarts = await waitFor('five restarts', async () => {
      const count = await runCommand('docker', ['-H', docker, 'inspect', '-f', '{{.RestartCount}}', app.id]);
      return Number(count) >= 5 && Number(count);
    });
    const written = router.records.slice(before);
    expect(written.filter(({ level }) => level !== 'info')).toEqual([]);
    expect(written.length).toBeLessThanOrEqual((restarts + 1) * 2 + 1);
  });
});
