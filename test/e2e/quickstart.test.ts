import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { handshake } from '../support/handshake.ts';
import { adaptComposeFile } from '../support/lab/compose-file.ts';
import { createCompose, type ComposeProject } from '../support/lab/compose.ts';
import { startPublicPebble, type PublicPebble } from '../support/lab/public-pebble.ts';
import { runCommand } from '../support/lab/shell.ts';
import { askSite } from '../support/lab/site.ts';
import { waitFor } from '../support/lab/wait-for.ts';

const SOURCE = fileURLToPath(new URL('../../examples/quickstart/compose.yaml', import.meta.url));
const NAME = 'app.example.com';
const { host, gateway } = inject('engine');
const images = inject('images');
const socketPath = host.replace('unix://', '');
const docker = (...args: readonly string[]) => runCommand('docker', ['-H', host, ...args]);

let folder: string;
let pebble: PublicPebble;
let project: ComposeProject;
let routerId: string;
let http: string;
let https: string;
let caPem: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-quickstart-'));
  pebble = await startPublicPebble(gateway);
  caPem = await pebble.rootPem();
  const copy = await adaptComposeFile(SOURCE, folder, {
    images: { sluice: images.router, myapp: images.app },
    socketPath,
    env: { sluice: { SLUICE_ACME_CA: pebble.directoryUrl, SLUICE_ACME_CA_ROOT: '/ca.pem' } },
    keys: {
      sluice: { volumes: [`${socketPath}:/var/run/docker.sock:ro`, 'data:/data', `${pebble.caFile}:/ca.pem:ro`] },
    },
  });
  project = await createCompose(host, { files: [copy], env: { HOST: NAME } });
  // The router first: its address must be known to the authority before an app makes it order.
  await project.up('sluice');
  routerId = await project.containerId('sluice');
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
  pebble.pointNamesTo((await docker('inspect', '--format', format, routerId)).trim());
  await project.up();
  http = await project.published('sluice', 80);
  https = await project.published('sluice', 443);
});

afterAll(async () => {
  await project?.down();
  await pebble?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('the quickstart stack with one label', () => {
  test('serves HTTPS with a certificate of the CA for exactly its name', async () => {
    const served = await waitFor('a trusted certificate', async () => {
      const found = await handshake({ at: https, name: NAME, caPem });
      return found.isTrusted && found;
    });
    expect(served).toMatchObject({ names: `DNS:${NAME}`, issuer: expect.stringMatching(/^CN=Pebble Intermediate/) });
    const answer = await askSite({ at: https, name: NAME, path: '/headers', caPem });
    const { headers } = JSON.parse(answer.body) as { headers: Record<string, string> };
    expect(headers).toMatchObject({ host: NAME, 'x-forwarded-proto': 'https', 'x-forwarded-host': NAME });
  });

  test.for([
    { name: 'a path with a query', path: '/a/b?c=d%20e' },
    { name: 'the root', path: '/' },
  ])('sends plain HTTP of $name to HTTPS with 308', async ({ path }) => {
    const answer = await askSite({ at: http, name: NAME, path });
    expect([answer.status, answer.headers.location]).toEqual([308, `https://${NAME}${path}`]);
  });

  test('lists the certificate and reports healthy', async () => {
    const table = await docker('exec', routerId, 'sluice', 'certs');
    expect(table).toMatch(new RegExp(`^${NAME.replaceAll('.', '\\.')} +Pebble Intermediate`, 'm'));
    await waitFor('the health check', async () => {
      const health = await docker('inspect', '--format', '{{.State.Health.Status}}', routerId);
      return health.trim() === 'healthy';
    });
  });

  test('asked the CA for one certificate and logged no error', async () => {
    expect(pebble.orderCount()).toBe(1);
    expect(await project.logs('sluice')).not.toMatch(/"level":"(error|fatal)"/);
  });
});
