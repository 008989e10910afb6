import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RouterPlace, Workload } from '../config/workload.ts';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import type { Logger } from '../observe/logger.ts';
import { readKnownFile } from './read-known-file.ts';

const FILE = 'last-known-good.json';
/** Of the file's form. */
export const KNOWN_FILE_VERSION = 1;
const WRITE_EVERY_MS = 1000;
const RETRY_MS = 60_000;

/** What an engine said last, and how long ago it was written down. */
export interface KnownWorkloads {
  readonly workloads: readonly Workload[];
  readonly place: RouterPlace;
  readonly ageMs: number;
}

export interface LastKnownGoodParts {
  readonly dataDir: string;
  /** The engine's address, as configured: what another one said is of no use. */
  readonly endpoint: string;
  /** Names this run of the machine: after the next one, containers have other addresses. */
  readonly bootId: string;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly logger: Logger;
  readonly writeEveryMs?: number;
}

/**
 * The containers of the engine on disk (`last-known-good.json` in the data folder, readable by the owner only: labels may hold secrets),
 * so that a router that starts while the engine does not answer serves what runs. Never waited for and never fatal: a disk that fails
 * is one warning.
 */
export class LastKnownGood {
  private readonly parts: LastKnownGoodParts;
  private readonly path: string;
  /** What the file says, without its date. */
  private written = '';
  private wanted: { readonly workloads: readonly Workload[]; readonly place: RouterPlace } | undefined = undefined;
  private isWarned = false;
  private writing: Promise<void> | undefined = undefined;
  private endPause: (() => void) | undefined = undefined;
  private isStopping = false;

  constructor(parts: LastKnownGoodParts) {
    this.parts = parts;
    this.path = join(parts.dataDir, FILE);
  }

  /** What is in the file; undefined when there is none, it cannot be used (a warning says why), or it is of other circumstances. */
  async load(): Promise<KnownWorkloads | undefined> {
    const { logger, endpoint, bootId, now } = this.parts;
    const file = this.path;
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.warn(error, 'cannot be read');
      return undefined;
    }
    const content = readKnownFile(text, KNOWN_FILE_VERSION);
    if (typeof content === 'string') {
      // Left where it is: the engine's next list takes its place.
      logger.warn({ file, reason: content }, 'the last known containers cannot be used');
      return undefined;
    }
    const { workloads, place, savedAt } = content;
    if (content.endpoint !== endpoint || content.bootId !== bootId) {
      logger.debug({ file, endpoint: content.endpoint }, 'the last known containers are of another engine or boot');
      return undefined;
    }
    this.written = this.textOf(workloads, place);
    return { workloads, place, ageMs: Math.max(now() - savedAt, 0) };
  }

  /** Writes it down soon, at most once a second and only what differs. */
  save(workloads: readonly Workload[], place: RouterPlace): void {
    this.wanted = { workloads, place };
    this.writing ??= this.write().finally(() => {
      this.writing = undefined;
    });
  }

  /** What is still to be written is written now. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.endPause?.();
    await this.writing;
  }

  private async write(): Promise<void> {
    for (;;) {
      const { wanted } = this;
      if (wanted === undefined) return;
      this.wanted = undefined;
      // A thousand containers are a megabyte of text: written out once a second, and not with each list.
      const next = this.textOf(wanted.workloads, wanted.place);
      if (next === this.written) return;
      const isDone = await this.tryWrite(next);
      if (!isDone) this.wanted ??= wanted;
      if (!this.isStopping) await this.pause(isDone ? (this.parts.writeEveryMs ?? WRITE_EVERY_MS) : RETRY_MS);
      else if (!isDone) return;
    }
  }

  private async tryWrite(next: string): Promise<boolean> {
    try {
      await writeFileAtomic(this.path, `{"savedAt":${this.parts.now()},${next.slice(1)}\n`);
      this.written = next;
      return true;
    } catch (error) {
      this.warn(error, 'cannot be written');
      return false;
    }
  }

  private async pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    timer.unref();
    this.endPause = resolve;
    await promise;
    clearTimeout(timer);
  }

  private textOf(workloads: readonly Workload[], place: RouterPlace): string {
    const { endpoint, bootId } = this.parts;
    return JSON.stringify({ version: KNOWN_FILE_VERSION, endpoint, bootId, place, workloads });
  }

  private warn(error: unknown, what: string): void {
    if (this.isWarned) return;
    this.isWarned = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.parts.logger.warn({ file: this.path, reason }, `the last known containers: the file ${what}`);
  }
}

/** Names this run of the machine; empty where the system does not tell. */
export function readBootId(path = '/proc/sys/kernel/random/boot_id'): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
