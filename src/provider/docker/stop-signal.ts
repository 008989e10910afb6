import { constants } from 'node:os';
import type { DockerApi } from './docker-api.ts';

/** Longer than this the answer comes too late. */
const INSPECT_MS = 1000;
/** What counts where the engine does not say what stops a container: QUIT, INT. */
const USUAL = new Set([3, 2]);
const FIRST_REALTIME = 34;
const LAST_REALTIME = 64;

/** The number of a signal in the engine's words: `SIGQUIT`, `quit`, `3`, `SIGRTMIN+3`. Undefined: it is none. */
export function signalNumber(text: string): number | undefined {
  const name = text.trim().toUpperCase().replace(/^SIG/, '');
  if (/^\d{1,2}$/.test(name)) return Number(name);
  const [, base, sign, steps = '0'] = /^RT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(name) ?? [];
  if (base !== undefined) return (base === 'MIN' ? FIRST_REALTIME : LAST_REALTIME) + Number(`${sign ?? '+'}${steps}`);
  return (constants.signals as Readonly<Record<string, number | undefined>>)[`SIG${name}`];
}

/** Whether a signal other than TERM and KILL is the one that stops the container: its image may say so (httpd: WINCH, nginx: QUIT). */
export async function isStopSignal(api: DockerApi, containerId: string, signal: string): Promise<boolean> {
  const sent = signalNumber(signal);
  if (sent === undefined) return false;
  try {
    const stops = await api.stopSignal(containerId, AbortSignal.timeout(INSPECT_MS));
    return stops !== undefined && signalNumber(stops) === sent;
  } catch {
    // Not allowed to ask, or no answer in time.
    return USUAL.has(sent);
  }
}
