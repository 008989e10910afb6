import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { createContainers, type LabContainer, type LabContainers } from '../support/lab/containers.ts';
import { runCommand } from '../support/lab/shell.ts';
import { waitFor } from '../support/lab/wait-for.ts';
import { type RouterOptions, type RouterProcess, startRouter } from '../support/router-process.ts';
import { createSiteClient, type SiteClient } from '../support/site-client.ts';
import { failuresOf, startSteadyLoad } from '../support/steady-load.ts';
import { createSharedFolder, type SharedFolder } from '../support/shared-folder.ts';

const { host: docker } = inject('engine');
const images = inject('images');
const NAME = 'app.test';

let folder: SharedFolder;
let containers: LabContainers;
let router: RouterProcess | undefined;

beforeAll(async () => {
  folder = await createSharedFolder();
  containers = createContainers(docker);
  await containers.run({ image: images.app, labels: { 'sluice.host': NAME } });
});

afterEach(async () => {
  await router?.[Symbol.asyncDispose]();
  router = undefined;
});

afterAll(async () => {
  await containers?.removeAll();
  await folder?.remove();
});

const start = async (options: Pick<RouterOptions, 'flags'> = {}) => {
  router = await startRouter({ docker, dataDir: folder.path, ...options });
  const client = createSiteClient({ at: router.https, name: NAME });
  await waitFor('the site', async () => (await client.ask('/')).status === 200);
  return { router, client };
};

/** A request whose answer has begun and lasts for a while. */
const beginSlow = async (client: SiteClient, ms: number) => {
  const request = client.begin(`/slow?ms=${ms}`);
  request.on('error', () => undefined).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { body: text(response), isDone: () => response.complete };
};

const isRefused = (at: string) => {
  const [host, port] = at.split(':') as [string, string];
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port: Number(port) });
  socket.on('connect', () => resolve(false)).on('error', () => resolve(true));
  return promise.finally(() => socket.destroy());
};

describe('a router told to stop', () => {
  test.for([{ signal: 'SIGTERM' }, { signal: 'SIGINT' }] as const)(
    'by $signal finishes running requests, refuses connections and ends with 0',
    async ({ signal }) => {
      const { router, client } = await start();
      const slow = await beginSlow(client, 2000);
      router.signal(signal);
      await waitFor('both entrypoints refusing', async () => {
        const refused = await Promise.all([isRefused(router.https), isRefused(router.http)]);
        return refused.every(Boolean);
      });
      expect(slow.isDone()).toBe(false);
      expect(await slow.body).toBe('slow done\n');
      expect(await router.exited).toEqual({ code: 0, signal: null });
      expect(router.records.at(-1)).toMatchObject({ msg: 'stopped' });
      expect(router.errors()).toBe('');
    },
  );

  test('with nothing to finish ends at once, idle connections or not', async () => {
    const { router, client } = await start();
    await client.ask('/');
    const begun = performance.now();
    expect(await router.stop()).toEqual({ code: 0, signal: null });
    expect(performance.now() - begun).toBeLessThan(1500);
  });

  test('cuts what outlasts the grace, and still ends with 0', async () => {
    const { router, client } = await start({ flags: ['--grace', '500ms'] });
    const slow = await beginSlow(client, 60_000);
    const cut = expect(slow.body).rejects.toThrow(/aborted/);
    const begun = performance.now();
    expect(await router.stop()).toEqual({ code: 0, signal: null });
    const tookMs = performance.now() - begun;
    expect([tookMs > 450, tookMs < 3000]).toEqual([true, true]);
    await cut;
  });

  test('ends at once at the second signal', async () => {
    const { router, client } = await start({ flags: ['--grace', '1m'] });
    const slow = await beginSlow(client, 60_000);
    const cut = expect(slow.body).rejects.toThrow(/aborted/);
    router.signal('SIGTERM');
    await router.logged('stopping');
    const begun = performance.now();
    router.signal('SIGTERM');
    expect(await router.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - begun).toBeLessThan(1500);
    await cut;
  });
});

describe('docker stop of the router under load', () => {
  let container: LabContainer;

  beforeAll(async () => {
    container = await containers.run({
      image: images.router,
      volumes: [`${docker.replace('unix://', '')}:/var/run/docker.sock:ro`],
      env: { SLUICE_ACME_CA: 'internal' },
    });
  });

  test('answers what runs in full, and the container ends with 0', async () => {
    using client = createSiteClient({ at: `${await container.address()}:443`, name: NAME });
    await waitFor('the site', async () => (await client.ask('/')).status === 200);
    const slow = await Promise.all(Array.from({ length: 10 }, () => beginSlow(client, 3000)));
    const load = startSteadyLoad(client, '/', 50);
    await waitFor('load', () => load.outcomes.length > 25);
    const stopped = container.stop(8);
    expect(await Promise.all(slow.map(({ body }) => body))).toEqual(Array(10).fill('slow done\n'));
    const outcomes = await load.stop();
    await stopped;
    const exitCode = await runCommand('docker', ['-H', docker, 'inspect', '-f', '{{.State.ExitCode}}', container.id]);
    expect(exitCode.trim()).toBe('0');
    // Who asks a router that has left cannot be answered; whoever was answered got the whole of it.
    const wrong = failuresOf(outcomes).filter((line) => !/ECONNREFUSED|ECONNRESET|socket hang up/.test(line));
    expect(wrong).toEqual([]);
    expect(failuresOf(outcomes).length).toBeGreaterThan(0);
  });
});
