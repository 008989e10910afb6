import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sendHttp2Load } from './http2-load.ts';

const run = promisify(execFile);

/** One kind of request, sent over and over. */
export interface Workload {
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyBytes: number;
  readonly connections: number;
  /** Over HTTP/2, with so many requests at a time on each connection. */
  readonly streams?: number;
  /** In place of `bodyBytes` of anything; over HTTP/2 only. */
  readonly body?: Buffer;
  /** Sent to so many hosts and paths in turn: `%d` in them counts up. */
  readonly rotate?: { readonly count: number; readonly host: string; readonly path: string };
}

/** What a run of load saw. */
export interface LoadResult {
  readonly requests: number;
  readonly errors: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Sends a workload from core 1 for `seconds`; bounded, to loopback only. `perSecond`: what an earlier run saw. */
export async function sendLoad(
  url: string,
  workload: Workload,
  seconds: number,
  perSecond?: number,
): Promise<LoadResult> {
  if (workload.streams !== undefined) return sendHttp2Load(url, workload, seconds, perSecond);
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
    const [requests = 0, errors = 0, micros = 0, p50 = 0, p99 = 0, max = 0] = line.slice(7).split(' ').map(Number);
    const perSecond = (requests / micros) * 1e6;
    return { requests, errors, perSecond, p50Ms: p50 / 1000, p99Ms: p99 / 1000, maxMs: max / 1000 };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function luaScript({ method, headers, bodyBytes, rotate }: Workload): string {
  const lines = Object.entries(headers).map(
    ([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`,
  );
  return `wrk.method = "${method}"
${lines.join('\n')}
${rotate === undefined ? '' : rotation(rotate)}
${bodyBytes > 0 ? `wrk.body = string.rep("x", ${bodyBytes})` : ''}
function done(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d\\n", summary.requests,
    e.connect + e.read + e.write + e.status + e.timeout, summary.duration,
    latency:percentile(50), latency:percentile(99), latency.max))
end
`;
}

/** Requests are made before the clock starts. */
function rotation({ count, host, path }: NonNullable<Workload['rotate']>): string {
  return `local requests, at = {}, 0
function init()
  for i = 0, ${count} - 1 do
    requests[i] = wrk.format(nil, string.format(${JSON.stringify(path)}, i), { Host = string.format(${JSON.stringify(host)}, i) })
  end
end
function request()
  at = (at + 7) % ${count}
  return requests[at]
end`;
}
