import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FAILURES_HEAD } from './support/closing-line-reporter.ts';
import { forgetOldPorts } from './support/free-port.ts';
import { ensurePrograms, type LabProgram } from './support/lab/packages.ts';

/** What any test needs beside Node: installed here, because two installations at once would wait for each other in vain. */
const PROGRAMS: readonly LabProgram[] = [
  'dockerd',
  'docker',
  'iptables',
  'ip',
  'docker-compose',
  'pebble',
  'busybox',
  'varnishtest',
  'slowhttptest',
  'sslscan',
  'testssl',
  'curl',
  'nghttp',
  'h2load',
  'chromium',
];
/** Most integration tests wait for something most of their time. */
const WORKERS = Math.max(3, availableParallelism());
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CLOSING_LINE = /(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$/;

interface Outcome {
  readonly code: number;
  readonly output: string;
}

/** Runs projects of the suite; `isShown`: what it prints is shown as it comes. */
async function run(projects: readonly string[], isShown: boolean): Promise<Outcome> {
  const args = [
    'run',
    '--config',
    'test/vitest.config.ts',
    `--maxWorkers=${WORKERS}`,
    ...projects.flatMap((name) => ['--project', name]),
  ];
  // Hundreds of workers and routers are started, each from the same sources: they are compiled once.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'sluice-compile-cache') };
  const child = spawn('vitest', args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (isShown) process.stdout.write(text);
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? 1, output };
}

/** The list of failures that a run ends with, before its closing line. */
function failuresOf(output: string): string {
  const start = output.lastIndexOf(`\n${FAILURES_HEAD}\n`);
  return start < 0 ? '' : output.slice(start).replace(CLOSING_LINE, '');
}

/**
 * `npm test`: the end-to-end tests wait for engines and timers most of their time, so the others run beside them. Ends with one line
 * `N passed, N failed` over all, and with 1 when anything failed.
 */
async function main(): Promise<number> {
  await ensurePrograms(PROGRAMS);
  await forgetOldPorts();
  const endToEnd = run(['e2e'], false);
  const others = await run(['architecture', 'unit', 'integration'], true);
  const last = await endToEnd;
  process.stdout.write(last.output);
  const counts = [others, last].map(({ output }) =>
    (CLOSING_LINE.exec(output)?.slice(1) ?? []).map((n) => Number(n ?? 0)),
  );
  // A run without its closing line has died: that is a failure, whatever it counted.
  const died = counts.filter(({ length }) => length === 0).length;
  const sum = (index: number): number => counts.reduce((total, row) => total + (row[index] || 0), 0);
  const skipped = sum(2) > 0 ? `, ${sum(2)} skipped` : '';
  process.stdout.write([others, last].map(({ output }) => failuresOf(output)).join(''));
  process.stdout.write(`\n${sum(0)} passed, ${sum(1) + died} failed${skipped}\n`);
  return others.code === 0 && last.code === 0 && died === 0 ? 0 : 1;
}

process.exitCode = await main();
