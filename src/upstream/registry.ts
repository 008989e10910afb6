import type { ServerConfig } from '../config/dynamic.ts';
import type { ServerState } from '../protocol.ts';
import { type IdleConnection, Upstream } from './upstream.ts';

/** All upstreams of a worker by identity. The control plane judges their state; leases keep removed ones alive. */
export class UpstreamRegistry<C extends IdleConnection = IdleConnection> {
  private readonly byId = new Map<string, Upstream<C>>();
  /** States of servers that no snapshot has named yet: the judgement may come first. */
  private readonly states = new Map<string, ServerState>();

  /** The upstream of a server, made on first use. */
  get(config: ServerConfig): Upstream<C> {
    let upstream = this.byId.get(config.id);
    // The same container and address with another scheme is another way to speak to it (B13).
    if (upstream === undefined || upstream.config.scheme !== config.scheme) {
      upstream?.closeIdle();
      upstream = new Upstream<C>(config);
      upstream.state = this.states.get(config.id) ?? 'starting';
      this.byId.set(config.id, upstream);
    }
    return upstream;
  }

  setState(id: string, state: ServerState): void {
    this.states.set(id, state);
    const upstream = this.byId.get(id);
    if (upstream === undefined) return;
    upstream.state = state;
    if (state !== 'ready') upstream.closeIdle();
  }

  /** Drops upstreams outside `ids`. Those with requests in flight finish; nobody can lease them any more. */
  retain(ids: ReadonlySet<string>): void {
    for (const [id, upstream] of this.byId) {
      if (ids.has(id)) continue;
      upstream.state = 'down';
      upstream.closeIdle();
      this.byId.delete(id);
    }
    for (const id of this.states.keys()) if (!ids.has(id)) this.states.delete(id);
  }

  *values(): IterableIterator<Upstream<C>> {
    yield* this.byId.values();
  }
}
