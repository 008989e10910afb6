import { DEFAULT_PAUSE_MS, MAX_PAUSE_MS } from '../admin/pause-api.ts';
import type { ListenAddress } from '../config/static-config.ts';
import { formatDuration, parseDuration } from '../lib/duration.ts';
import { askRouter } from './admin-client.ts';
import { readFlags, takeOperand } from './read-arguments.ts';

/** Arguments of `sluice pause`, and those that are left for the router's own options. */
export interface PauseArguments {
  readonly host: string;
  readonly forMs: number;
  readonly rest: readonly string[];
}

export const PAUSE_USAGE = `usage: sluice pause HOST [--for ${formatDuration(DEFAULT_PAUSE_MS)}]\n`;

/** Reads the arguments; a text is what is wrong with them. */
export function readPauseArguments(args: readonly string[]): PauseArguments | string {
  const read = readFlags(args, ['--for']);
  if (typeof read === 'string') return read;
  const { operand: host, rest } = takeOperand(read.rest);
  if (host === undefined) return 'the host is missing';
  const { '--for': duration } = read.flags;
  const forMs = duration === undefined ? DEFAULT_PAUSE_MS : parseDuration(duration);
  if (forMs === undefined || forMs === 0) return `--for: "${duration}" is no duration; write 60s or 2m`;
  if (forMs > MAX_PAUSE_MS) return `--for: a pause lasts ${formatDuration(MAX_PAUSE_MS)} at most`;
  return { host, forMs, rest };
}

/** What the router answers to a change. */
export type ChangeAnswer = { readonly services: readonly string[] } | { readonly error: string };

/**
 * `sluice pause`: requests for a host wait although its servers are ready, until the time is over or `sluice resume`. Exit code 0, 1
 * when the router does not do it, 2 when it cannot be asked.
 */
export async function runPause(
  { host, forMs }: PauseArguments,
  admin: ListenAddress | undefined,
  { out, err }: { readonly out: (text: string) => void; readonly err: (text: string) => void },
): Promise<number> {
  return askRouter('pause', admin, {
    err,
    run: async (client) => {
      const answer = (await client.post('/api/pause', { host, forMs }, 'services')) as ChangeAnswer;
      if ('error' in answer) {
        err(`sluice: ${answer.error}\n`);
        return 1;
      }
      out(`${host} is paused for ${formatDuration(forMs)}: requests for ${answer.services.join(', ')} wait\n`);
      return 0;
    },
  });
}
