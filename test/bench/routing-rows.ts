import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { startFakeEngine, type FakeEngine } from '../support/fake-engine.ts';
import { freePort } from '../support/free-port.ts';
import { waitFor } from '../support/lab/wait-for.ts';
import { ROUTER_NODE_FLAGS } from '../support/router-process.ts';
import type { Figures } from './connection-rows.ts';
import { type LoadResult, sendLoad, type Workload } from './load.ts';
import { cpuMicros } from './process-cpu.ts';
import { median } from './table.ts';

const FEW = 10;
const MANY_HOSTS = 10_000;
const MANY_PATHS = 1000;
const CONTAINERS = 1000;
const ROUTERS_EACH = 3;
const CHANGES = 31;

interface Router {
  readonly child: ChildProcess;
  readonly port: number;
  stop(): Promise<void>;
}

/** What the number of routers costs, by name of the figure. */
export async function routingRows(
  folder: string,
  backendPort: number,
  rounds: number,
  seconds: number,
): Promise<Record<string, Figures>> {
  return {
    'CPU µs/request by routers': await cpuByRouters(folder, backendPort, rounds, seconds),
    [`a label change among ${CONTAINERS} containers`]: await labelChange(folder, backendPort),
    [`${MANY_HOSTS} routers at once`]: await manyAtOnce(folder, backendPort),
  };
}

/** Every host, or every path, is asked for in turn. */
async function cpuByRouters(folder: string, backendPort: number, rounds: number, seconds: number): Promise<Figures> {
  const kinds = [
    { name: `${FEW} hosts`, rules: hostRules(FEW), count: FEW, host: 'h%d.test', path: '/' },
    { name: `${MANY_HOSTS} hosts`, rules: hostRules(MANY_HOSTS), count: MANY_HOSTS, host: 'h%d.test', path: '/' },
    { name: `${FEW} paths`, rules: pathRules(FEW), count: FEW, host: 'a.test', path: '/p%d/x' },
    { name: `${MANY_PATHS} paths`, rules: pathRules(MANY_PATHS), count: MANY_PATHS, host: 'a.test', path: '/p%d/x' },
  ];
  const routers: Router[] = [];
  const samples = new Map<string, number[]>(kinds.map(({ name }) => [name, []]));
  try {
    for (const { name, rules, path } of kinds) {
      const file = join(folder, `${name.replace(' ', '-')}.yaml`);
      await writeFile(file, JSON.stringify(servicesFile(rules, backendPort)));
      const last = rules.length - 1;
      const asked = path === '/' ? { host: `h${last}.test`, path } : { host: 'a.test', path: `/p${last}/x` };
      routers.push(await startRouter(['--docker', 'off', '--file', file], folder, asked, true));
    }
    for (let round = 0; round < rounds; round++) {
      for (const [index, { name, count, host, path }] of kinds.entries()) {
        const { child, port } = routers[index]!;
        const load: Workload = { ...WORKLOAD, rotate: { count, host, path } };
        await sendLoad(`http://127.0.0.1:${port}`, load, 1);
        const before = cpuMicros(child.pid!);
        const { requests } = await sendLoad(`http://127.0.0.1:${port}`, load, seconds);
        samples.get(name)!.push((cpuMicros(child.pid!) - before) / requests);
      }
    }
  } finally {
    await Promise.all(routers.map((router) => router.stop()));
  }
  const medians = Object.fromEntries([...samples].map(([name, list]) => [name, median(list)]));
  return {
    ...medians,
    'hosts ratio': medians[`${MANY_HOSTS} hosts`]! / medians[`${FEW} hosts`]!,
    'paths ratio': medians[`${MANY_PATHS} paths`]! / medians[`${FEW} paths`]!,
  };
}

const WORKLOAD: Workload = { path: '/', method: 'GET', headers: {}, bodyBytes: 0, connections: 32 };

/** From the event of the container that replaces another, with a new host, to the first answer for that host. */
async function labelChange(folder: string, backendPort: number): Promise<Figures> {
  const engine = await startFakeEngine();
  const rows = Array.from({ length: CONTAINERS }, (_, index) => containerRow(index, 0, backendPort));
  engine.rows = JSON.stringify(rows);
  const router = await startRouter(
    ['--docker', engine.endpoint],
    folder,
    { host: `c${CONTAINERS - 1}r0v0.test`, path: '/' },
    false,
  );
  try {
    const url = `http://127.0.0.1:${router.port}`;
    const others: Workload = { ...WORKLOAD, connections: 4, headers: { Host: 'c500r1v0.test' } };
    const quiet = await sendLoad(url, others, 10);
    const times: number[] = [];
    const change = async (): Promise<void> => {
      for (let round = 1; round <= CHANGES; round++) {
        const index = round * 7;
        rows[index] = containerRow(index, round, backendPort);
        times.push(
          await timeChange(engine, JSON.stringify(rows), rows[index].Id, router.port, `c${index}r0v${round}.test`),
        );
      }
    };
    const [busy] = await Promise.all([sendLoad(url, others, 15), change()]);
    return {
      'median ms': median(times),
      'max ms': Math.max(...times),
      'p99 ms before': quiet.p99Ms,
      'max ms before': quiet.maxMs,
      'p99 ms meanwhile': busy.p99Ms,
      'max ms meanwhile': busy.maxMs,
    };
  } finally {
    await router.stop();
    await engine.stop();
  }
}

