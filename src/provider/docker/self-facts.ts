import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { SelfFacts } from './own-place.ts';

/** Reads what tells a process its own container. Where /proc is missing, only the host name is known. */
export function readSelfFacts(): SelfFacts {
  return { hostname: hostname(), mountinfo: readText('/proc/self/mountinfo') };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
