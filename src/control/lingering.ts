import type { Workload } from '../config/workload.ts';

/** How long a container that is gone keeps its routers: as long as requests wait for its successor by default. */
export const LINGER_MS = 15_000;

/**
 * Containers that have just left the engine's list. Tools that replace a container often remove the old one before they create the
 * new one (watchtower; `docker rm -f` and `docker run`), so for a moment nobody names the host. One that ran before stays for
 * `LINGER_MS` as a stopped one would, without servers: its routers keep their place, and requests wait for the successor.
 */
export class Lingering {
  private present: readonly Workload[] = [];
  /** Those of them that were seen running. */
  private readonly ran = new Set<string>();
  /** How many have gone so far. */
  private count = 0;
  private readonly gone = new Map<string, { readonly workload: Workload; readonly until: number }>();

  /** Takes the engine's whole list. `now` in milliseconds of a clock that never goes back. */
  take(list: readonly Workload[], now: number): readonly Workload[] {
    const ids = new Set(list.map(({ id }) => id));
    for (const workload of this.present) {
      const { id } = workload;
      if (ids.has(id) || !this.ran.delete(id)) continue;
      this.count += 1;
      this.gone.set(id, { workload: asGone(workload, this.count), until: now + LINGER_MS });
    }
    for (const { id, running } of list) if (running) this.ran.add(id);
    this.present = list;
    return this.at(now);
  }

  /** The last list, and behind it who lingers at this moment. */
  at(now: number): readonly Workload[] {
    const names = new Set(this.present.map(({ name }) => name));
    const baseNames = new Set(this.present.map(({ baseName }) => baseName));
    const ids = new Set(this.present.map(({ id }) => id));
    for (const [id, { workload, until }] of this.gone) {
      const isSucceeded = names.has(workload.name) || baseNames.has(workload.baseName) || ids.has(id);
      if (isSucceeded || until <= now) this.gone.delete(id);
    }
    return [...this.present, ...[...this.gone.values()].map(({ workload }) => workload)];
  }

  /** When the next one is to be forgotten; undefined: nobody lingers. */
  get nextEnd(): number | undefined {
    const [first] = this.gone.values();
    return first?.until;
  }
}

/**
 * It is junior to all that are there, so that no conflict is ever anybody else's. Of two that are gone the last one is senior: it is the
 * one whose visitors wait.
 */
function asGone(workload: Workload, order: number): Workload {
  const createdAt = Number.MAX_SAFE_INTEGER - order;
  return { ...workload, running: false, networks: [], createdAt, isLingering: true };
}
