import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NameIndex } from '../../../src/certs/name-index.ts';
import { startCaLab, type CaLab, type LabRun } from '../../support/ca-lab.ts';
import { eventually } from '../../support/certificate-bench.ts';
import { type SmallVolume, smallVolume } from '../../support/small-volume.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

let lab: CaLab;

beforeAll(async () => {
  lab = await startCaLab();
});
afterAll(() => lab.stop());

/** The certificate that a worker presents for a name at the time of the run's clock. */
function served(run: LabRun, name: string): string | undefined {
  const found = new NameIndex(run.manager.certificates()).find(name, run.clock.now());
  return found?.source === 'acme' ? found.id : undefined;
}

function obtained(run: LabRun, name: string, before?: string): Promise<string> {
  return eventually(() => {
    const id = served(run, name);
    expect(id).toBeDefined();
    expect(id).not.toBe(before);
    return id!;
  });
}

const orders = (): number => lab.proxy.count('/order-plz');

/** Everything about the first certificate is written. */
async function settled(run: LabRun): Promise<void> {
  await eventually(() => expect(run.events('cert.obtained').length).toBeGreaterThan(0));
}

describe.each<[string, string, (volume: SmallVolume) => Promise<void>, (volume: SmallVolume) => Promise<void>]>([
  ['full', 'ENOSPC', (volume) => volume.fill(), (volume) => volume.free()],
  ['read-only', 'EROFS', (volume) => volume.setWritable(false), (volume) => volume.setWritable(true)],
])('a volume that is %s', (_, code, begin, end) => {
  test('the old certificate serves, no order is wasted, and renewals go on after it', async () => {
    const volume = await smallVolume();
    const name = `${code.toLowerCase()}.test`;
    const run = await lab.run([name], { dataDir: volume.path });
    const first = await obtained(run, name);
    await settled(run);
    await begin(volume);
    const before = orders();
    await run.manager.renewNow([name]);
    const failed = { failures: 1, lastError: { detail: expect.stringContaining(code), hint: expect.any(String) } };
    await eventually(() => expect(run.status(name)).toMatchObject(failed));
    expect([served(run, name), orders() - before]).toEqual([first, 0]);
    // The failure is known a moment before it could not be written.
    const fault = { code: 'store_unwritable', hint: expect.any(String) };
    await eventually(() => expect(run.manager.storeFault()).toMatchObject(fault));
    // After a restart as well.
    await run.manager.stop();
    const again = await lab.run([name], { dataDir: volume.path });
    expect(served(again, name)).toBe(first);
    await end(volume);
    again.clock.advance(61 * DAY);
    const next = await obtained(again, name, first);
    await eventually(() =>
      expect(again.status(name)).toMatchObject({ state: 'ok', failures: 0, lastError: undefined }),
    );
    await eventually(() => expect(readFileSync(currentFile(volume.path), 'utf8')).toContain(next));
    await eventually(() => expect(again.manager.storeFault()).toBeUndefined());
  }, 40_000);
});

/** A volume that has one certificate. */
function currentFile(dataDir: string): string {
  const [file] = globSync('acme/ca/*/certs/*/current.json', { cwd: dataDir });
  return join(dataDir, file!);
}

describe('a file that is damaged', () => {
  test.for([
    ['cut off', (text: string) => text.slice(0, text.length / 2)],
    ['empty', () => ''],
    ['of zeros', (text: string) => '\0'.repeat(text.length)],
    ['with another key', (text: string) => text.replace(/(PRIVATE KEY-----\\n\w{30})\w{8}/, '$1AAAAAAAA')],
    [
      'with a certificate that is broken',
      (text: string) => text.replace(/(BEGIN CERTIFICATE-----\\n)\w{8}/, '$1AAAAAAAA'),
    ],
  ] as const)('%s: the certificate before it serves at once, and what is damaged is kept aside', async ([, damage]) => {
    const dataDir = await temporaryFolder();
    const run = await lab.run(['damaged.test'], { dataDir });
    const first = await obtained(run, 'damaged.test');
    await settled(run);
    await run.manager.renewNow(['damaged.test']);
    await obtained(run, 'damaged.test', first);
    await eventually(() => expect(run.events('cert.obtained')).toHaveLength(2));
    await run.manager.stop();
    const file = currentFile(dataDir);
    const text = readFileSync(file, 'utf8');
    expect(damage(text)).not.toBe(text);
    writeFileSync(file, damage(text));
    const again = await lab.run(['damaged.test'], { dataDir });
    expect(served(again, 'damaged.test')).toBe(first);
    expect(globSync('acme/ca/*/certs/*/current.json.corrupt-*', { cwd: dataDir })).toHaveLength(1);
    expect(again.lines.filter(({ message }) => message === 'certificate store file damaged')).toHaveLength(1);
  });
});

describe('a clock that is set', () => {
  test.for<[what: string, step: number, state: string]>([
    ['a day back', -DAY, 'ok'],
    ['a hundred days ahead', 100 * DAY, 'failed'],
  ])(
    '%s: the certificate serves, its state is told, and all is well when the clock is',
    { timeout: 40_000 },
    async ([, step, state]) => {
      const name = `clock${step > 0 ? 'ahead' : 'back'}.test`;
      const run = await lab.run([name]);
      const first = await obtained(run, name);
      await settled(run);
      const before = orders();
      run.clock.advance(step);
      await eventually(() => expect(run.status(name)?.state).toBe(state));
      expect(served(run, name)).toBe(first);
      run.clock.advance(10 * MINUTE);
      await eventually(() => expect(run.status(name)?.state).toBe(state));
      // What it orders under a wrong clock is no burst.
      expect(orders() - before).toBeLessThanOrEqual(1);
      run.clock.advance(-step);
      await eventually(() => expect(run.status(name)?.state).toBe('ok'));
      expect(served(run, name)).toBe(first);
      run.clock.advance(62 * DAY);
      await obtained(run, name, first);
      expect(run.status(name)).toMatchObject({ state: 'ok', failures: 0, lastError: undefined });
    },
  );

  test('back: a store that could not be read is tried again within a minute all the same', async () => {
    const dataDir = await temporaryFolder();
    const run = await lab.run(['tried.test'], { dataDir });
    const first = await obtained(run, 'tried.test');
    await settled(run);
    await run.manager.stop();
    const version = join(dataDir, 'acme/version');
    writeFileSync(version, '2');
    const again = await lab.run(['tried.test'], { dataDir });
    expect(again.manager.storeFault()).toMatchObject({ code: 'store_version' });
    again.clock.advance(-DAY);
    writeFileSync(version, '1');
    again.clock.advance(MINUTE + 1000);
    await eventually(() => expect(served(again, 'tried.test')).toBe(first));
    expect(again.manager.storeFault()).toBeUndefined();
  });
});
