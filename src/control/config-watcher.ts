import { buildConfig } from '../config/build-config.ts';
import type { DynamicConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/problem.ts';
import type { StaticConfig } from '../config/static-config.ts';
import type { RouterPlace, Workload } from '../config/workload.ts';
import { buildSnapshot } from '../routing/build-snapshot.ts';
import type { Snapshot, WantedCertificate } from '../routing/snapshot.ts';

/** Everything a new configuration means for the other parts. */
export interface Published {
  readonly snapshot: Snapshot;
  readonly wanted: readonly WantedCertificate[];
  readonly problems: readonly Problem[];
  /** False when workers already have an equal snapshot. */
  readonly isChanged: boolean;
}

interface Source {
  readonly config: DynamicConfig;
  readonly problems: readonly Problem[];
}

const EMPTY: Snapshot = { routers: [], services: [], transports: {} };

/** Keeps the newest configuration of each provider, merges them and compiles the snapshot (design section 3). */
export class ConfigWatcher {
  private readonly config: StaticConfig;
  private readonly sources = new Map<string, Source>();
  private snapshot: Snapshot = EMPTY;
  private text = JSON.stringify(EMPTY);

  constructor(config: StaticConfig) {
    this.config = config;
  }

  get current(): Snapshot {
    return this.snapshot;
  }

  /** Takes a provider's newest workloads. An empty list is a valid configuration. */
  update(
    provider: string,
    workloads: readonly Workload[],
    place: RouterPlace,
    problems: readonly Problem[],
  ): Published {
    const built = buildConfig(workloads, place, this.config);
    this.sources.set(provider, { config: built.config, problems: [...problems, ...built.problems] });
    const sources = [...this.sources.values()];
    const merged: DynamicConfig = {
      routers: sources.flatMap((source) => source.config.routers),
      services: sources.flatMap((source) => source.config.services),
      middlewares: sources.flatMap((source) => source.config.middlewares),
      transports: sources.flatMap((source) => source.config.transports),
    };
    const result = buildSnapshot(merged, this.config);
    const text = JSON.stringify(result.snapshot);
    const isChanged = text !== this.text;
    if (isChanged) {
      this.text = text;
      this.snapshot = result.snapshot;
    }
    return {
      snapshot: this.snapshot,
      wanted: result.wanted,
      problems: [...sources.flatMap((source) => source.problems), ...result.problems],
      isChanged,
    };
  }
}
