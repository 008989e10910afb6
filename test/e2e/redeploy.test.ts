import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import { createCompose, type ComposeProject } from '../support/lab/compose.ts';
import { runCommand } from '../support/lab/shell.ts';
import { waitFor } from '../support/lab/wait-for.ts';
import { type RouterProcess, startRouter } from '../support/router-process.ts';
import { createSharedFolder, type SharedFolder } from '../support/shared-folder.ts';
import { createSiteClient, type SiteClient } from '../support/site-client.ts';
import { failuresOf, startSteadyLoad } from '../support/steady-load.ts';

const { host } = inject('engine');
const { app: image } = inject('images');
const NAME = 'single.test';
const REDEPLOYS = 5;

let folder: SharedFolder;
let router: RouterProcess;
let project: ComposeProject;
let client: SiteClient;

const docker = (...args: readonly string[]) => runCommand('docker', ['-H', host, ...args]);
const current = async (): Promise<string> => {
  const listed = await docker('ps', '-q', '--no-trunc', '--filter', `label=com.docker.compose.project=${project.name}`);
  return listed.trim();
};

beforeAll(async () => {
  folder = await createSharedFolder();
  router = await startRouter({ docker: host, dataDir: folder.path });
  const file = join(folder.path, 'compose.yaml');
  await writeFile(file, stringify({ services: { web: { image, labels: { 'sluice.host': NAME } } } }));
  project = await createCompose(host, { files: [file] });
  client = createSiteClient({ at: router.https, name: NAME });
  await project.up();
  await waitFor('the app', async () => (await client.ask('/')).status === 200);
});

afterAll(async () => {
  client?.close();
  await project?.down();
  await router?.[Symbol.asyncDispose]();
  await folder?.remove();
});

describe('one replica is replaced while visitors come', () => {
  test(`docker-compose up --force-recreate, ${REDEPLOYS} times: no request fails`, async () => {
    const load = startSteadyLoad(client, '/', 200);
    const seen = new Set<string>([await current()]);
    for (let round = 0; round < REDEPLOYS; round++) {
      await project.up('--force-recreate');
      const id = await current();
      expect(seen.has(id)).toBe(false);
      seen.add(id);
      await waitFor('the new one to answer', () =>
        load.outcomes.slice(-5).some(({ answer }) => answer?.app !== undefined && id.startsWith(answer.app)),
      );
    }
    expect(failuresOf(await load.stop())).toEqual([]);
    expect(load.outcomes.length).toBeGreaterThan(REDEPLOYS * 100);
  });

  test('docker restart: no request fails', async () => {
    const load = startSteadyLoad(client, '/', 200);
    await docker('restart', '-t', '5', await current());
    const before = load.outcomes.length;
    await waitFor('some more load', () => load.outcomes.length > before + 100);
    expect(failuresOf(await load.stop())).toEqual([]);
  });
});
