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

const SOURCE = fileURLToPath(new URL('../../examples/traefik/compose.yaml', import.meta.url));
const NAME = 'myapp.example.com';
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
  folder = await mkdtemp(join(tmpdir(), 'sluice-traefik-'));
  pebble = await startPublicPebble(gateway);
  caPem = await pebble.rootPem();
  const volumes = [`${socketPath}:/var/run/docker.sock`, 'acme-data:/acme', `${pebble.caFile}:/ca.pem:ro`];
  const copy = await adaptComposeFile(SOURCE, folder, {
    images: { traefik: images.router, myapp: images.app },
    socketPath,
    flags: { traefik: [`--certificatesresolvers.letsencrypt.acme.caserver=${pebble.directoryUrl}`] },
    env: { traefik: { SLUICE_ACME_CA_ROOT: '/ca.pem' } },
    keys: { traefik: { volumes } },
  });
  project = await createCompose(host, { files: [copy] });
  // The router first: its address must be known to the authority before an app makes it order.
  await project.up('traefik');
  routerId = await project.containerId('traefik');
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
  pebble.pointNamesTo((await docker('inspect', '--format', format, routerId)).trim());
  await project.up();
  http = await project.published('traefik', 80);
  https = await project.published('traefik', 443);
});

afterAll(async () => {
  await project?.down();
  await pebble?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('a stack written for Traefik', () => {
  test('is served over HTTPS with a certificate of its resolver', async () => {
    const served = await waitFor('a trusted certificate', async () => {
      const found = await handshake({ at: https, name: NAME, caPem });
      return found.isTrusted && found;
    });
    expect(served.names).toBe(`DNS:${NAME}`);
    const answer = await askSite({ at: https, name: NAME, caPem });
    expect([answer.status, answer.body]).toEqual([200, expect.stringMatching(/^hello from /)]);
  });

  test('answers plain HTTP with 404, as no redirect is configured', async () => {
    const answer = await askSite({ at: http, name: NAME });
    expect([answer.status, answer.headers.location]).toEqual([404, undefined]);
  });

  test('keeps certificates and account beside acme.json', async () => {
    const script = "console.log(require('fs').globSync('**/*.json', { cwd: '/acme' }).join('\\n'))";
    const files = (await docker('exec', routerId, 'node', '-e', script)).trim().split('\n');
    expect(files.filter((file) => file.endsWith('/current.json'))).toHaveLength(1);
    expect(files.filter((file) => !file.startsWith('sluice/'))).toEqual([]);
  });

  test('warns of nothing but what it says it does not act on', async () => {
    const warnings = (await project.logs('traefik')).split('\n').filter((line) => line.includes('"level":"warn"'));
    expect(warnings.filter((line) => /"code":|unreachable|not obtained/.test(line))).toEqual([]);
    expect(await project.logs('traefik')).not.toMatch(/"level":"(error|fatal)"/);
  });
});
