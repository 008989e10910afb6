import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { LastKnownGood, type LastKnownGoodParts, readBootId } from '../../../src/control/last-known-good.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { workload } from '../../support/workloads.ts';

const FILE = 'last-known-good.json';
const place = { networks: ['edge'] };
const web = workload({
  name: 'web',
  labels: { 'sluice.host': 'a.test' },
  bindings: [{ port: 80, address: '::1', hostPort: 8080 }],
});
const other = workload({ name: 'other' });

let dataDir: string;
let now: number;
let log: ReturnType<typeof collectLogger>;

beforeEach(async () => {
  dataDir = join(await temporaryFolder(), 'data');
  now = 1_000_000;
  log = collectLogger();
});

function open(changes: Partial<LastKnownGoodParts> = {}): LastKnownGood {
  const parts = { dataDir, endpoint: 'unix:///a.sock', bootId: 'b1', now: () => now, logger: log.logger };
  return new LastKnownGood({ ...parts, ...changes });
}

async function saved(): Promise<void> {
  const memory = open();
  memory.save([web], place);
  await memory.stop();
}

const content = async () => JSON.parse(await readFile(join(dataDir, FILE), 'utf8')) as Record<string, unknown>;
const until = (isTrue: () => Promise<void>) => vi.waitFor(isTrue, { timeout: 5000, interval: 5 });

describe('what was saved', () => {
  test('is read by the next process, with its age', async () => {
    await saved();
    now += 5000;
    expect(await open().load()).toEqual({ workloads: [web], place, ageMs: 5000 });
    expect(log.lines).toEqual([]);
  });

  test('a router on the host stays one', async () => {
    const memory = open();
    memory.save([], { networks: undefined });
    await memory.stop();
    expect((await open().load())?.place.networks).toBeUndefined();
  });

  test('is for the owner only, and nothing else lies beside it', async () => {
    await saved();
    expect((await stat(join(dataDir, FILE))).mode & 0o777).toBe(0o600);
    expect(await readdir(dataDir)).toEqual([FILE]);
  });

  test.for([
    ['another engine', { endpoint: 'tcp://10.0.0.1:2375' }],
    ['before the machine was started anew: addresses are others now', { bootId: 'b2' }],
  ] as const)('%s: is not used, and that is no fault', async ([, changes]) => {
    await saved();
    expect(await open(changes).load()).toBeUndefined();
    expect(log.lines.filter(({ level }) => level !== 'debug')).toEqual([]);
  });

  test('nothing saved yet is no fault', async () => {
    expect(await open().load()).toBeUndefined();
    expect(log.lines).toEqual([]);
  });
});

describe('a file that cannot be used is one warning with its name, and is overwritten by the next list', () => {
  const changed = async (change: (content: Record<string, unknown>) => unknown) =>
    JSON.stringify(change(await content()));
  const ofWorkload = (change: object) => () =>
    changed((whole) => ({ ...whole, workloads: [{ ...(whole['workloads'] as object[])[0], ...change }] }));

  test.for<readonly [string, () => Promise<string>, RegExp]>([
    ['empty', async () => '', /no JSON/],
    ['cut short', async () => (await readFile(join(dataDir, FILE), 'utf8')).slice(0, 200), /no JSON/],
    ['a list', async () => '[]', /no object/],
    ['of another version', () => changed((whole) => ({ ...whole, version: 99 })), /version 99/],
    ['of no version', () => changed((whole) => ({ ...whole, version: undefined })), /version undefined/],
    ['without a date', () => changed((whole) => ({ ...whole, savedAt: undefined })), /not what/],
    ['of no place', () => changed((whole) => ({ ...whole, place: { networks: [1] } })), /not what/],
    ['without containers', () => changed((whole) => ({ ...whole, workloads: {} })), /not what/],
    ['with an empty container', () => changed((whole) => ({ ...whole, workloads: [null] })), /not what/],
    ['with another provider', ofWorkload({ provider: 'file' }), /not what/],
    ['with labels of numbers', ofWorkload({ labels: { a: 1 } }), /not what/],
    ['with a strange health', ofWorkload({ health: 'fine' }), /not what/],
    ['with a strange port', ofWorkload({ ports: ['80'] }), /not what/],
    ['with a strange network', ofWorkload({ networks: [{ network: 'a' }] }), /not what/],
    ['with a strange binding', ofWorkload({ bindings: [{}] }), /not what/],
  ])('%s', async ([, make, reason]) => {
    await saved();
    await writeFile(join(dataDir, FILE), await make());
    const memory = open();
    expect(await memory.load()).toBeUndefined();
    const file = join(dataDir, FILE);
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { file, reason: expect.stringMatching(reason) } }]);
    memory.save([web], place);
    await memory.stop();
    expect((await open().load())?.workloads).toEqual([web]);
  });

  test('a folder in its place', async () => {
    await mkdir(join(dataDir, FILE), { recursive: true });
    const memory = open();
    expect(await memory.load()).toBeUndefined();
    memory.save([web], place);
    memory.save([other], place);
    await memory.stop();
    expect(log.lines.map(({ level }) => level)).toEqual(['warn']);
  });
});

describe('writing', () => {
  test('is done once for what comes at once, and the last word counts', async () => {
    const memory = open({ writeEveryMs: 30_000 });
    memory.save([web], place);
    await until(async () => expect((await content())['workloads']).toEqual([web]));
    memory.save([other], place);
    memory.save([web, other], place);
    // The second is still to come, and is not waited for.
    expect((await content())['workloads']).toEqual([web]);
    await memory.stop();
    expect((await content())['workloads']).toEqual([web, other]);
  });

  test('goes on by itself after its pause', async () => {
    const memory = open({ writeEveryMs: 10 });
    memory.save([web], place);
    await until(async () => expect((await content())['workloads']).toEqual([web]));
    memory.save([other], place);
    await until(async () => expect((await content())['workloads']).toEqual([other]));
    await memory.stop();
  });

  test('what is in the file already is not written again', async () => {
    await saved();
    const before = await stat(join(dataDir, FILE));
    const memory = open();
    await memory.load();
    now += 10_000;
    memory.save([web], place);
    await memory.stop();
    expect((await stat(join(dataDir, FILE))).ino).toBe(before.ino);
  });

  test('on a disk that fails is one warning and never more, and a stop does not wait', async () => {
    await mkdir(join(dataDir, '..'), { recursive: true });
    await writeFile(dataDir, 'no folder');
    const memory = open({ writeEveryMs: 5 });
    memory.save([web], place);
    await until(async () => expect(log.lines).toHaveLength(1));
    memory.save([other], place);
    await memory.stop();
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { file: join(dataDir, FILE) } }]);
  });
});

test('a system that does not name its boots has one name', () => {
  expect(readBootId('/nowhere/boot_id')).toBe('');
});
