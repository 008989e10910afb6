import type { CounterReport, MirrorCounters, RouterCounters } from '../protocol.ts';
import type { FailureReason } from './failure.ts';

/** A worker's counters. Router rows are kept by name, so they outlive reloads; a removed router's row goes with it. */
export class Counters {
  connections = 0;
  requests = 0;
  inFlight = 0;
  readonly mirrors: MirrorCounters = { mirror_sent: 0, mirror_failed: 0, mirror_dropped: 0 };
  private readonly routers = new Map<string, RouterCounters>();
  private readonly reasons = new Map<FailureReason, number>();

  router(name: string): RouterCounters {
    let row = this.routers.get(name);
    if (row === undefined) {
      row = { requests: 0, status: [0, 0, 0, 0, 0, 0] };
      this.routers.set(name, row);
    }
    return row;
  }

  /** Forgets routers outside `names`; called after the swap, never before. */
  retain(names: ReadonlySet<string>): void {
    for (const name of this.routers.keys()) if (!names.has(name)) this.routers.delete(name);
  }

  failed(reason: FailureReason): void {
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
  }

  report(): Omit<CounterReport, 'leaving'> {
    return {
      connections: this.connections,
      requests: this.requests,
      inFlight: this.inFlight,
      routers: Object.fromEntries(this.routers),
      reasons: Object.fromEntries(this.reasons),
      mirrors: this.mirrors,
    };
  }
}
