import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createEdge, type Edge } from '../support/edge.ts';
import { handshake, type ServedCertificate } from '../support/handshake.ts';
import { createContainers, type LabContainers } from '../support/lab/containers.ts';
import { askSite } from '../support/lab/site.ts';
import type { RouterProcess } from '../support/router-process.ts';
import { createSiteClient } from '../support/site-client.ts';

const { host: docker } = inject('engine');
const { app: image } = inject('images');
const NAMES = ['first.example.com', 'second.example.com'];

let edge: Edge;
let containers: LabContainers;
let router: RouterProcess;

const serve = (name: string) => handshake({ at: router.https, name, caPem: edge.rootPem });
const obtained = (name: string) =>
  router.logged('certificate obtained', (record) => (record['names'] as string[]).includes(name));

beforeAll(async () => {
  edge = await createEdge();
  containers = createContainers(docker);
  for (const name of NAMES) await containers.run({ image, labels: { 'sluice.host': name }, env: { NAME: name } });
  router = await edge.startRouter({ docker });
  for (const name of NAMES) await obtained(name);
});

afterAll(async () => {
  await containers?.removeAll();
  await edge?.[Symbol.asyncDispose]();
});

describe('two sites', () => {
  test.for(NAMES.map((name) => ({ name })))('$name has a certificate and an app of its own', async ({ name }) => {
    expect(await serve(name)).toMatchObject({ names: `DNS:${name}`, isTrusted: true });
    const answer = await askSite({ at: router.https, name, caPem: edge.rootPem });
    expect([answer.status, answer.body]).toEqual([200, `hello from ${name}\n`]);
  });

  test.for([
    { name: 'a name nobody serves', servername: 'third.example.com' },
    { name: 'no server name', servername: undefined },
  ])('$name gets the local default certificate', async ({ servername }) => {
    const served = await handshake({ at: router.https, caPem: edge.rootPem, ...(servername && { name: servername }) });
    expect(served).toMatchObject({
      names: 'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
      issuer: expect.stringMatching(/^CN=Sluice local authority/),
      isTrusted: false,
    });
  });

  test.for([
    { name: 'over HTTPS', scheme: 'https' },
    { name: 'over plain HTTP', scheme: 'http' },
  ] as const)('a name nobody serves gets 404 $name', async ({ scheme }) => {
    using client = createSiteClient({ at: router[scheme], name: 'third.example.com', scheme });
    expect((await client.ask('/')).status).toBe(404);
  });
});

describe('a restart of the router', () => {
  let before: readonly ServedCertificate[];
  let orders: number;

  beforeAll(async () => {
    before = await Promise.all(NAMES.map(serve));
    orders = edge.pebble.orderCount();
  });

  test.for([{ signal: 'SIGTERM' }, { signal: 'SIGKILL' }] as const)(
    'after $signal serves the stored certificates from the first handshake and orders nothing',
    async ({ signal }) => {
      router.signal(signal);
      await router.exited;
      router = await edge.startRouter({ docker });
      expect(await Promise.all(NAMES.map(serve))).toEqual(before);
      // A site with a name of its own is ordered last, so whatever the restart had in mind came before it.
      const late = `${signal.toLowerCase()}.example.com`;
      await containers.run({ image, labels: { 'sluice.host': late } });
      await obtained(late);
      orders += 1;
      expect(edge.pebble.orderCount()).toBe(orders);
      expect(await Promise.all(NAMES.map(serve))).toEqual(before);
    },
  );
});
