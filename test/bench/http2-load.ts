import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LoadResult, Workload } from './load.ts';
import { median } from './table.ts';

const run = promisify(execFile);

/**
 * Sends a workload over HTTP/2 from core 1 with h2load: for `seconds`, or as many requests as take that long at `perSecond`, so that
 * none is left on the way at the end, half served. What is no 200 counts as an error.
 */
export async function sendHttp2Load(
  url: string,
  workload: Workload,
  seconds: number,
  perSecond: number | undefined,
): Promise<LoadResult> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-load-'));
  try {
    const log = join(folder, 'log');
    const { connections, streams = 1, headers, method, body } = workload;
    const most = connections * streams;
    const count = perSecond === undefined ? undefined : Math.max(most, Math.round(perSecond * seconds));
    const args = ['-t1', `-c${connections}`, `-m${streams}`, '--log-file', log];
    args.push(...(count === undefined ? ['-D', `${seconds}`] : ['-n', `${count}`]));
    for (const [name, value] of Object.entries(headers)) args.push('-H', `${name}: ${value}`);
    if (method === 'POST') {
      const data = join(folder, 'body');
      await writeFile(data, body ?? Buffer.alloc(workload.bodyBytes, 'x'));
      args.push('-d', data);
    }
    const command = ['-c', '1', 'h2load', ...args, `${url}${workload.path}`];
    const { stdout } = await run('taskset', command, { maxBuffer: 1 << 20 });
    if (!stdout.includes('Application protocol: h2\n')) throw new Error(`not over HTTP/2: ${stdout}`);
    const lines = await readFile(log, 'utf8');
    // Large answers on a busy machine: so many at a time that none was whole yet.
    if (lines === '' && count === undefined && seconds < 8)
      return await sendHttp2Load(url, workload, seconds * 2, undefined);
    return summarise(stdout, lines, seconds, count);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A line of the log: when it began, its status, and how long it took, in microseconds. */
function summarise(stdout: string, log: string, seconds: number, count: number | undefined): LoadResult {
  const lines = log.trimEnd().split('\n');
  const delays: number[] = [];
  for (const line of lines) {
    const [, status, micros] = line.split('\t');
    if (status === '200') delays.push(Number(micros) / 1000);
  }
  const requests = delays.length;
  const reported = /(\d+) failed, (\d+) errored, (\d+) timeout/.exec(stdout);
  if (requests === 0 || reported === null) throw new Error(`no request was answered: ${stdout}`);
  const failed = reported.slice(1).reduce((sum, figure) => sum + Number(figure), 0);
  const errors = Math.max(failed, (count ?? lines.length) - requests);
  const took = /finished in ([\d.]+)(ms|us|s)/.exec(stdout);
  const unit = { s: 1, ms: 1e-3, us: 1e-6 }[took?.[2] ?? 's']!;
  const elapsed = count === undefined ? seconds : Number(took?.[1]) * unit;
  delays.sort((a, b) => a - b);
  const p99Ms = delays[Math.floor((requests - 1) * 0.99)]!;
  return { requests, errors, perSecond: requests / elapsed, p50Ms: median(delays), p99Ms, maxMs: delays.at(-1)! };
}
