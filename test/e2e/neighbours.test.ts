import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createContainers, type LabContainer, type LabContainers } from '../support/lab/containers.ts';
import { runCommand } from '../support/lab/shell.ts';
import { waitFor } from '../support/lab/wait-for.ts';
import { type RouterProcess, startRouter } from '../support/router-process.ts';
import { createSharedFolder, type SharedFolder } from '../support/shared-folder.ts';
import { createSiteClient, type SiteClient } from '../support/site-client.ts';
import { count, noteRow } from '../support/soak.ts';
import { OPCODE, openWebSocket, type WebSocketClient } from '../support/websocket-client.ts';

const { host: docker } = inject('engine');
const { app: image } = inject('images');
const SOCKETS = count(100, 300);
const DOWNLOADS = count(8, 20);
const RESTARTS = count(8, 100);
const BYTES = 400_000_000;

let folder: SharedFolder;
let containers: LabContainers;
let router: RouterProcess;
let client: SiteClient;
let busy: LabContainer;

beforeAll(async () => {
  folder = await createSharedFolder();
  containers = createContainers(docker);
  await containers.run({ image, labels: { 'sluice.host': 'a.test' }, env: { NAME: 'a' } });
  busy = await containers.run({ image, labels: { 'sluice.host': 'b.test' }, env: { NAME: 'b' } });
  const flags = ['--max-connections-per-address', '5000'];
  router = await startRouter({ docker, dataDir: folder.path, flags });
  client = createSiteClient({ at: router.https, name: 'a.test' });
  await waitFor('the app', async () => (await client.ask('/')).status === 200);
});

afterAll(async () => {
  client?.close();
  await router?.[Symbol.asyncDispose]();
  await containers?.removeAll();
  await folder?.remove();
});

/** A download that is read slowly and goes on until it is closed. */
class Download {
  bytes = 0;
  failure = '';
  private response: IncomingMessage | undefined;
  private timer: NodeJS.Timeout | undefined;

  async start(): Promise<void> {
    const request = client.begin(`/download?bytes=${BYTES}`).end();
    request.on('error', (error) => (this.failure ||= error.message));
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    this.response = response;
    response.on('data', (chunk: Buffer) => {
      this.bytes += chunk.length;
      response.pause();
    });
    response.on('error', (error) => (this.failure ||= error.message));
    response.on('end', () => (this.failure ||= 'ended'));
    this.timer = setInterval(() => response.resume(), 20);
  }

  close(): void {
    clearInterval(this.timer);
    this.response?.removeAllListeners('error').on('error', () => {});
    this.response?.destroy();
  }
}

const residentMib = (): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${router.pid}/status`, 'utf8'))![1]) / 1024;
const descriptors = (): number => readdirSync(`/proc/${router.pid}/fd`).length;

/** A frame goes there and comes back. */
async function echoes(socket: WebSocketClient, text: string): Promise<boolean> {
  socket.send(OPCODE.text, text);
  return (await socket.next()).payload.toString() === text;
}

describe('an app beside one that is restarted again and again, and one that crashes in a loop', () => {
  test('loses no WebSocket and no download, and nothing is left behind', async () => {
    const before = { mib: residentMib(), descriptors: descriptors() };
    const sockets = await Promise.all(
      Array.from({ length: SOCKETS }, () => openWebSocket({ at: router.https, name: 'a.test' })),
    );
    // Its greeting.
    await Promise.all(sockets.map((socket) => socket.next()));
    const downloads = Array.from({ length: DOWNLOADS }, () => new Download());
    await Promise.all(downloads.map((download) => download.start()));
    const crash = [
      'node',
      '-e',
      "require('http').createServer((q,r)=>r.end()).listen(8080);setTimeout(()=>process.exit(1),200)",
    ];
    const looping = await containers.run({
      image,
      labels: { 'sluice.host': 'c.test' },
      flags: ['--restart', 'always'],
      command: crash,
    });
    for (let round = 0; round < RESTARTS; round++) {
      await runCommand('docker', ['-H', docker, 'restart', '-t', '2', busy.id]);
      expect(await echoes(sockets[round % SOCKETS]!, `round ${round}`)).toBe(true);
    }
    const crashes = Number(
      (await runCommand('docker', ['-H', docker, 'inspect', '-f', '{{.RestartCount}}', looping.id])).trim(),
    );
    expect(crashes).toBeGreaterThan(1);
    const alive = await Promise.all(sockets.map((socket, index) => echoes(socket, `last ${index}`)));
    expect(alive.filter((isAlive) => !isAlive)).toEqual([]);
    const bytes = downloads.map((download) => download.bytes);
    await waitFor('every download to go on', () =>
      downloads.every((download, index) => download.bytes > bytes[index]!),
    );
    expect(downloads.map(({ failure }) => failure).filter(Boolean)).toEqual([]);
    const during = residentMib();

    // The app answers a close and ends.
    for (const socket of sockets) socket.send(OPCODE.close, '');
    await Promise.all(sockets.map((socket) => socket.ended()));
    for (const socket of sockets) socket[Symbol.dispose]();
    for (const download of downloads) download.close();
    client.close();
    await looping.remove();
    await waitFor('every descriptor to be given back', () => descriptors() <= before.descriptors + 8, 30_000);
    const after = residentMib();
    noteRow('app A beside restarts and crashes', {
      WebSockets: SOCKETS,
      downloads: DOWNLOADS,
      restarts: RESTARTS,
      crashes,
      disconnects: 0,
      'MiB before': Math.round(before.mib),
      'MiB meanwhile': Math.round(during),
      'MiB after': Math.round(after),
    });
    // A heap shrinks when it likes: what is shown is that it does not grow with what happened.
    expect(after).toBeLessThan(before.mib + 120);
  });
});
