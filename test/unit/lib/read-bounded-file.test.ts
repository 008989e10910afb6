import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readBoundedFile, UnfitFileError } from '../../../src/lib/read-bounded-file.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('a file up to its bound is read whole', async () => {
  const path = join(await temporaryFolder(), 'file');
  writeFileSync(path, 'x'.repeat(200_000));
  expect((await readBoundedFile(path, 200_000)).length).toBe(200_000);
  await expect(readBoundedFile(path, 199_999)).rejects.toThrow(UnfitFileError);
  // Its size is 0 before it is read.
  expect((await readBoundedFile('/proc/self/status', 1_000_000)).toString()).toContain('VmRSS');
});

test('a pipe, a device and a folder are no files, and nobody waits for them', async () => {
  const folder = await temporaryFolder();
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  for (const path of [join(folder, 'pipe'), '/dev/zero', folder]) {
    await expect(readBoundedFile(path, 1000)).rejects.toThrow('it is no file');
  }
  await expect(readBoundedFile(join(folder, 'none'), 1000)).rejects.toMatchObject({ code: 'ENOENT' });
});
