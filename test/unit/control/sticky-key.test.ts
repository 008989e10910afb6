import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStickyKey } from '../../../src/control/sticky-key.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('it is made once, for nobody else to read, and kept', async () => {
  const folder = join(await temporaryFolder(), 'data');
  const { logger, lines } = collectLogger();
  const key = await openStickyKey(folder, logger);
  expect([key.length, (await stat(join(folder, 'sticky.key'))).mode & 0o777]).toEqual([32, 0o600]);
  expect(Buffer.from(await openStickyKey(folder, logger))).toEqual(Buffer.from(key));
  expect(lines).toEqual([]);
});

test('each folder has its own', async () => {
  const { logger } = collectLogger();
  const keys = [
    await openStickyKey(await temporaryFolder(), logger),
    await openStickyKey(await temporaryFolder(), logger),
  ];
  expect(Buffer.from(keys[0]!)).not.toEqual(Buffer.from(keys[1]!));
});

test.for([
  ['is no key', async (path: string) => writeFile(path, 'abc\n')],
  ['is a folder', async (path: string) => mkdir(path)],
  ['cannot be made', async (path: string) => writeFile(join(path, '..', '..', 'blocked'), '')],
] as const)('a file that %s: a key for this run and one warning', async ([what, spoil]) => {
  const parent = await temporaryFolder();
  const folder = join(parent, what === 'cannot be made' ? 'blocked' : 'data');
  if (what !== 'cannot be made') await mkdir(folder);
  await spoil(join(folder, 'sticky.key'));
  const { logger, lines } = collectLogger();
  const keys = [await openStickyKey(folder, logger), await openStickyKey(folder, logger)];
  expect(lines.map(({ level }) => level)).toEqual(['warn', 'warn']);
  expect(keys.map(({ length }) => length)).toEqual([32, 32]);
  expect(Buffer.from(keys[0]!)).not.toEqual(Buffer.from(keys[1]!));
  // What is there may be somebody's: it stays.
  if (what === 'is no key') expect(await readFile(join(folder, 'sticky.key'), 'latin1')).toBe('abc\n');
});
