import type { RouterPlace, Workload } from '../config/workload.ts';
import type { Problem } from '../config/problem.ts';

/** What a provider tells the control plane. Calls are cheap and never throw. */
export interface ProviderSink {
  /**
   * The whole truth of this provider now. An empty list is valid (everything is gone); a provider that has no answer
   * (engine unreachable) does not call this, and the last list stays.
   * `at`: performance.now() of the event that caused it, for the time to live.
   */
  workloads(
    list: readonly Workload[],
    facts: { readonly at: number; readonly place: RouterPlace; readonly problems: readonly Problem[] },
  ): void;
  /** The container was told to stop: no new request to it from now on (design section 8). */
  stopping(containerId: string): void;
  /** The container's process began (again): what was judged of its servers before is void. Told before the list. */
  started(containerId: string): void;
  /** The provider lost or regained its source. Logged once per change. */
  reachable(isReachable: boolean, detail: string): void;
}

/** A source of dynamic configuration. */
export interface Provider {
  readonly name: 'docker' | 'file';
  /** Begins watching; returns at once and never fails: an absent source is waited for. */
  start(sink: ProviderSink): void;
  stop(): Promise<void>;
}
