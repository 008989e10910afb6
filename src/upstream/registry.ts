import type { ServerConfig } from '../config/dynamic.ts';
import type { ServerState } from '../protocol.ts';
import { type IdleConnection, Upstream } from './upstream.ts';

/** All upstreams of a worker by identity. The control plane judges their state; leases keep removed ones alive. */
export class UpstreamRegistry<C extends IdleConnection = IdleConnection> {
  private readonly byKey = new Map<string, Upstream<C>>();
  /** States of servers that no snapshot has named yet: the judgement may come first. */
  private readonly states = new Map<string, ServerState>();

  /** The upstream of a server, made on first use. */
  get(config: ServerConfig): Upstream<C> {
    return this.byKey.getOrInsertComputed(keyOf(config), () => {
      const upstream = new Upstream<C>(config);
      upstream.state = this.states.get(config.id) ?? 'starting';
      return upstream;
    });
  }

  setState(id: string, state: ServerState): void {
    this.states.set(id, state);
    for (const scheme of SCHEMES) {
      const upstream = this.byKey.get(keyOf({ id, scheme }));
      if (upstream === undefined) continue;
      upstream.state = state;
      if (state !== 'ready') upstream.closeIdle();
    }
  }

  /** Drops upstreams outside `servers`. Those with requests in flight finish; nobody can lease them any more. */
  retain(servers: readonly ServerConfig[]): void {
    const keys = new Set(servers.map(keyOf));
    for (const [key, upstream] of this.byKey) {
      if (keys.has(key)) continue;
      upstream.state = 'down';
      upstream.closeIdle();
      this.byKey.delete(key);
    }
    const ids = new Set(servers.map((server) => server.id));
    for (const id of this.states.keys()) if (!ids.has(id)) this.states.delete(id);
  }
}

const SCHEMES = ['http', 'https', 'h2c'] as const satisfies readonly ServerConfig['scheme'][];

/** The same container and address with another scheme is another way to speak to it (B13). */
function keyOf({ id, scheme }: Pick<ServerConfig, 'id' | 'scheme'>): string {
  return `${scheme} ${id}`;
}
