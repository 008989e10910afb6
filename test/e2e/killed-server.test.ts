import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { createContainers, type LabContainer, type LabContainers } from '../support/lab/containers.ts';
import { runCommand } from '../support/lab/shell.ts';
import { waitFor } from '../support/lab/wait-for.ts';
import { type RouterProcess, startRouter } from '../support/router-process.ts';
import { createSharedFolder, type SharedFolder } from '../support/shared-folder.ts';
import { createSiteClient } from '../support/site-client.ts';
import { count, noteRow } from '../support/soak.ts';
import { executionFaults, failedVisits, p99, startVisitors, type Visit, type Visitors } from '../support/visitors.ts';

const { host: docker } = inject('engine');
const { app: image } = inject('images');
const NAME = { https: 'many.test', http: 'many-plain.test' } as const;
// One service, whichever container says it; two routers to it.
const SERVICE = 'sluice.http.services.many.loadbalancer.server.port';
const LABELS = {
  'sluice.http.routers.many.rule': `Host(\`${NAME.https}\`)`,
  'sluice.http.routers.many-plain.rule': `Host(\`${NAME.http}\`)`,
  'sluice.http.routers.many-plain.entrypoints': 'http',
  'sluice.http.routers.many-plain.service': 'many',
  [SERVICE]: '8080',
};

let folder: SharedFolder;
let containers: LabContainers;
let router: RouterProcess;
let executed: string;
let servers: LabContainer[];
let visitors: Visitors;

beforeAll(async () => {
  folder = await createSharedFolder();
  await chmod(folder.path, 0o777);
  containers = createContainers(docker);
  const flags = ['--max-connections-per-address', '5000'];
  router = await startRouter({ docker, dataDir: join(folder.path, 'data'), flags, logLevel: 'debug' });
});

beforeEach(async () => {
  executed = join(folder.path, 'executed');
  await writeFile(executed, '');
  await chmod(executed, 0o666);
});

afterEach(async () => {
  await visitors?.stop();
  await containers.removeAll();
});

afterAll(async () => {
  await router?.[Symbol.asyncDispose]();
  await folder?.remove();
});

async function serve(names: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
  servers = [];
  for (const name of names) {
    const flags = ['--restart', 'no'];
    const volumes = [`${executed}:/executed`];
    servers.push(await containers.run({ image, labels: LABELS, env: { NAME: name, ...env }, flags, volumes }));
  }
  visitors = startVisitors({ at: { http: router.http, https: router.https }, name: NAME, perSecond: 200 });
  await answeredBy(names);
}

/** All of them answer, as the newest visits show. */
async function answeredBy(names: readonly string[]): Promise<void> {
  const since = performance.now();
  await waitFor('all to answer', () => {
    const seen = new Set(visitors.visits.filter(({ sentAt }) => sentAt > since).map(({ app }) => app));
    return names.every((name) => seen.has(name));
  });
}

async function lines(): Promise<readonly string[]> {
  return (await readFile(executed, 'utf8')).split('\n').filter(Boolean);
}

function settled(visits: readonly Visit[]): readonly Visit[] {
  // Before the first server was ready there was nothing to lose.
  const first = visits.find(({ outcome }) => outcome === 200);
  return visits.filter(({ sentAt }) => sentAt >= (first?.sentAt ?? 0));
}

describe('one of three is killed (SIGKILL)', () => {
  test('no GET fails, no POST runs twice, and nobody waits', async () => {
    const names = ['a', 'b', 'c'];
    await serve(names);
    const from = performance.now();
    const times = count(6, 30);
    for (let round = 0; round < times; round++) {
      const victim = servers[round % servers.length]!;
      await victim.kill('KILL');
      const others = names.filter((_, index) => index !== round % servers.length);
      await answeredBy(others);
      await victim.start();
      await answeredBy(names);
    }
    const visits = settled(await visitors.stop()).filter(({ sentAt }) => sentAt > from);
    const gets = visits.filter(({ kind }) => kind.method === 'GET');
    const lost = visits.filter(({ outcome }) => outcome !== 200);
    noteRow('kill -9 of one of three', {
      times,
      requests: visits.length,
      'GET failed': gets.filter(({ outcome }) => outcome !== 200).length,
      'POST failed': lost.filter(({ kind }) => kind.method === 'POST').length,
      'p99 ms': Math.round(p99(visits)),
      'max ms': Math.round(Math.max(...visits.map(({ ms }) => ms))),
    });
    expect(failedVisits(gets)).toEqual([]);
    expect(executionFaults(visits, await lines())).toEqual([]);
    // What was under way in the killed one, and nothing else.
    expect(lost.length).toBeLessThanOrEqual(times);
    expect(lost.filter(({ outcome }) => outcome !== 502)).toEqual([]);
    // A dead server costs a dial or two; the rest is what else the machine does.
    expect(p99(visits)).toBeLessThan(1500);
  });
});

describe('one of two is stopped, which closes its listener 10 ms later', () => {
  test('a response of 5 s is finished, no request fails, and no new one comes', async () => {
    await serve(['staying', 'leaving'], { CLOSE_DELAY_MS: '10' });
    const client = createSiteClient({ at: router.https, name: NAME.https });
    // In turn, so one of two is the leaving one's.
    const slow = await Promise.all(
      [0, 1].map(async () => {
        const request = client.begin('/slow?ms=5000').end();
        const [response] = await once(request, 'response');
        return response as IncomingMessage;
      }),
    );
    const bodies = Promise.all(slow.map((response) => text(response)));
    const draining = router.nextLogged('server state', ({ state }) => state === 'draining');
    const stopped = servers[1]!.stop(10);
    await draining;
    const from = performance.now();
    await stopped;
    expect(await bodies).toEqual(['slow done\n', 'slow done\n']);
    const visits = settled(await visitors.stop());
    const late = visits.filter(({ app, sentAt }) => app === 'leaving' && sentAt > from + 50);
    client.close();
    expect(failedVisits(visits)).toEqual([]);
    expect(executionFaults(visits, await lines())).toEqual([]);
    expect(late).toEqual([]);
  });
});

describe('one of two is paused', () => {
  test('new requests go to the other one, and what it had is finished when it goes on', async () => {
    const names = ['awake', 'frozen'];
    await serve(names);
    const frozen = servers[1]!;
    await runCommand('docker', ['-H', docker, 'pause', frozen.id]);
    const from = performance.now();
    await answeredBy(['awake']);
    await waitFor('a hundred more', () => visitors.visits.filter(({ sentAt }) => sentAt > from + 500).length > 100);
    expect(visitors.visits.filter(({ app, sentAt }) => app === 'frozen' && sentAt > from + 500)).toEqual([]);
    await runCommand('docker', ['-H', docker, 'unpause', frozen.id]);
    await answeredBy(names);
    const visits = settled(await visitors.stop());
    expect(failedVisits(visits)).toEqual([]);
    expect(executionFaults(visits, await lines())).toEqual([]);
  });
});
