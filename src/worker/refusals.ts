import type { Counters } from '../http/counters.ts';
import type { ConnectionRefusal, FromWorker } from '../protocol.ts';

/** Gathers refused connections and tells the control plane once a tick: a flood of them costs a number each. */
export class Refusals {
  private readonly counters: Counters;
  private readonly post: (message: FromWorker) => void;
  private readonly news = new Map<ConnectionRefusal, { count: number; address: string }>();

  constructor(counters: Counters, post: (message: FromWorker) => void) {
    this.counters = counters;
    this.post = post;
  }

  note(reason: ConnectionRefusal, address: string): void {
    this.counters.failed(reason);
    const known = this.news.get(reason);
    if (known === undefined) this.news.set(reason, { count: 1, address });
    else known.count += 1;
  }

  flush(): void {
    if (this.news.size === 0) return;
    for (const [reason, { count, address }] of this.news) this.post({ type: 'refused', reason, count, address });
    this.news.clear();
  }
}
