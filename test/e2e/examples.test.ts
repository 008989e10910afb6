import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { adaptComposeFile, type ComposeChanges } from '../support/lab/compose-file.ts';
import { createCompose, type ComposeProject } from '../support/lab/compose.ts';
import { startPublicPebble, type PublicPebble } from '../support/lab/public-pebble.ts';
import { runCommand } from '../support/lab/shell.ts';
import { askSite } from '../support/lab/site.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const { host, gateway } = inject('engine');
const images = inject('images');
const socketPath = host.replace('unix://', '');

const docker = (...args: readonly string[]) => runCommand('docker', ['-H', host, ...args]);
const until = <T>(check: () => Promise<T>) => vi.waitFor(check, { timeout: 40_000, interval: 100 });

let folder: string;
let project: ComposeProject;

const prepare = async (file: string, changes: Omit<ComposeChanges, 'socketPath'>, env: Record<string, string> = {}) => {
  const copy = await adaptComposeFile(join(REPOSITORY, file), folder, { ...changes, socketPath });
  project = await createCompose(host, { files: [copy], env });
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-examples-'));
});

afterEach(async () => {
  await project.down();
  await rm(folder, { recursive: true, force: true });
});

describe.for([
  { file: 'compose.yaml', service: 'router' },
  { file: 'examples/quickstart/compose.yaml', service: 'sluice' },
])('$file', ({ file, service }) => {
  test('makes a site of a container with one label', async () => {
    await prepare(file, { images: { [service]: images.router } });
    await project.up();
    const [http, https] = [await project.published(service, 80), await project.published(service, 443)];
    const id = await project.containerId(service);
    const caPem = await until(() => docker('exec', id, 'sluice', 'certs', 'root'));
    const name = 'whoami.localhost';
    const answer = await until(async () => {
      const site = await askSite({ at: https, name, caPem });
      expect(site.status).toBe(200);
      return site;
    });
    expect(answer.body).toContain('x-forwarded-proto: https');
    expect(answer.issuer).toMatch(/^Sluice local authority/);
    const redirect = await askSite({ at: http, name, path: '/a?b=c' });
    expect([redirect.status, redirect.headers.location]).toEqual([308, `https://${name}/a?b=c`]);
  });
});

describe('with a certificate authority', () => {
  let pebble: PublicPebble;

  beforeEach(async () => {
    pebble = await startPublicPebble(gateway);
  });

  afterEach(() => pebble.stop());

  /** The router first: its address must be known to the authority before an app makes it order. */
  const bringUpWithNamesAt = async (service: string) => {
    await project.up(service);
    const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
    pebble.pointNamesTo((await docker('inspect', '--format', format, await project.containerId(service))).trim());
    await project.up();
  };

  const expectSite = async (service: string, name: string) => {
    const at = await project.published(service, 443);
    const caPem = await pebble.rootPem();
    await until(async () => {
      const site = await askSite({ at, name, caPem });
      expect([site.status, site.issuer?.startsWith('Pebble')]).toEqual([200, true]);
    });
  };

  test('examples/quickstart gets a certificate for a name of its own', async () => {
    const env = { SLUICE_ACME_CA: pebble.directoryUrl, SLUICE_ACME_CA_ROOT: '/ca.pem' };
    const volumes = [`${socketPath}:/var/run/docker.sock:ro`, `${pebble.caFile}:/ca.pem:ro`];
    await prepare(
      'examples/quickstart/compose.yaml',
      { images: { sluice: images.router }, env: { sluice: env }, keys: { sluice: { volumes } } },
      { HOST: 'app.example.com' },
    );
    await bringUpWithNamesAt('sluice');
    await expectSite('sluice', 'app.example.com');
  });

  test('examples/traefik runs with nothing changed but the image', async () => {
    const published = await readFile(join(REPOSITORY, 'examples/traefik/compose.yaml'), 'utf8');
    expect(published).not.toContain('sluice');
    const volumes = [`${socketPath}:/var/run/docker.sock`, 'acme-data:/acme', `${pebble.caFile}:/ca.pem:ro`];
    await prepare('examples/traefik/compose.yaml', {
      images: { traefik: images.router, myapp: images.app },
      // The lab's authority instead of Let's Encrypt.
      flags: { traefik: [`--certificatesresolvers.letsencrypt.acme.caserver=${pebble.directoryUrl}`] },
      env: { traefik: { SLUICE_ACME_CA_ROOT: '/ca.pem' } },
      keys: { traefik: { volumes } },
    });
    await bringUpWithNamesAt('traefik');
    await expectSite('traefik', 'myapp.example.com');
  });
});
