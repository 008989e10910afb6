import { readFileSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeDockerChains, removeLabNetwork, type LabNetwork } from './lab-network.ts';
import { hasOtherEngine, isAlive, killProcessesOf, type ProcessIdentity } from './processes.ts';
import { runCommand } from './shell.ts';

export const LAB_FOLDER_PREFIX = 'sluice-lab-';
export const LAB_RECORD = 'lab.json';

/** Written beside every private engine, so that a later run can clear it away after a crash. */
export interface LabRecord {
  readonly owner: ProcessIdentity;
  readonly network: LabNetwork;
  /** Some engine had its packet filter chains in place before ours came. */
  readonly hadChains: boolean;
}

/** Clears away engines whose owner was killed before it could do so. Engines of living owners stay. */
export async function removeLeftovers(): Promise<void> {
  const folders = readdirSync(tmpdir()).filter((name) => name.startsWith(LAB_FOLDER_PREFIX));
  for (const folder of folders.map((name) => join(tmpdir(), name))) {
    const record = readRecord(folder);
    if (record === undefined || isAlive(record.owner)) continue;
    await removeLab(folder, record);
  }
}

/** Kills what runs in the folder, unmounts, and removes network, packet filter chains and files. */
export async function removeLab(folder: string, { network, hadChains }: LabRecord): Promise<void> {
  killProcessesOf(folder);
  await unmountBelow(folder);
  await removeLabNetwork(network);
  if (!hadChains && !hasOtherEngine(folder)) await removeDockerChains();
  // A process that was just killed may hold its mount for a moment longer.
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

async function unmountBelow(folder: string): Promise<void> {
  const points = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((point) => point.startsWith(`${folder}/`));
  for (const point of points.toReversed()) await runCommand('umount', ['-l', point]).catch(() => undefined);
}

function readRecord(folder: string): LabRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, LAB_RECORD), 'utf8')) as LabRecord;
  } catch {
    return undefined;
  }
}
