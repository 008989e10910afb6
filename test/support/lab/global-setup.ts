import type { TestProject } from 'vitest/node';
import { startEngine, useEngine, type Engine, type PrivateEngine } from './engine.ts';
import { buildImages, type LabImages } from './images.ts';
import { ensurePrograms } from './packages.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The engine of the run: `inject('engine')`. */
    engine: Engine;
    images: LabImages;
  }
}

let started: PrivateEngine | undefined;

/**
 * Gives the end-to-end tests one engine and its images for the whole run: the engine named by
 * SLUICE_TEST_DOCKER_HOST, else a private one. What was started is also stopped when a later step fails.
 */
export async function setup(project: TestProject): Promise<void> {
  await ensurePrograms(['docker', 'docker-compose', 'pebble']);
  const named = process.env['SLUICE_TEST_DOCKER_HOST'];
  try {
    if (named === undefined) started = await startEngine();
    const { host, gateway } = started ?? (await useEngine(named!));
    project.provide('engine', { host, gateway });
    project.provide('images', await buildImages(host));
  } catch (error) {
    await teardown();
    throw error;
  }
}

export async function teardown(): Promise<void> {
  await started?.stop();
  started = undefined;
}
