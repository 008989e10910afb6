import { totalmem } from 'node:os';

/** Bytes this process may use: the limit of its control group (a container's `mem_limit`), at most what the machine has. */
export function memoryBound(): number {
  const ofGroup = process.constrainedMemory();
  return ofGroup > 0 ? Math.min(ofGroup, totalmem()) : totalmem();
}
