import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { runCommand } from './lab/shell.ts';

/** A file system of a test's own; as in the lab that needs root. */
export interface SmallVolume {
  readonly path: string;
  /** Takes up all space that is left. */
  fill(): Promise<void>;
  free(): Promise<void>;
  setWritable(isWritable: boolean): Promise<void>;
}

/** Mounts an empty one of half a megabyte, which goes when the test ends. */
export async function smallVolume(): Promise<SmallVolume> {
  const path = await mkdtemp(join(tmpdir(), 'sluice-volume-'));
  await runCommand('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', path]);
  onTestFinished(async () => {
    await runCommand('umount', ['--lazy', path]);
    await rm(path, { recursive: true, force: true });
  });
  const ballast = join(path, 'ballast');
  return {
    path,
    fill: async () => {
      const full = await writeFile(ballast, Buffer.alloc(1_048_576)).catch(({ code }: NodeJS.ErrnoException) => code);
      if (full !== 'ENOSPC') throw new Error(`the volume is not full: ${full ?? 'everything was written'}`);
    },
    free: () => rm(ballast),
    setWritable: async (isWritable) => {
      await runCommand('mount', ['-o', `remount,${isWritable ? 'rw' : 'ro'}`, path]);
    },
  };
}
