import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import { createCompose, type ComposeProject } from '../support/lab/compose.ts';
import { runCommand } from '../support/lab/shell.ts';
import { waitFor } from '../support/lab/wait-for.ts';
import { type RouterProcess, startRouter } from '../support/router-process.ts';
import { createSharedFolder, type SharedFolder } from '../support/shared-folder.ts';
import { count, noteRow } from '../support/soak.ts';
import { executionFaults, failedVisits, p99, startVisitors, type Visitors } from '../support/visitors.ts';

const { host } = inject('engine');
const { app: image } = inject('images');
const NAME = { https: 'single.test', http: 'plain.test' } as const;
const RATE = 200;
/**
 * As apps are that are made for it: told to stop, they go on listening for a moment, as the news of it comes behind the signal. Where tests
 * share two cores with other work the news may take a while.
 */
const GRACEFUL = { CLOSE_DELAY_MS: String(count(300, 50)) };

let folder: SharedFolder;
let router: RouterProcess;
let project: ComposeProject;
let visitors: Visitors;
let executed: string;

const docker = (...args: readonly string[]) => runCommand('docker', ['-H', host, ...args]);
const current = async (): Promise<readonly string[]> => {
  const listed = await docker('ps', '-q', '--no-trunc', '--filter', `label=com.docker.compose.project=${project.name}`);
  return listed.split('\n').filter(Boolean).sort();
};

beforeAll(async () => {
  folder = await createSharedFolder();
  // Containers write into it as whoever they run as.
  await chmod(folder.path, 0o777);
  // All visitors have one address, and seconds of them wait.
  const flags = ['--access-log', 'json', '--max-connections-per-address', '5000'];
  router = await startRouter({ docker: host, dataDir: join(folder.path, 'data'), flags });
});

beforeEach(async () => {
  executed = join(folder.path, 'executed');
  await writeFile(executed, '');
  await chmod(executed, 0o666);
});

afterEach(async () => {
  await visitors?.stop();
  await project?.down();
});

afterAll(async () => {
  await router?.[Symbol.asyncDispose]();
  await folder?.remove();
});

/** Brings the app up and visitors to it. */
async function serve(env: Readonly<Record<string, string>>, extra: object = {}, replicas = 1): Promise<void> {
  // A list, because in a map the older YAML of docker-compose takes `off` for a boolean.
  const labels = [`sluice.host=${NAME.https}`, `sluice.plain.host=${NAME.http}`, 'sluice.plain.tls=off'];
  const web = { image, labels, environment: env, volumes: [`${executed}:/executed`], ...extra };
  const file = join(folder.path, 'compose.yaml');
  await writeFile(file, stringify({ version: '2.4', services: { web } }));
  project = await createCompose(host, { files: [file] });
  await project.up('--scale', `web=${replicas}`);
  const at = { http: router.http, https: router.https };
  const first = startVisitors({ at, name: NAME, perSecond: 20 });
  await waitFor('the app', () => first.visits.slice(-5).filter(({ outcome }) => outcome === 200).length === 5, 20_000);
  await first.stop();
  await writeFile(executed, '');
  visitors = startVisitors({ at, name: NAME, perSecond: RATE });
}

/** Does something to the app again and again, each time until all that are there then have answered, and nobody waits any more. */
async function repeat(times: number, act: () => Promise<unknown>): Promise<void> {
  for (let round = 0; round < times; round++) {
    await act();
    const ids = await current();
    const since = performance.now();
    await waitFor('every container to answer, and at once', () => {
      const visits = visitors.visits.filter(({ sentAt }) => sentAt > since);
      const seen = new Set(visits.map(({ app }) => app ?? ''));
      const isThere = ids.every((id) => [...seen].some((app) => app !== '' && id.startsWith(app)));
      return isThere && visits.length > 40 && visits.slice(-40).every(({ ms }) => ms < 200);
    });
  }
}

/** With `isAbrupt` the app may have thrown away a POST that it had: then nobody can tell whether it was executed, and 502 is right. */
async function expectNoneLost(what: string, times: number, isAbrupt = false): Promise<void> {
  const visits = await visitors.stop();
  const lines = (await readFile(executed, 'utf8')).split('\n').filter(Boolean);
  noteRow(what, {
    times,
    requests: visits.length,
    failed: visits.filter(({ outcome }) => outcome !== 200).length,
    'POST executed': lines.length,
    'p99 ms': Math.round(p99(visits)),
    'max ms': Math.round(Math.max(...visits.map(({ ms }) => ms))),
  });
  const said = router.records
    .filter(({ level, status }) => level === 'warn' || level === 'error' || Number(status) >= 500)
    .map((record) => JSON.stringify(record));
  const owed = visits.filter(({ kind, outcome }) => !isAbrupt || kind.method !== 'POST' || outcome !== 502);
  expect(failedVisits(owed), said.slice(-10).join('\n')).toEqual([]);
  expect(executionFaults(visits, lines)).toEqual([]);
  expect(visits.length).toBeGreaterThan(times * RATE * 0.5);
}

describe('an app is replaced while visitors come', () => {
  test.for<[string, number, number, number, object]>([
    ['one replica, boots in 1 s', 1, 1000, count(3, 20), {}],
    ['one replica, boots in 3 s', 1, 3000, count(1, 20), {}],
    ['three replicas', 3, 1000, count(1, 20), {}],
    ['stops at SIGQUIT', 1, 1000, count(1, 20), { stop_signal: 'SIGQUIT' }],
  ])('docker-compose up --force-recreate, %s: no request fails', async ([what, replicas, bootMs, times, extra]) => {
    await serve({ BOOT_DELAY_MS: String(bootMs), STOP_SIGNALS: 'SIGTERM,SIGQUIT', ...GRACEFUL }, extra, replicas);
    const seen = new Set<string>(await current());
    await repeat(times, async () => {
      await project.up('--force-recreate', '--scale', `web=${replicas}`);
      const ids = await current();
      expect([ids.length, ids.filter((id) => seen.has(id))]).toEqual([replicas, []]);
      for (const id of ids) seen.add(id);
    });
    await expectNoneLost(`redeploy, ${what}`, times);
  });

  test('docker restart: no request fails', async () => {
    await serve({ BOOT_DELAY_MS: '500', ...GRACEFUL });
    const times = count(2, 20);
    await repeat(times, async () => docker('restart', '-t', '5', ...(await current())));
    await expectNoneLost('docker restart', times);
  });

  test('an app that drops its connections in the moment of the signal: no GET fails, no POST runs twice', async () => {
    await serve({ BOOT_DELAY_MS: '500' });
    const times = count(2, 20);
    await repeat(times, async () => docker('restart', '-t', '5', ...(await current())));
    await expectNoneLost('docker restart, abrupt', times, true);
  });

  test('remove by force, then run again under the same name: no GET fails, no POST runs twice', async () => {
    await serve({ BOOT_DELAY_MS: '500' });
    const times = count(1, 20);
    await repeat(times, async () => {
      await docker('rm', '-f', ...(await current()));
      await project.up();
    });
    await expectNoneLost('docker rm -f, then up', times, true);
  });
});
