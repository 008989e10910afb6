import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createEdge, type Edge } from '../support/edge.ts';
import { handshake } from '../support/handshake.ts';
import { createContainers, type LabContainers } from '../support/lab/containers.ts';
import { waitFor } from '../support/lab/wait-for.ts';
import { type RouterProcess, startRouter } from '../support/router-process.ts';
import { createSiteClient } from '../support/site-client.ts';

const { host: docker } = inject('engine');
const { app: image } = inject('images');
const NAMES = ['kept.example.com', 'damaged.example.com'];

let edge: Edge;
let containers: LabContainers;

beforeAll(async () => {
  edge = await createEdge();
  containers = createContainers(docker);
  for (const name of NAMES) await containers.run({ image, labels: { 'sluice.host': name } });
});

afterAll(async () => {
  await containers?.removeAll();
  await edge?.[Symbol.asyncDispose]();
});

const serve = (router: RouterProcess, name: string) => handshake({ at: router.https, name, caPem: edge.rootPem });
const obtained = (router: RouterProcess, name: string) =>
  router.logged('certificate obtained', (record) => (record['names'] as string[]).includes(name));

describe('a damaged certificate file', () => {
  test('is set aside and ordered anew, the others serve as before', async () => {
    const first = await edge.startRouter({ docker });
    for (const name of NAMES) await obtained(first, name);
    const [kept, damaged] = await Promise.all(NAMES.map((name) => serve(first, name)));
    await first.stop();
    const file = await fileOf(edge.dataDir, 'damaged.example.com');
    await writeFile(file, '{"certificate": "-----BEGIN');
    const orders = edge.pebble.orderCount();

    const second = await edge.startRouter({ docker });
    expect(await serve(second, 'kept.example.com')).toEqual(kept);
    expect(await second.logged('certificate store file damaged')).toMatchObject({ level: 'warn' });
    await obtained(second, 'damaged.example.com');
    const renewed = await serve(second, 'damaged.example.com');
    expect([renewed.isTrusted, renewed.serial === damaged?.serial]).toEqual([true, false]);
    expect(edge.pebble.orderCount()).toBe(orders + 1);
    await second.stop();
  });
});

describe('a data folder that cannot be used', () => {
  test('leaves the router serving with local certificates, and is told with the fix', async () => {
    const orders = edge.pebble.orderCount();
    const dataDir = join(edge.dataDir, 'file');
    await writeFile(dataDir, 'a file where the folder should be');
    await using router = await startRouter({ docker, dataDir, acme: edge.acme });
    for (const msg of ['certificate store fails, going on from memory', 'local authority lives in memory only']) {
      expect(await router.logged(msg)).toMatchObject({
        level: 'warn',
        reason: expect.stringContaining(dataDir),
        hint: expect.stringMatching(/\w/),
      });
    }
    using client = createSiteClient({ at: router.https, name: NAMES[0]! });
    await waitFor('the site', async () => (await client.ask('/')).status === 200);
    // The authority signs a name's certificate while the site is served with the one for unknown names.
    const names = `DNS:${NAMES[0]}`;
    await waitFor('its certificate', async () => (await serve(router, NAMES[0]!)).names === names);
    const served = await serve(router, NAMES[0]!);
    expect(served).toMatchObject({ names, issuer: expect.stringMatching(/Sluice local authority/) });
    // A certificate that would be lost at the next start is not ordered: that way leads into the CA's limits.
    expect(edge.pebble.orderCount()).toBe(orders);
    expect(await router.stop()).toEqual({ code: 0, signal: null });
    expect(await readFile(dataDir, 'utf8')).toBe('a file where the folder should be');
  });
});

/** The file with the certificate of a name. */
async function fileOf(dataDir: string, name: string): Promise<string> {
  for (const file of globSync('**/current.json', { cwd: dataDir })) {
    const path = join(dataDir, file);
    if ((await readFile(path, 'utf8')).includes(name)) return path;
  }
  throw new Error(`no certificate of ${name} below ${dataDir}`);
}
