import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceRow } from '../admin/service-rows.ts';
import type { ListenAddress } from '../config/static-config.ts';
import { formatDuration, parseDuration } from '../lib/duration.ts';
import { type AdminClient, askRouter } from './admin-client.ts';
import { findService } from './find-service.ts';
import { readFlags } from './read-arguments.ts';

/** Arguments of `sluice deploy`, and those that are left for the router's own options. */
export interface DeployArguments {
  /** As it was typed. */
  readonly service: string;
  readonly timeoutMs: number;
  readonly rest: readonly string[];
}

export const DEPLOY_USAGE = 'usage: sluice deploy --wait SERVICE [--timeout 60s]\n';

const DEFAULT_TIMEOUT_MS = 60_000;
const POLL_MS = 250;
/** The router hears of a container some milliseconds after `docker compose up` is back. */
const UNKNOWN_MS = 2000;

/** Reads the arguments; a text is what is wrong with them. */
export function readDeployArguments(args: readonly string[]): DeployArguments | string {
  const read = readFlags(args, ['--wait', '--timeout']);
  if (typeof read === 'string') return read;
  const { '--wait': service, '--timeout': timeout } = read.flags;
  if (service === undefined) return '--wait is missing: the service to wait for';
  const timeoutMs = timeout === undefined ? DEFAULT_TIMEOUT_MS : parseDuration(timeout);
  if (timeoutMs === undefined) return `--timeout: "${timeout}" is no duration; write 60s or 2m`;
  return { service, timeoutMs, rest: read.rest };
}

interface Streams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/**
 * `sluice deploy --wait`: waits until every server of a service is ready, there is at least one, and no old one finishes requests any
 * more. Prints a line for each change. Exit code 0 then, 1 with the reasons when the time is over, 2 when nobody could be asked or
 * there is no such service.
 */
export async function runDeploy(
  { service, timeoutMs }: DeployArguments,
  admin: ListenAddress | undefined,
  { out, err }: Streams,
): Promise<number> {
  return askRouter('deploy', admin, { err, run: (client) => wait(client, { service, timeoutMs }, { out, err }) });
}

async function wait(
  client: AdminClient,
  { service, timeoutMs }: Pick<DeployArguments, 'service' | 'timeoutMs'>,
  { out, err }: Streams,
): Promise<number> {
  const began = performance.now();
  let known: ServiceRow | undefined;
  let told = '';
  for (;;) {
    const rows = (await client.get('/api/services', 'leaving')) as readonly ServiceRow[];
    // Once found, it is the one that is meant, whoever else appears.
    const found = findService(known?.name ?? service, rows);
    const waitedMs = performance.now() - began;
    if ('row' in found) known = found.row;
    else if (known === undefined && (found.isAmbiguous || waitedMs >= Math.min(UNKNOWN_MS, timeoutMs))) {
      err(`sluice: ${found.fault}\n`);
      return 2;
    }
    if (known !== undefined) {
      const state = 'row' in found ? judge(found.row) : GONE;
      const line = `${known.name}: ${[state.summary, ...state.reasons].join('; ')}\n`;
      if (line !== told) out(line);
      told = line;
      if (state.isDone) return 0;
      if (waitedMs >= timeoutMs) {
        const reasons = state.reasons.map((reason) => `  ${reason}\n`).join('');
        err(`${known.name} is not ready after ${formatDuration(timeoutMs)}: ${state.summary}\n${reasons}`);
        return 1;
      }
    }
    await sleep(Math.min(POLL_MS, Math.max(timeoutMs - waitedMs, 1)));
  }
}

/** How far a service is. */
export interface DeployState {
  readonly isDone: boolean;
  readonly summary: string;
  /** What is waited for, each in a few words. */
  readonly reasons: readonly string[];
}

const GONE: DeployState = { isDone: false, summary: 'no container of it is left', reasons: [] };

/** Whether a service is ready and the old servers are done. Those that were told to stop are old. */
export function judge({ servers, leaving, problems }: ServiceRow): DeployState {
  const current = servers.filter(({ state }) => state !== 'draining');
  const waiting = current.filter(({ state }) => state !== 'ready');
  const reasons = [
    ...waiting.map(({ container, state, reason }) => `${container} ${state}: ${reason}`),
    ...leaving.map(({ container, requests }) => `old ${container} finishes ${requests} ${plural(requests)}`),
  ];
  if (current.length === 0) {
    const faults = problems.map(({ message, hint }) => `${message}; ${hint}`);
    return { isDone: false, summary: 'no container of it runs', reasons: [...reasons, ...faults] };
  }
  const summary = `${current.length - waiting.length} of ${current.length} ready`;
  return { isDone: reasons.length === 0, summary, reasons };
}

function plural(count: number): string {
  return count === 1 ? 'request' : 'requests';
}
