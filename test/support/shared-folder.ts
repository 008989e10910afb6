import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SharedFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** A fresh folder that its owner removes: for what outlives a single test. */
export async function createSharedFolder(): Promise<SharedFolder> {
  const path = await mkdtemp(join(tmpdir(), 'sluice-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
