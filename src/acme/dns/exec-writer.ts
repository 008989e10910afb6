import { execFile } from 'node:child_process';
import type { DnsRecordWriter } from './dns-writer.ts';

const TIMEOUT_MS = 60_000;
/** The end of what a program says goes into a log line. One that says more is ended. */
const MAX_OUTPUT_BYTES = 1 << 20;

/** Calls a program as `program present|cleanup FQDN VALUE`, with our environment. It must end by itself within a minute, with 0. */
export function createExecWriter(path: string, timeoutMs = TIMEOUT_MS): DnsRecordWriter {
  const run = (action: 'present' | 'cleanup', fqdn: string, value: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const options = { timeout: timeoutMs, maxBuffer: MAX_OUTPUT_BYTES, killSignal: 'SIGKILL' } as const;
      execFile(path, [action, fqdn, value], options, (error, stdout, stderr) => {
        if (error === null) return resolve();
        const said = (stderr.trim() || stdout.trim()).slice(-300);
        const how = describeEnd(error, timeoutMs);
        return reject(
          new Error(`${path} ${action} ${fqdn}: ${how}${said === '' ? '' : `: ${said}`}`, { cause: error }),
        );
      });
    });
  return {
    present: ({ fqdn, value }) => run('present', fqdn, value),
    cleanup: ({ fqdn, value }) => run('cleanup', fqdn, value),
  };
}

function describeEnd(error: Error & { readonly code?: unknown; readonly killed?: boolean }, timeoutMs: number): string {
  if (error.killed === true) return `did not end within ${timeoutMs / 1000} s`;
  if (error.code === 'ENOENT') return 'no such program';
  if (error.code === 'EACCES') return 'it may not be executed';
  return `ended with ${String(error.code)}`;
}
