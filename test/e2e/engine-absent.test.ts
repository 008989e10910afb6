import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createEngineDoor, type EngineDoor } from '../support/engine-door.ts';
import { createContainers, type LabContainers } from '../support/lab/containers.ts';
import { waitFor } from '../support/lab/wait-for.ts';
import { type RouterProcess, startRouter } from '../support/router-process.ts';
import { createSharedFolder, type SharedFolder } from '../support/shared-folder.ts';
import { createSiteClient } from '../support/site-client.ts';
import { failuresOf, startSteadyLoad } from '../support/steady-load.ts';

const { host } = inject('engine');
const { app: image } = inject('images');
const LOST = 'docker unreachable: the last routes stay, trying again';

let folder: SharedFolder;
let containers: LabContainers;
let door: EngineDoor;
let router: RouterProcess;

beforeAll(async () => {
  folder = await createSharedFolder();
  containers = createContainers(host);
  await containers.run({ image, labels: { 'sluice.host': 'first.test' } });
  door = createEngineDoor(join(folder.path, 'docker.sock'), host);
});

afterAll(async () => {
  await router?.[Symbol.asyncDispose]();
  await door?.shut();
  await containers?.removeAll();
  await folder?.remove();
});

const statusOf = async (name: string) => {
  using client = createSiteClient({ at: router.https, name });
  return (await client.ask('/')).status;
};
const answers = (name: string, status: number) =>
  waitFor(`${name} answering ${status}`, async () => (await statusOf(name)) === status, 10_000);

// In order: each state follows from the one before.
describe('an engine', () => {
  test('that is absent at the start is said to be, and waited for', async () => {
    router = await startRouter({ docker: door.host, dataDir: folder.path });
    expect(await router.logged(LOST)).toMatchObject({
      level: 'warn',
      component: 'docker',
      detail: expect.stringContaining(door.host),
    });
    expect(await statusOf('first.test')).toBe(404);
  });

  test('that appears brings its routes without a restart', async () => {
    const found = router.nextLogged('docker reachable');
    await door.open();
    expect(await found).toMatchObject({ level: 'info', detail: expect.stringContaining('Docker ') });
    await answers('first.test', 200);
  });

  test('that is lost leaves the last routes serving, and is told as a change, not as a stream', async () => {
    using client = createSiteClient({ at: router.https, name: 'first.test' });
    const load = startSteadyLoad(client, '/', 50);
    const lost = router.nextLogged(LOST);
    await door.shut();
    await lost;
    const before = load.outcomes.length;
    // Long enough for several attempts to come back.
    await waitFor('load without an engine', () => load.outcomes.length > before + 150);
    expect(failuresOf(await load.stop())).toEqual([]);
    expect(router.records.filter(({ msg }) => msg === LOST).length).toBeLessThanOrEqual(3);
  });

  test('that comes back brings what changed meanwhile', async () => {
    await containers.run({ image, labels: { 'sluice.host': 'second.test' } });
    await door.open();
    await answers('second.test', 200);
    expect(await statusOf('first.test')).toBe(200);
  });

  test('that was lost when a container was told to stop is asked for that, too', async () => {
    const name = 'stubborn.test';
    const stubborn = await containers.run({ image, labels: { 'sluice.host': name }, env: { IGNORE_TERM: '1' } });
    await answers(name, 200);
    await door.shut();
    await stubborn.kill('TERM');
    await door.open();
    await waitFor('the router taking it out of service', async () => {
      const answer = await fetch(`http://127.0.0.1:${router.ports.admin}/api/services`);
      const services = (await answer.json()) as readonly {
        servers: readonly { container: string; reason: string }[];
      }[];
      const server = services.flatMap(({ servers }) => servers).find(({ container }) => container === stubborn.name);
      return server?.reason === 'its container was told to stop';
    });
    await stubborn.remove();
  });

  test('that is absent when the router starts again is stood in for by what it said last, over HTTPS', async () => {
    await router.stop();
    await door.shut();
    router = await startRouter({ docker: door.host, dataDir: folder.path });
    expect(router.records).toContainEqual(
      expect.objectContaining({ msg: 'docker does not answer: serving the containers that were known last' }),
    );
    expect([await statusOf('first.test'), await statusOf('second.test')]).toEqual([200, 200]);
  });

  test('and speaks at last is believed at once', async () => {
    await containers.run({ image, labels: { 'sluice.host': 'third.test' } });
    await door.open();
    await answers('third.test', 200);
    expect(await statusOf('first.test')).toBe(200);
  });
});
