import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitFor } from '../../support/lab/wait-for.ts';
import { type RouterProcess, startRouter } from '../../support/router-process.ts';
import { createSharedFolder, type SharedFolder } from '../../support/shared-folder.ts';

let folder: SharedFolder;
let router: RouterProcess;
let servers: Server[];
let statusOfBad: number;

beforeEach(async () => {
  statusOfBad = 503;
  servers = ['good', 'bad'].map((name) =>
    createServer((_request, response) => response.writeHead(name === 'bad' ? statusOfBad : 200).end(name)),
  );
  const urls: string[] = [];
  for (const server of servers) {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    urls.push(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }
  folder = await createSharedFolder();
  const labels = { 'sluice.host': 'a.test', 'sluice.tls': 'off', 'sluice.eject.time': '2s' };
  const file = join(folder.path, 'services.yaml');
  await writeFile(file, JSON.stringify({ app: { servers: urls, labels } }));
  router = await startRouter({ docker: 'off', dataDir: folder.path, flags: ['--file', file, '--workers', '1'] });
});

afterEach(async () => {
  await router[Symbol.asyncDispose]();
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  await folder.remove();
});

async function ask(): Promise<string> {
  const asked = request({
    host: '127.0.0.1',
    port: router.ports.http,
    headers: { host: 'a.test' },
    agent: false,
  }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return (await response.setEncoding('utf8').toArray()).join('');
}

/** Who answers a dozen requests. */
async function answers(): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  for (let n = 0; n < 12; n++) seen.add(await ask());
  return seen;
}

test('a server that fails its requests is out for a while, is said to be, and returns', async () => {
  await answers();
  const ejected = await router.logged('server ejected: it fails its requests');
  expect(ejected).toMatchObject({
    level: 'warn',
    detail: '5 failures in a row, the last one: status 503',
    forMs: 2000,
  });
  await waitFor('the others to get everything', async () => (await answers()).size === 1);
  expect(await answers()).toEqual(new Set(['good']));
  const response = await fetch(`http://127.0.0.1:${router.ports.admin}/api/services`);
  expect(JSON.stringify(await response.json())).toContain('ejected for 2000 ms: 5 failures in a row');
  statusOfBad = 200;
  await router.logged('server back from its ejection');
  await waitFor('it to be asked again', async () => (await answers()).has('bad'));
});

test('when the other one goes it is used again at once', async () => {
  await answers();
  await router.logged('server ejected: it fails its requests');
  statusOfBad = 200;
  servers[0]!.close();
  servers[0]!.closeAllConnections();
  await waitFor('the ejected one to answer', async () => (await ask()) === 'bad');
});
