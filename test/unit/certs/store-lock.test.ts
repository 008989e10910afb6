import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { takeLock } from '../../../src/certs/store-lock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

let folder: string;
let path: string;

const foreign = JSON.stringify({ pid: 1, host: 'elsewhere', instance: 'x' });

beforeEach(async () => {
  folder = join(await temporaryFolder(), 'locks');
  path = join(folder, 'a.lock');
  await mkdir(folder);
});

const MODULE = new URL('../../../src/certs/store-lock.ts', import.meta.url).href;
/** Another process that takes the lock, says whether it has it, and stays until it is killed. */
async function otherProcess(): Promise<{ readonly hasIt: boolean; kill(): Promise<void> }> {
  const program = `const { takeLock } = await import(${JSON.stringify(MODULE)});
    console.log((await takeLock(${JSON.stringify(folder)}, 'a')) !== undefined); setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  return {
    hasIt: said.trim() === 'true',
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

test('one has it until it is given back, here and in another process', async () => {
  const lock = await takeLock(folder, 'a');
  expect(await takeLock(folder, 'a')).toBeUndefined();
  expect(await takeLock(folder, 'b')).toBeDefined();
  const other = await otherProcess();
  expect(other.hasIt).toBe(false);
  await other.kill();
  await lock!.release();
  expect(await takeLock(folder, 'a')).toBeDefined();
});

test('a lock that another one has taken over is left to it', async () => {
  const lock = await takeLock(folder, 'a');
  await writeFile(path, foreign);
  await lock!.release();
  expect(await readFile(path, 'utf8')).toBe(foreign);
});

test('the lock of a process that was killed is free at once', async () => {
  const other = await otherProcess();
  expect(other.hasIt).toBe(true);
  expect(await takeLock(folder, 'a')).toBeUndefined();
  await other.kill();
  expect(await takeLock(folder, 'a')).toBeDefined();
  expect(await readdir(folder)).toEqual(['a.lock']);
});

test.for<[what: string, text: string, ageMs: number, isFree: boolean]>([
  ['of another machine, alive half a minute ago', foreign, 25_000, false],
  ['of another machine, silent for longer', foreign, 31_000, true],
  ['whose writing has begun and does not go on', '', 1000, true],
  ['whose writing has begun under another clock', '', -3_600_000, false],
  ['never written', '', 3000, true],
  ['half written by who was killed there', foreign.slice(0, 20), 3000, true],
  ['that is no lock, new', 'null', 25_000, false],
  ['that is no lock, old', 'null', 31_000, true],
  ['of the future', foreign, -3_600_000, false],
  ['of a process before us with our number', JSON.stringify({ pid: process.pid, host: hostname() }), 0, true],
  ['of a process that is alive', JSON.stringify({ pid: process.ppid, host: hostname() }), 0, false],
])('a lock %s', async ([, text, ageMs, isFree]) => {
  await writeFile(path, text);
  const at = new Date(Date.now() - ageMs);
  await utimes(path, at, at);
  expect((await takeLock(folder, 'a')) !== undefined).toBe(isFree);
});

test('a lock that is just being written is let be', async () => {
  await writeFile(path, '');
  const taken = takeLock(folder, 'a');
  await writeFile(path, JSON.stringify({ pid: process.ppid, host: hostname() }));
  expect(await taken).toBeUndefined();
});

test('of many that find a dead owner one takes over', async () => {
  await writeFile(path, foreign);
  await utimes(path, new Date(0), new Date(0));
  const taken = await Promise.all(Array.from({ length: 50 }, () => takeLock(folder, 'a')));
  expect(taken.filter((lock) => lock !== undefined)).toHaveLength(1);
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid });
});

test('a folder that cannot be written is an error', async () => {
  await expect(takeLock('/dev/null/x', 'a')).rejects.toThrow('ENOTDIR');
});
