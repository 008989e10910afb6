import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { startCaProxy, type CaFault, type CaProxy } from '../support/ca-proxy.ts';
import { createEdge, type Edge } from '../support/edge.ts';
import { handshake } from '../support/handshake.ts';
import { createContainers, type LabContainers } from '../support/lab/containers.ts';
import { waitFor } from '../support/lab/wait-for.ts';
import type { RouterProcess } from '../support/router-process.ts';
import { createSiteClient } from '../support/site-client.ts';

const { host: docker } = inject('engine');
const { app: image } = inject('images');
const NAME = 'patient.example.com';
/** The first wait after a failure is at most 45 s, and it is noticed within 30 s. */
const HEALS_WITHIN_MS = 90_000;

const HTML = '<html><body>captive portal</body></html>';
const FAULTS = [
  { name: 'cuts connections', fault: { kind: 'reset' }, says: /connection|reset|hang up|socket/i },
  {
    name: 'refuses',
    fault: {
      kind: 'answer',
      status: 503,
      headers: { 'content-type': 'application/problem+json' },
      body: JSON.stringify({ type: 'urn:ietf:params:acme:error:serverInternal', detail: 'closed for the night' }),
    },
    says: /closed for the night|503/,
  },
  {
    name: 'answers garbage',
    fault: { kind: 'answer', status: 200, headers: { 'content-type': 'text/html' }, body: HTML },
    says: /directory|JSON|not|answer/i,
  },
] as const satisfies readonly { name: string; fault: CaFault; says: RegExp }[];

interface Outage {
  readonly edge: Edge;
  readonly proxy: CaProxy;
  readonly router: RouterProcess;
}

let containers: LabContainers;
const outages: Outage[] = [];

// All three side by side, as each has to wait for the router's second attempt.
beforeAll(async () => {
  containers = createContainers(docker);
  await containers.run({ image, labels: { 'sluice.host': NAME } });
  for (const { fault } of FAULTS) {
    const edge = await createEdge();
    const proxy = await startCaProxy(edge.pebble);
    proxy.fail('/', fault);
    const acme = ['--acme-ca', proxy.directoryUrl, '--acme-ca-root', proxy.caFile];
    outages.push({ edge, proxy, router: await edge.startRouter({ docker, acme }) });
  }
});

afterAll(async () => {
  for (const { proxy, edge } of outages) {
    await edge[Symbol.asyncDispose]();
    await proxy.stop();
  }
  await containers?.removeAll();
});

describe('a CA that', () => {
  test.for(FAULTS.map((entry, index) => ({ ...entry, index })))(
    '$name is told with the next attempt, and HTTPS answers with a local certificate',
    async ({ index, says }) => {
      const { router } = outages[index]!;
      const record = await router.logged('certificate not obtained');
      expect(record).toMatchObject({ level: 'warn', names: [NAME], nextAttempt: expect.any(String) });
      expect(JSON.stringify(record)).toMatch(says);
      expect(String(record['hint'])).toMatch(/\w/);
      const served = await handshake({ at: router.https, name: NAME });
      expect(served).toMatchObject({ names: `DNS:${NAME}`, issuer: expect.stringMatching(/Sluice local authority/) });
      using client = createSiteClient({ at: router.https, name: NAME });
      await waitFor('the site', async () => (await client.ask('/')).status === 200);
    },
  );

  test('returns is asked again without a restart', async () => {
    for (const { proxy } of outages) proxy.heal();
    const obtained = outages.map(({ router }) => router.logged('certificate obtained', undefined, HEALS_WITHIN_MS));
    await Promise.all(obtained);
    for (const { router, edge } of outages) {
      expect(await handshake({ at: router.https, name: NAME, caPem: edge.rootPem })).toMatchObject({ isTrusted: true });
      // One attempt failed and one did not: nobody hammered the CA.
      expect(router.records.filter(({ msg }) => msg === 'certificate not obtained')).toHaveLength(1);
    }
  });
});
