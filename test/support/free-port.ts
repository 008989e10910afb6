import { once } from 'node:events';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Below those that the system gives to outgoing connections and to whoever asks for port 0. */
const FIRST = 10_240;
const LAST = 32_000;
/** Each port that was given to somebody is a file here, so that no two processes of a run are given the same. */
const CLAIMS = join(tmpdir(), 'sluice-test-ports');
/** No program waits so long with its port before it listens on it. */
const CLAIMED_MS = 300_000;

/** A TCP port nobody listens on now and nobody else is given, for programs that cannot be given port 0. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  await mkdir(CLAIMS, { recursive: true });
  for (let tries = 0; tries < 1000; tries++) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if ((await claim(port)) && (await isFree(port, host))) return port;
  }
  throw new Error(`no free port between ${FIRST} and ${LAST}; remove ${CLAIMS}`);
}

async function claim(port: number): Promise<boolean> {
  const path = join(CLAIMS, String(port));
  try {
    await writeFile(path, '', { flag: 'wx' });
    return true;
  } catch {
    const facts = await stat(path).catch(() => undefined);
    // Free for the next who asks: two who find it old at once must not both have it.
    if (facts !== undefined && Date.now() - facts.mtimeMs > CLAIMED_MS) await rm(path, { force: true });
    return false;
  }
}

async function isFree(port: number, host: string): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

/** Forgets the claims of earlier runs. */
export async function forgetOldPorts(): Promise<void> {
  const names = await readdir(CLAIMS).catch(() => []);
  for (const name of names) {
    const path = join(CLAIMS, name);
    const facts = await stat(path).catch(() => undefined);
    if (facts !== undefined && Date.now() - facts.mtimeMs > CLAIMED_MS) await rm(path, { force: true });
  }
}
