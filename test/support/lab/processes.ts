import { readFileSync, readdirSync } from 'node:fs';

/** A process named so that a reused number is not mistaken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot at its start. */
  readonly startTicks: string;
}

/** Identity of a running process; `undefined` when there is none with this number. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const fields = statFields(pid);
  return fields && { pid, startTicks: fields[19] ?? '' };
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.startTicks === identity.startTicks;
}

/** Kills every process whose command line names `folder`, and all their descendants. */
export function killProcessesOf(folder: string): void {
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const doomed = new Set(pids.filter((pid) => pid !== process.pid && commandLine(pid).includes(folder)));
  const parents = new Map(pids.map((pid) => [pid, Number(statFields(pid)?.[1])]));
  for (let before = -1; before !== doomed.size;) {
    before = doomed.size;
    for (const [pid, parent] of parents) if (doomed.has(parent)) doomed.add(pid);
  }
  for (const pid of doomed) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
}

/** Whether an engine other than those named by `folder` runs on this machine. */
export function hasOtherEngine(folder: string): boolean {
  return readdirSync('/proc').some((name) => {
    const line = /^\d+$/.test(name) ? commandLine(Number(name)) : '';
    return /(^|\/)dockerd\0/.test(line) && !line.includes(folder);
  });
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Fields of /proc/PID/stat from the third on (state, parent, …); the second may hold blanks. */
function statFields(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
