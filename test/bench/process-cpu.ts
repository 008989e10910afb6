import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** User and system time of a process and its children so far, in microseconds. */
export function cpuMicros(pid: number): number {
  return family(pid).reduce((sum, member) => sum + ownCpuMicros(member), 0);
}

/** Resident memory of a process and its children, in KiB. */
export function residentKib(pid: number): number {
  return family(pid).reduce((sum, member) => {
    const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${member}/status`, 'utf8'));
    return sum + Number(match?.[1] ?? 0);
  }, 0);
}

/** nginx and HAProxy work in children of the process that was started. */
function family(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === pid)
    .map(Number);
  return [pid, ...children.flatMap(family)];
}

function statOf(pid: number | string): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command may hold blanks; what follows its closing bracket does not.
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function parentOf(pid: string): number {
  try {
    return Number(statOf(pid)[1]);
  } catch {
    return -1;
  }
}

function ownCpuMicros(pid: number): number {
  const stat = statOf(pid);
  return ((Number(stat[11]) + Number(stat[12])) / TICKS_PER_SECOND) * 1e6;
}
