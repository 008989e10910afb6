import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** One kind of request, sent over and over. */
export interface Workload {
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyBytes: number;
  readonly connections: number;
}

/** What a run of load saw. */
export interface LoadResult {
  readonly requests: number;
  readonly errors: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Sends a workload from core 1 for `seconds`; bounded, to loopback only. */
export async function sendLoad(url: string, workload: Workload, seconds: number): Promise<LoadResult> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-load-'));
  try {
    const script = join(folder, 'load.lua');
    await writeFile(script, luaScript(workload));
    const args = [
      '-c',
      '1',
      'wrk',
      '-t1',
      `-c${workload.connections}`,
      `-d${seconds}s`,
      '--timeout',
      '5s',
      '-s',
      script,
    ];
    const { stdout } = await run('taskset', [...args, `${url}${workload.path}`], { maxBuffer: 1 << 20 });
    const line = stdout.split('\n').find((text) => text.startsWith('RESULT '));
    if (line === undefined) throw new Error(`no result from wrk: ${stdout}`);
    const [requests, errors, micros, p50, p99] = line.slice(7).split(' ').map(Number) as [
      number,
      number,
      number,
      number,
      number,
    ];
    return { requests, errors, perSecond: (requests / micros) * 1e6, p50Ms: p50 / 1000, p99Ms: p99 / 1000 };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function luaScript({ method, headers, bodyBytes }: Workload): string {
  const lines = Object.entries(headers).map(
    ([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`,
  );
  return `wrk.method = "${method}"
${lines.join('\n')}
${bodyBytes > 0 ? `wrk.body = string.rep("x", ${bodyBytes})` : ''}
function done(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests,
    e.connect + e.read + e.write + e.status + e.timeout, summary.duration,
    latency:percentile(50), latency:percentile(99)))
end
`;
}
