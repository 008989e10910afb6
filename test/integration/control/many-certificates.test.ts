import { expect, test } from 'vitest';
import { fillStore, manyName } from '../../support/fill-store.ts';
import { handshake } from '../../support/handshake.ts';
import { type RouterProcess, startRouter } from '../../support/router-process.ts';
import { count, noteRow } from '../../support/soak.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const CERTIFICATES = count(2500, 10_000);
const IN_USE = 500;
const MIB = 1_048_576;
/** Nobody answers there, and nobody is asked. */
const DIRECTORY = 'https://127.0.0.1:1/dir';
/** Generous: how fast it is belongs to the benchmarks, on a machine that does nothing else. */
const START_MS = 30_000;
/** 96 to 98 were measured. Most of it are the contexts of those in use: 40 KiB each in each of two workers. */
const EXTRA_MIB = 105;

/** Every name that is in use is asked for so often that both workers have it. Returns how many were served as they should be. */
async function useNames({ https }: RouterProcess): Promise<number> {
  const step = CERTIFICATES / IN_USE;
  const names = Array.from({ length: IN_USE }, (_, index) => manyName(index * step));
  let right = 0;
  for (let round = 0; round < 4; round++) {
    const left = [...names];
    const next = async (): Promise<void> => {
      for (let name = left.pop(); name !== undefined; name = left.pop()) {
        if ((await handshake({ at: https, name })).names === `DNS:${name}`) right += 1;
      }
    };
    await Promise.all(Array.from({ length: 8 }, next));
  }
  return right;
}

async function measure(
  dataDir: string,
): Promise<{ readonly right: number; readonly bytes: number; readonly ms: number }> {
  await using router = await startRouter({ dataDir, docker: 'off', acme: ['--acme-ca', DIRECTORY] });
  const { ms } = await router.logged('listening');
  const right = await useNames(router);
  return { right, bytes: router.residentBytes(), ms: Number(ms) };
}

test(
  'thousands of certificates, of which five hundred are in use, cost little memory',
  { timeout: 240_000 },
  async () => {
    const empty = await measure(await temporaryFolder());
    expect(empty.right).toBe(0);
    const dataDir = await temporaryFolder();
    await fillStore(dataDir, DIRECTORY, CERTIFICATES);
    const full = await measure(dataDir);
    expect(full.right).toBe(4 * IN_USE);
    const extra = Math.round((full.bytes - empty.bytes) / MIB);
    noteRow(`${CERTIFICATES} certificates`, { 'ms to serving': full.ms, 'MiB more than none': extra });
    expect(extra).toBeLessThanOrEqual(EXTRA_MIB);
    expect(full.ms).toBeLessThan(START_MS);
  },
);
