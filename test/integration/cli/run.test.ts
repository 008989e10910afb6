import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '../../support/free-port.ts';

const MAIN = new URL('../../../src/main.ts', import.meta.url).pathname;

let dataDir: string;
let engine: Server;
let engineAsked: Promise<unknown>;
const engineSockets = new Set<Socket>();
let router: ChildProcess;
let log: string;

/** An engine that accepts and never answers, so that a start waits for it. */
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sluice-run-'));
  engine = createServer((socket) => {
    engineSockets.add(socket);
    socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(engine, 'listening');
  engineAsked = once(engine, 'connection');
  log = '';
});

afterEach(async () => {
  router.kill('SIGKILL');
  for (const socket of engineSockets) socket.destroy();
  engine.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(admin = 'off'): Promise<void> {
  const flags = ['--https', 'off', '--admin', admin, '--workers', '1', '--acme-ca', 'off', '--log-format', 'json'];
  const { port } = engine.address() as AddressInfo;
  router = spawn(
    process.execPath,
    [
      MAIN,
      ...flags,
      '--data',
      dataDir,
      '--http',
      `127.0.0.1:${await freePort()}`,
      '--docker',
      `tcp://127.0.0.1:${port}`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  router.stdout!.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
}

test('a signal during the start ends it, before anybody is served', async () => {
  await start();
  await engineAsked;
  router.kill('SIGTERM');
  const [code] = (await once(router, 'exit')) as [number | null];
  expect([code, log.includes('"listening"'), log.includes('"stopping"')]).toEqual([0, false, true]);
});

test('a signal after it stops the router: exit code 0', async () => {
  await start();
  while (!log.includes('"listening"')) await once(router.stdout!, 'data');
  router.kill('SIGINT');
  const [code] = (await once(router, 'exit')) as [number | null];
  expect([code, log.includes('"stopped"')]).toEqual([0, true]);
});

test('the admin address says 503 until every worker listens, then 200', async () => {
  const admin = `127.0.0.1:${await freePort()}`;
  const health = async (): Promise<number> => (await fetch(`http://${admin}/healthz`)).status;
  await start(admin);
  // Asked before the first list, which this engine never gives: the listeners still wait for it.
  await engineAsked;
  expect(await health()).toBe(503);
  while (!log.includes('"listening"')) await once(router.stdout!, 'data');
  expect(await health()).toBe(200);
});
