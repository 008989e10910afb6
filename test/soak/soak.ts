import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Tests that count what is lost; in `npm test` with short counts, here with full ones. */
const FILES = [
  'redeploy',
  'killed-server',
  'neighbours',
  'long-hold',
  'engine-under-load',
  'killed-while-ordering',
  'short-lives',
  'renewal-told-by-ca',
  'certificates-on-demand',
  'waiting-orders',
  'fault-storm',
  'many-certificates',
];
const PROJECTS = ['e2e', 'integration'];
const LONGEST_TEST_MS = 1_800_000;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** `npm run soak [FILE…]`: runs them all, or those named, and prints a row for each. Ends with the code of the tests. */
async function main(files: readonly string[]): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-soak-'));
  const table = join(folder, 'table.jsonl');
  try {
    const projects = PROJECTS.flatMap((name) => ['--project', name]);
    const oneByOne = ['--no-file-parallelism', `--testTimeout=${LONGEST_TEST_MS}`];
    const args = ['run', '--config', 'test/vitest.config.ts', ...projects, ...oneByOne];
    const child = spawn('vitest', [...args, ...files], {
      cwd: ROOT,
      stdio: 'inherit',
      env: { ...process.env, SLUICE_SOAK: '1', SLUICE_SOAK_TABLE: table },
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    const lines = (await readFile(table, 'utf8').catch(() => '')).split('\n').filter(Boolean);
    for (const line of lines) {
      const { what, ...figures } = JSON.parse(line) as Record<string, unknown>;
      const text = Object.entries(figures).map(([name, value]) => `${name} ${String(value)}`);
      console.log(`${String(what)}: ${text.join(', ')}`);
    }
    return code ?? 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const named = process.argv.slice(2);
process.exitCode = await main(named.length === 0 ? FILES : named);
