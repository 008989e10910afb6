import type { DynamicConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/problem.ts';
import type { Workload } from '../config/workload.ts';
import type { IdleRouter } from './idle-routers.ts';
import type { Snapshot } from './snapshot.ts';

/** The newest configuration with everything that is known of it, for the admin address and `sluice explain`. */
export interface RoutingView {
  readonly config: DynamicConfig;
  /** What the data plane has. */
  readonly snapshot: Snapshot;
  readonly idle: readonly IdleRouter[];
  /** Names of configured routers whose last good version serves. */
  readonly kept: ReadonlySet<string>;
  readonly problems: readonly Problem[];
  readonly workloads: readonly Workload[];
}
