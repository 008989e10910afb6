import { once } from 'node:events';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createContainers, type LabContainers } from '../support/lab/containers.ts';
import { waitFor } from '../support/lab/wait-for.ts';
import { RawClient } from '../support/raw-http.ts';
import { type RouterProcess, startRouter } from '../support/router-process.ts';
import { createSharedFolder, type SharedFolder } from '../support/shared-folder.ts';
import { createSiteClient } from '../support/site-client.ts';

const { host: docker } = inject('engine');
const { app: image } = inject('images');
const NAME = 'strict.test';

let folder: SharedFolder;
let containers: LabContainers;
let router: RouterProcess;

beforeAll(async () => {
  folder = await createSharedFolder();
  containers = createContainers(docker);
  await containers.run({ image, labels: { 'sluice.host': NAME, 'sluice.tls': 'off' } });
  await containers.run({ image, labels: { 'sluice.host': `secure.${NAME}` } });
  router = await startRouter({ docker, dataDir: folder.path });
  using client = createSiteClient({ at: router.http, name: NAME, scheme: 'http' });
  await waitFor('the site', async () => (await client.ask('/')).status === 200);
});

afterAll(async () => {
  await router?.[Symbol.asyncDispose]();
  await containers?.removeAll();
  await folder?.remove();
});

const CASES = [
  { name: 'no HTTP at all', request: 'hello\r\n\r\n' },
  {
    name: 'two lengths',
    request: `POST / HTTP/1.1\r\nHost: ${NAME}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
  },
  {
    name: 'a length beside chunks',
    request: `POST / HTTP/1.1\r\nHost: ${NAME}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  },
  { name: 'a blank before the colon', request: `GET / HTTP/1.1\r\nHost : ${NAME}\r\n\r\n` },
  { name: 'no host', request: 'GET / HTTP/1.1\r\n\r\n' },
];

describe('a malformed request', () => {
  test.for(CASES)('with $name gets 400 and the end of its connection', async ({ request }) => {
    const client = await RawClient.open(router.ports.http);
    // What follows it must not be taken for a request either.
    client.send(`${request}GET /headers HTTP/1.1\r\nHost: ${NAME}\r\n\r\n`);
    await client.until(() => client.hasEnded, 'end of the connection');
    client.close();
    expect(client.received).toMatch(/^HTTP\/1\.1 400 /);
    expect(client.received.toLowerCase()).toContain('\r\nconnection: close\r\n');
    expect(client.received.match(/HTTP\/1\.1 \d{3}/g)).toHaveLength(1);
  });

  test('inside TLS gets the same', async () => {
    const socket = connect({
      host: '127.0.0.1',
      port: router.ports.https,
      servername: `secure.${NAME}`,
      rejectUnauthorized: false,
    });
    await once(socket, 'secureConnect');
    let received = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => (received += chunk));
    socket.write(CASES[0]!.request);
    await once(socket, 'end');
    socket.destroy();
    expect(received).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('does the next client no harm', async () => {
    using client = createSiteClient({ at: router.http, name: NAME, scheme: 'http' });
    expect((await client.ask('/')).status).toBe(200);
    expect(router.records.filter((record) => record['component'] === 'worker')).toEqual([]);
  });
});
