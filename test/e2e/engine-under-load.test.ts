import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { createContainers } from '../support/lab/containers.ts';
import { type PrivateEngine, startEngine } from '../support/lab/engine.ts';
import { ensureBaseImage } from '../support/lab/images.ts';
import { waitFor } from '../support/lab/wait-for.ts';
import { type RouterProcess, startRouter } from '../support/router-process.ts';
import { createSharedFolder, type SharedFolder } from '../support/shared-folder.ts';
import { count, noteRow } from '../support/soak.ts';
import { failedVisits, p99, startVisitors, type Visitors } from '../support/visitors.ts';

const SAMPLE_APP = fileURLToPath(new URL('../support/lab/sample-app', import.meta.url));
const NAME = { https: 'engine.test', http: 'engine.test' } as const;

let folder: SharedFolder;
let engine: PrivateEngine;
let router: RouterProcess;
let visitors: Visitors;

afterEach(async () => {
  await visitors?.stop();
  await router?.[Symbol.asyncDispose]();
  await engine?.stop();
  await folder?.remove();
});

test.for([
  { what: 'its containers go on (live-restore)', liveRestore: true, times: count(1, 10) },
  { what: 'its containers stop and start with it', liveRestore: false, times: count(1, 10) },
])('the engine is stopped and started under load, $what: no request fails', async ({ what, liveRestore, times }) => {
  folder = await createSharedFolder();
  engine = await startEngine({ liveRestore });
  const image = await ensureBaseImage(engine.host);
  await createContainers(engine.host).run({
    image,
    // An engine may take its time.
    labels: { 'sluice.host': NAME.https, 'sluice.hold': '60s' },
    env: { CLOSE_DELAY_MS: '50' },
    volumes: [`${SAMPLE_APP}:/app:ro`],
    expose: [8080],
    command: ['node', '/app/server.mjs'],
    flags: ['--restart', 'always'],
  });
  const flags = ['--max-connections-per-address', '12000'];
  router = await startRouter({ docker: engine.host, dataDir: folder.path, flags });
  const kinds = [false, true].map((isFresh) => ({ scheme: 'https', isFresh, method: 'GET' }) as const);
  const begin = () => startVisitors({ at: { https: router.https }, name: NAME, perSecond: 100, kinds });
  const first = begin();
  const isServed = (list: Visitors): boolean => list.visits.at(-1)?.outcome === 200;
  await waitFor('the app', () => isServed(first));
  await first.stop();
  visitors = begin();
  for (let round = 0; round < times; round++) {
    const found = router.nextLogged('docker reachable');
    await engine.halt();
    await engine.resume();
    await found;
    const since = performance.now();
    await waitFor('the app to answer', () =>
      visitors.visits.some(({ sentAt, outcome }) => sentAt > since && outcome === 200),
    );
  }
  const visits = await visitors.stop();
  noteRow(`engine stopped and started, ${what}`, {
    times,
    requests: visits.length,
    failed: visits.filter(({ outcome }) => outcome !== 200).length,
    'p99 ms': Math.round(p99(visits)),
    'max ms': Math.round(Math.max(...visits.map(({ ms }) => ms))),
  });
  expect(failedVisits(visits)).toEqual([]);
});
