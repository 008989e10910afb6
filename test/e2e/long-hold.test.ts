import { readFileSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { createContainers, type LabContainers } from '../support/lab/containers.ts';
import { waitFor } from '../support/lab/wait-for.ts';
import { type RouterProcess, startRouter } from '../support/router-process.ts';
import { createSharedFolder, type SharedFolder } from '../support/shared-folder.ts';
import { count, noteRow } from '../support/soak.ts';

const { host: docker } = inject('engine');
const { app: image } = inject('images');
const WAITERS = count(500, 5000);
/** The app boots when it is told to, and in the soak no sooner than this. */
const BOOT_MS = count(0, 60_000);
const HOLD_MS = 5000;

interface Asked {
  /** Undefined while it waits; `gone` when we left. */
  status: number | 'gone' | undefined;
  retryAfter: string | undefined;
  ms: number;
  doneAt: number;
  leave(): void;
}

let folder: SharedFolder;
let containers: LabContainers;
let router: RouterProcess;
let executed: string;
let gate: string;

beforeAll(async () => {
  folder = await createSharedFolder();
  await chmod(folder.path, 0o777);
  executed = join(folder.path, 'executed');
  gate = join(folder.path, 'gate');
  containers = createContainers(docker);
  // One worker, so that there is one order.
  const flags = ['--workers', '1', '--max-connections-per-address', '12000'];
  router = await startRouter({ docker, dataDir: join(folder.path, 'data'), flags });
});

beforeEach(async () => {
  await containers.removeAll();
  await writeFile(executed, '');
  await chmod(executed, 0o666);
  await rm(gate, { recursive: true, force: true });
  await mkdir(gate);
});

afterAll(async () => {
  await router?.[Symbol.asyncDispose]();
  await containers?.removeAll();
  await folder?.remove();
});

function ask(id: string): Asked {
  const asked: Asked = { status: undefined, retryAfter: undefined, ms: 0, doneAt: 0, leave: () => sent.destroy() };
  const at = performance.now();
  const sent = request({
    host: '127.0.0.1',
    port: router.ports.http,
    path: `/execute?id=${id}`,
    headers: { host: 'slow.test' },
    agent: false,
  });
  sent.on('error', () => (asked.status ??= 'gone'));
  sent.on('response', (response) => {
    asked.status = response.statusCode ?? 0;
    asked.retryAfter = response.headers['retry-after'];
    asked.doneAt = performance.now();
    asked.ms = asked.doneAt - at;
    response.resume();
  });
  sent.end();
  return asked;
}

/** One after the other, so that their order is known. */
async function askMany(name: string): Promise<readonly Asked[]> {
  const all: Asked[] = [];
  for (let n = 0; n < WAITERS; n++) {
    all.push(ask(`${name}-${n}`));
    // The kernel's queue of connections that are not yet accepted is short.
    if (n % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return all;
}

/** By how many milliseconds somebody who came later was served before somebody else, at most. */
function longestOvertaking(inOrder: readonly Asked[]): number {
  let [longest, soonest] = [0, Infinity];
  for (const { doneAt } of inOrder.toReversed()) {
    longest = Math.max(longest, doneAt - soonest);
    soonest = Math.min(soonest, doneAt);
  }
  return longest;
}

const residentMib = (): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${router.pid}/status`, 'utf8'))![1]) / 1024;

test('an app that boots for long: who waits too long hears 503, who leaves is forgotten, the others are served in order', async () => {
  const bootedAt = performance.now();
  const labels = { 'sluice.host': 'slow.test', 'sluice.tls': 'off', 'sluice.hold': `${HOLD_MS}ms` };
  const { name } = await containers.run({
    image,
    labels,
    env: { BOOT_FILE: '/gate/open' },
    volumes: [`${executed}:/executed`, `${gate}:/gate`],
  });
  await router.logged('routes live', ({ routers }) => JSON.stringify(routers).includes(name));

  const before = residentMib();
  const tooEarly = await askMany('early');
  const begun = residentMib();
  await waitFor('all to be answered', () => tooEarly.every(({ status }) => status !== undefined), 20_000);
  const waited = residentMib();
  expect(new Set(tooEarly.map(({ status }) => status))).toEqual(new Set([503]));
  expect(tooEarly.filter(({ retryAfter }) => !(Number(retryAfter) > 0))).toEqual([]);
  const times = tooEarly.map(({ ms }) => ms).sort((left, right) => left - right);
  // A deadline fires up to a tick late, never early; the rest is the work of so many answers.
  expect(times[0]).toBeGreaterThan(HOLD_MS - 100);
  expect(times.at(-1)).toBeLessThan(HOLD_MS + 3000);

  await waitFor('the boot to come near', () => performance.now() - bootedAt > BOOT_MS - HOLD_MS, BOOT_MS + 1);
  const inTime = await askMany('late');
  for (let n = 0; n < WAITERS; n += 5) inTime[n]!.leave();
  await writeFile(join(gate, 'open'), '');
  await waitFor('the others to be served', () => inTime.every(({ status }) => status !== undefined), 30_000);
  const served = inTime.filter(({ status }) => status === 200);
  expect(inTime.filter(({ status }) => status !== 200 && status !== 'gone')).toEqual([]);
  expect(served.length).toBe(WAITERS - Math.ceil(WAITERS / 5));

  const order = (await readFile(executed, 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((id) => Number(id.split('-')[1]));
  expect(order.filter((n) => n % 5 === 0)).toEqual([]);
  expect(order.length).toBe(served.length);
  const overtaken = longestOvertaking(served);
  noteRow('boot of a minute, hold of 5 s', {
    waiting: WAITERS,
    'first 503 ms': Math.round(times[0]!),
    'last 503 ms': Math.round(times.at(-1)!),
    'MiB before': Math.round(before),
    'MiB waiting': Math.round(begun),
    'MiB after': Math.round(waited),
    'longest overtaking ms': Math.round(overtaken),
  });
  // Leases are given in order; who gets a connection that stands is faster than who has to open one.
  expect(overtaken).toBeLessThan(1000);
  // The sockets and what a request is in memory; nothing that grows while it waits.
  expect(begun - before).toBeLessThan(40 + WAITERS * 0.03);
  expect(waited - begun).toBeLessThan(40 + WAITERS * 0.01);
});
