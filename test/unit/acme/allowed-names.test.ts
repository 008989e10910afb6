import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openAllowedNames } from '../../../src/acme/allowed-names.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('many changes at once end in a whole file with all of them', async () => {
  const dataDir = await temporaryFolder();
  const { logger } = collectLogger();
  const names = await openAllowedNames(dataDir, logger);
  await Promise.all([1, 2, 3, 4].map((n) => names.put({ name: `n${n}.example.com`, allowedAt: n })));
  await names.remove('n2.example.com');
  const again = await openAllowedNames(dataDir, logger);
  expect(again.list().map(({ name }) => name)).toEqual(['n1.example.com', 'n3.example.com', 'n4.example.com']);
});

test.for<[what: string, text: string]>([
  ['torn', '{"names":['],
  ['of another form', '[]'],
])('a file that is %s is said, and kept aside', async ([, text]) => {
  const dataDir = await temporaryFolder();
  const path = join(dataDir, 'on-demand.json');
  await writeFile(path, text);
  const { logger, lines } = collectLogger();
  const names = await openAllowedNames(dataDir, logger);
  expect([names.list(), lines.length]).toEqual([[], 1]);
  await names.put({ name: 'a.example.com', allowedAt: 1 });
  const [aside] = (await readdir(dataDir)).filter((name) => name.startsWith('on-demand.json.corrupt-'));
  expect(await readFile(join(dataDir, aside!), 'utf8')).toBe(text);
});

test('entries that are none are passed over', async () => {
  const dataDir = await temporaryFolder();
  const good = { name: 'a.example.com', allowedAt: 1 };
  const names = [good, null, 7, { name: 'no/name', allowedAt: 1 }, { name: 'b.example.com' }];
  await writeFile(join(dataDir, 'on-demand.json'), JSON.stringify({ names }));
  expect((await openAllowedNames(dataDir, collectLogger().logger)).list()).toEqual([good]);
});

test('a folder that cannot be written leaves them in memory, and is said once', async () => {
  const dataDir = await temporaryFolder();
  await mkdir(join(dataDir, 'on-demand.json'));
  const { logger, lines } = collectLogger();
  const names = await openAllowedNames(dataDir, logger);
  await names.put({ name: 'a.example.com', allowedAt: 1 });
  await names.put({ name: 'b.example.com', allowedAt: 1 });
  expect([names.list().length, lines.length]).toEqual([2, 1]);
});
