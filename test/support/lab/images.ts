import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { importBaseImage } from './base-image.ts';
import { runCommand } from './shell.ts';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
const SAMPLE_APP = fileURLToPath(new URL('sample-app', import.meta.url));

/** Names of the images the lab makes. */
export interface LabImages {
  /** Stand-in for the official Node image of the Dockerfile. */
  readonly base: string;
  /** The sample app: see sample-app/server.mjs for its paths and environment. */
  readonly app: string;
  /** Sluice, from the repository's Dockerfile. */
  readonly router: string;
}

/** Makes base, sample app and router image on an engine; returns their names. */
export async function buildImages(host: string): Promise<LabImages> {
  const base = await ensureBaseImage(host);
  const [app, router] = await Promise.all([buildSampleApp(host, base), buildRouterImage(host)]);
  return { base, app, router };
}

/** Name of the base image, as the Dockerfile gives it. */
export function baseImageName(): string {
  const name = /^FROM (\S+)/m.exec(readFileSync(`${REPOSITORY}/Dockerfile`, 'utf8'))?.[1];
  if (name === undefined) throw new Error('the Dockerfile has no FROM line');
  return name;
}

/** Imports the stand-in for the base image unless the engine has one of this name; returns the name. */
export async function ensureBaseImage(host: string): Promise<string> {
  const base = baseImageName();
  if (!(await hasImage(host, base))) await importBaseImage(host, base);
  return base;
}

/** Builds the sample app on the base image. */
export async function buildSampleApp(host: string, base: string, name = 'sluice-lab/app:latest'): Promise<string> {
  await build(host, ['--build-arg', `BASE=${base}`, '-t', name, SAMPLE_APP]);
  return name;
}

/** Builds the app of the examples; the base image must be there. */
export async function buildWhoamiImage(host: string, name: string): Promise<void> {
  await build(host, ['-t', name, `${REPOSITORY}/examples/whoami`]);
}

/** Builds the router from the repository's Dockerfile; the base image must be there. */
export async function buildRouterImage(host: string, name = 'sluice-lab/router:latest'): Promise<string> {
  await build(host, ['-t', name, REPOSITORY]);
  return name;
}

/** Whether the engine has an image of this name. */
export async function hasImage(host: string, name: string): Promise<boolean> {
  return (await runCommand('docker', ['-H', host, 'images', '-q', name])).trim() !== '';
}

async function build(host: string, args: readonly string[]): Promise<void> {
  // The classic builder takes its base from the engine's own images; the newer one may insist on a registry.
  await runCommand('docker', ['-H', host, 'build', '--quiet', ...args], { env: { DOCKER_BUILDKIT: '0' } });
}