async function timeChange(engine: FakeEngine, rows: string, id: string, port: number, host: string): Promise<number> {
  // A burst shares its refreshes; this is the time of a single change.
  await new Promise((resolve) => setTimeout(resolve, 400));
  engine.rows = rows;
  const at = performance.now();
  engine.send(`${JSON.stringify({ Type: 'container', Action: 'start', Actor: { ID: id }, id })}\n`);
  await firstServed(port, host);
  return performance.now() - at;
}

/** From the file's change to the last new route's first answer, with the longest wait of a client beside it. */
async function manyAtOnce(folder: string, backendPort: number): Promise<Figures> {
  const file = join(folder, 'many.yaml');
  await writeFile(file, JSON.stringify(servicesFile(hostRules(1), backendPort)));
  const flags = ['--docker', 'off', '--file', file];
  const router = await startRouter(flags, folder, { host: 'h0.test', path: '/' }, false);
  try {
    const url = `http://127.0.0.1:${router.port}`;
    const others: Workload = { ...WORKLOAD, connections: 1, headers: { Host: 'h0.test' } };
    const quiet = await sendLoad(url, others, 5);
    const text = JSON.stringify(servicesFile(hostRules(MANY_HOSTS), backendPort));
    const grow = async (): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const at = performance.now();
      await writeFile(file, text);
      await firstServed(router.port, `h${MANY_HOSTS - 1}.test`);
      return performance.now() - at;
    };
    const [busy, ms]: readonly [LoadResult, number] = await Promise.all([sendLoad(url, others, 8), grow()]);
    return { 'file → live ms': ms, 'max ms before': quiet.maxMs, 'max ms meanwhile': busy.maxMs };
  } finally {
    await router.stop();
  }
}

function hostRules(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `Host(\`h${index}.test\`)`);
}

function pathRules(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `Host(\`a.test\`) && PathPrefix(\`/p${index}/\`)`);
}

/** One entry of the file provider a hundred routers, as nobody labels one container with thousands. */
function servicesFile(rules: readonly string[], backendPort: number): object {
  const entries: Record<string, { servers: string[]; labels: Record<string, string> }> = {};
  for (const [index, rule] of rules.entries()) {
    const name = `e${Math.floor(index / 100)}`;
    const entry = (entries[name] ??= { servers: [`http://127.0.0.1:${backendPort}`], labels: {} });
    entry.labels[`sluice.http.routers.r${index}.rule`] = rule;
    entry.labels[`sluice.http.routers.r${index}.entrypoints`] = 'http';
  }
  return entries;
}

interface FakeRow {
  readonly Id: string;
  readonly [field: string]: unknown;
}

function containerRow(index: number, version: number, backendPort: number): FakeRow {
  const labels: Record<string, string> = { 'traefik.enable': 'true' };
  for (let router = 0; router < ROUTERS_EACH; router++) {
    const prefix = `traefik.http.routers.c${index}r${router}`;
    labels[`${prefix}.rule`] = `Host(\`c${index}r${router}v${version}.test\`)`;
    labels[`${prefix}.entrypoints`] = 'web';
    labels[`${prefix}.service`] = `c${index}`;
  }
  labels[`traefik.http.services.c${index}.loadbalancer.server.port`] = String(backendPort);
  return {
    Id: `${String(index).padStart(12, '0')}${String(version).padStart(52, '0')}`,
    Names: [`/c${index}`],
    Created: 1_700_000_000 + index,
    Labels: labels,
    State: 'running',
    Status: 'Up 2 minutes',
    Ports: [],
    HostConfig: { NetworkMode: 'bridge' },
    NetworkSettings: { Networks: { bridge: { IPAddress: '127.0.0.1' } } },
  };
}

/** `isPinned`: on core 0 alone, as the peers of the other rows. Resolves when the route is served. */
async function startRouter(
  flags: readonly string[],
  folder: string,
  { host, path }: { readonly host: string; readonly path: string },
  isPinned: boolean,
): Promise<Router> {
  const port = await freePort();
  const main = new URL('../../src/main.ts', import.meta.url).pathname;
  const command = [
    ...[process.execPath, ...ROUTER_NODE_FLAGS, main, ...flags],
    ...['--http', `127.0.0.1:${port}`, '--https', 'off', '--admin', 'off'],
    ...['--workers', '1', '--data', join(folder, `data-${port}`), '--acme-ca', 'off', '--log-level', 'error'],
  ];
  const [program, ...rest] = isPinned ? ['taskset', '-c', '0', ...command] : command;
  const child = spawn(program!, rest, { stdio: ['ignore', 'inherit', 'inherit'] });
  process.once('exit', () => child.kill('SIGKILL'));
  await waitFor(`${host} to be served`, async () => (await isServed(port, host, path)) || undefined);
  return {
    child,
    port,
    stop: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function firstServed(port: number, host: string): Promise<void> {
  while (!(await isServed(port, host, '/'))) await new Promise((resolve) => setTimeout(resolve, 2));
}

function isServed(port: number, host: string, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`));
    socket.once('data', (chunk) => {
      resolve(chunk.toString('latin1').startsWith('HTTP/1.1 200'));
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}
