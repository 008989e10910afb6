import { createContainers, type LabContainer } from '../../test/support/lab/containers.ts';
import type { Engine } from '../../test/support/lab/engine.ts';
import { buildRouterImage, buildWhoamiImage } from '../../test/support/lab/images.ts';
import { ensurePrograms } from '../../test/support/lab/packages.ts';
import { startPublicPebble, type PublicPebble } from '../../test/support/lab/public-pebble.ts';
import { runCommand } from '../../test/support/lab/shell.ts';
import { waitFor } from '../../test/support/lab/wait-for.ts';
import type { Cleanup } from './cleanup.ts';
import type { Narrator } from './narrator.ts';

export const SITE = 'hello.example.com';

const ROUTER_IMAGE = 'sluice-demo/router';
const APP_IMAGE = 'sluice-demo/whoami';

export interface DemoStack {
  readonly router: LabContainer;
  /** `127.0.0.1:49153` */
  readonly http: string;
  readonly https: string;
  readonly pebble: PublicPebble;
  /** performance.now() when the app was told to start. */
  readonly appStartedAt: number;
}

/** Builds the images, starts the certificate authority, the router in its container, then an app with one label. */
export async function startStack(engine: Engine, narrator: Narrator, cleanup: Cleanup): Promise<DemoStack> {
  const { host, gateway } = engine;
  await narrator.step('images of router and app built', async () => {
    cleanup.add('the images', () => removeImages(host));
    await buildRouterImage(host, ROUTER_IMAGE);
    await buildWhoamiImage(host, APP_IMAGE);
  });
  const pebble = await narrator.step('Pebble runs, a certificate authority for tests', async () => {
    await ensurePrograms(['pebble']);
    return startPublicPebble(gateway);
  });
  cleanup.add('Pebble', pebble.stop);
  const containers = createContainers(host);
  cleanup.add('the containers', containers.removeAll);
  const router = await containers.run({
    image: ROUTER_IMAGE,
    publish: ['127.0.0.1::80', '127.0.0.1::443'],
    volumes: [`${socketOf(host)}:/var/run/docker.sock:ro`, `${pebble.caFile}:/pebble-ca.pem:ro`],
    flags: ['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
    command: ['--acme-ca', pebble.directoryUrl, '--acme-ca-root', '/pebble-ca.pem'],
  });
  pebble.pointNamesTo(await router.address());
  await narrator.step('the router listens', () =>
    waitFor('the router listening', async () => (await router.logs()).includes('"listening"')),
  );
  const appStartedAt = performance.now();
  await containers.run({ image: APP_IMAGE, labels: { 'sluice.host': SITE } });
  narrator.say(`an app started with one label: sluice.host=${SITE}`);
  const [http, https] = [await router.published(80), await router.published(443)];
  return { router, http, https, pebble, appStartedAt };
}

/** The classic builder also leaves the image of the build stage, without a name. */
async function removeImages(host: string): Promise<void> {
  await runCommand('docker', ['-H', host, 'rmi', '--force', ROUTER_IMAGE, APP_IMAGE]);
  await runCommand('docker', ['-H', host, 'image', 'prune', '--force', '--filter', 'label=build.sluice']);
}

/** A remote engine has its own socket, at the usual place. */
function socketOf(host: string): string {
  return host.startsWith('unix://') ? host.slice('unix://'.length) : '/var/run/docker.sock';
}
