import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, link, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isTemporaryName, writeFileAtomic } from '../../../src/lib/atomic-file.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

test('writes the text, makes the folders, leaves nothing else behind', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'a', 'b', 'file.json');
  await writeFileAtomic(path, 'hello');
  expect(await readFile(path, 'utf8')).toBe('hello');
  expect(await readdir(join(folder, 'a', 'b'))).toEqual(['file.json']);
  expect(await mode(join(folder, 'a'))).toBe('700');
});

test('the file is for the owner only, whatever the mode of the one it replaces', async () => {
  const path = join(await temporaryFolder(), 'file');
  await writeFile(path, 'old', { mode: 0o644 });
  await chmod(path, 0o644);
  await writeFileAtomic(path, 'new');
  expect(await mode(path)).toBe('600');
});

test('the one before is kept under the second name', async () => {
  const folder = await temporaryFolder();
  const [path, previousPath] = [join(folder, 'current'), join(folder, 'previous')];
  await writeFileAtomic(path, 'one', { previousPath });
  expect(await readdir(folder)).toEqual(['current']);
  await writeFileAtomic(path, 'two', { previousPath });
  await writeFileAtomic(path, 'three', { previousPath });
  expect([await readFile(path, 'utf8'), await readFile(previousPath, 'utf8')]).toEqual(['three', 'two']);
  expect((await readdir(folder)).sort()).toEqual(['current', 'previous']);
});

test('an impossible target rejects with the system code and leaves no temporary', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'taken'));
  await writeFile(join(folder, 'taken', 'x'), '');
  await expect(writeFileAtomic(join(folder, 'taken'), 'text')).rejects.toMatchObject({ code: 'EISDIR' });
  expect(await readdir(folder)).toEqual(['taken']);
});

test('a failing backup leaves the current file as it was', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'current');
  await writeFile(path, 'old');
  await mkdir(join(folder, 'previous'));
  await writeFile(join(folder, 'previous', 'x'), '');
  await expect(writeFileAtomic(path, 'new', { previousPath: join(folder, 'previous') })).rejects.toThrow();
  expect(await readFile(path, 'utf8')).toBe('old');
  expect((await readdir(folder)).sort()).toEqual(['current', 'previous']);
});

test('a reader with the old file open keeps the old content', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'file');
  await writeFileAtomic(path, 'old');
  await link(path, join(folder, 'witness'));
  await writeFileAtomic(path, 'new');
  expect(await readFile(join(folder, 'witness'), 'utf8')).toBe('old');
});

test.for([
  ['.a.1.tmp', true],
  ['c.tmp', false],
  ['.d', false],
  ['current.json', false],
] as const)('%s is a temporary name: %s', ([name, isTemporary]) => expect(isTemporaryName(name)).toBe(isTemporary));

test('a kill in a write loop leaves a whole file', { timeout: 20_000 }, async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'file');
  const module = new URL('../../../src/lib/atomic-file.ts', import.meta.url).href;
  const script = `const { writeFileAtomic } = await import(${JSON.stringify(module)});
    for (let i = 0; ; i++) { await writeFileAtomic(${JSON.stringify(path)}, String(i).repeat(20000)); if (i === 20) console.log('busy'); }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const text = await readFile(path, 'utf8');
  const unit = text.slice(0, text.length / 20_000);
  expect(text).toBe(unit.repeat(20_000));
});
