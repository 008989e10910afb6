import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { createContainers, type LabContainer, type LabContainers } from '../support/lab/containers.ts';
import { startEngine } from '../support/lab/engine.ts';
import { ensurePrograms, findProgram } from '../support/lab/packages.ts';
import { runCommand } from '../support/lab/shell.ts';
import { waitFor } from '../support/lab/wait-for.ts';
import { ROUTER_NODE_FLAGS } from '../support/router-process.ts';
import { residentKib } from './process-cpu.ts';
import { median } from './table.ts';

const IMAGE = 'sluice-bench/instant:latest';
const COMPILED = fileURLToPath(new URL('../../node_modules/.cache/compiled', import.meta.url));
const CONTAINERS = 10;
const STARTS = 15;

/** What the real engine shows. Milliseconds and MiB. */
export interface DockerFigures {
  readonly startToFirstRequestMs: number;
  readonly idleRssMib: number;
  readonly eventToRouteMs: { readonly median: number; readonly max: number };
}

/** Measures start, memory and the time from a `start` event to a served request, on a private Docker engine. */
export async function dockerRows(folder: string): Promise<DockerFigures> {
  await ensurePrograms(['busybox']);
  const engine = await startEngine();
  await using containers = createContainers(engine.host);
  try {
    await buildInstantImage(engine.host);
    for (let i = 0; i < CONTAINERS; i++) await containers.run(instant(`app${i}`));
    const httpPort = await freePort();
    const starts: number[] = [];
    let router = await startRouter(folder, engine.host, httpPort);
    for (let i = 0; i < 5; i++) {
      router.stop();
      await once(router.child, 'exit');
      router = await startRouter(folder, engine.host, httpPort);
      starts.push(router.firstRequestMs);
    }
    // Idle: the start's garbage is gone once the collector had a reason to run.
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    const idleRssMib = residentKib(router.child.pid!) / 1024;
    const lives = await eventsToRoutes(engine.host, containers, httpPort);
    router.stop();
    const figures = {
      startToFirstRequestMs: median(starts),
      idleRssMib,
      eventToRouteMs: { median: median(lives), max: Math.max(...lives) },
    };
    print(figures);
    return figures;
  } finally {
    await containers.removeAll();
    await engine.stop();
  }
}

/** A static web server that listens within a millisecond of its start, so that the router is what is timed. */
async function buildInstantImage(host: string): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-instant-'));
  await mkdir(join(root, 'www'));
  await writeFile(join(root, 'www', 'index.html'), 'instant\n');
  await runCommand('cp', [await realpath(findProgram('busybox')!), join(root, 'busybox')]);
  const changes = ['EXPOSE 80', 'CMD ["/busybox", "httpd", "-f", "-p", "80", "-h", "/www"]'].flatMap((c) => ['-c', c]);
  await runCommand('docker', ['-H', host, 'import', ...changes, '-', IMAGE], {
    inputFrom: ['tar', '-C', root, '-c', '.'],
  });
  await rm(root, { recursive: true });
}

function instant(name: string): { readonly image: string; readonly labels: Record<string, string> } {
  return { image: IMAGE, labels: { 'sluice.host': `${name}.localhost`, 'sluice.tls': 'off' } };
}

interface RunningRouter {
  readonly child: ChildProcess;
  readonly firstRequestMs: number;
  stop(): void;
}

async function startRouter(folder: string, host: string, httpPort: number): Promise<RunningRouter> {
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    [
      ...ROUTER_NODE_FLAGS,
      ...[new URL('../../src/main.ts', import.meta.url).pathname, '--docker', host, '--http', `127.0.0.1:${httpPort}`],
      ...['--https', 'off', '--admin', 'off', '--workers', '1', '--acme-ca', 'off', '--log-level', 'error'],
      ...['--data', join(folder, 'docker-data')],
    ],
    // The image sets this too.
    { stdio: 'inherit', env: { ...process.env, NODE_COMPILE_CACHE: COMPILED } },
  );
  process.once('exit', () => child.kill('SIGKILL'));
  await waitFor('the last container to be served', () => isServed(httpPort, `app${CONTAINERS - 1}.localhost`));
  return { child, firstRequestMs: performance.now() - startedAt, stop: () => void child.kill('SIGTERM') };
}

/** For each new container, the time between the engine's own stamp of its `start` event and the first 200. */
async function eventsToRoutes(host: string, containers: LabContainers, httpPort: number): Promise<readonly number[]> {
  const events = spawn('docker', [
    '-H',
    host,
    'events',
    '--filter',
    'event=start',
    '--format',
    '{{.ID}} {{.TimeNano}}',
  ]);
  const stamps = new Map<string, number>();
  createInterface({ input: events.stdout }).on('line', (line) => {
    const [id = '', nanos = '0'] = line.split(' ');
    stamps.set(id, Number(BigInt(nanos) / 1000n) / 1000);
  });
  const lives: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    const container = await containers.create(instant(`event${i}`));
    const served = firstServed(httpPort, `event${i}.localhost`);
    await container.start();
    const at = await served;
    lives.push(at - (await waitFor('the start event', () => stampOf(stamps, container))));
  }
  events.kill();
  return lives;
}

function stampOf(stamps: ReadonlyMap<string, number>, container: LabContainer): number | undefined {
  return [...stamps].find(([id]) => id !== '' && container.id.startsWith(id))?.[1];
}

/** Asks every 2 ms on one connection until the answer is 200; resolves with the wall-clock time in milliseconds. */
async function firstServed(port: number, host: string): Promise<number> {
  for (;;) {
    if (await isServed(port, host)) return performance.timeOrigin + performance.now();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function isServed(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket: Socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`));
    socket.once('data', (chunk) => {
      resolve(chunk.toString('latin1').startsWith('HTTP/1.1 200'));
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}

function print({ startToFirstRequestMs, idleRssMib, eventToRouteMs }: DockerFigures): void {
  process.stdout.write(
    `\nDocker engine, ${CONTAINERS} labelled containers, one worker\n` +
      `  process start → first request served   ${startToFirstRequestMs.toFixed(0)} ms (median of 5)\n` +
      `  resident memory, idle                  ${idleRssMib.toFixed(0)} MiB\n` +
      `  start event → route answers            ${eventToRouteMs.median.toFixed(0)} ms (median of ${STARTS}, max ${eventToRouteMs.max.toFixed(0)})\n`,
  );
}
