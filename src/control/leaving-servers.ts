import type { LeavingServer } from '../admin/admin-facts.ts';
import type { ServerConfig } from '../config/dynamic.ts';
import type { CounterReport, ServerState } from '../protocol.ts';
import type { ServiceSnapshot } from '../routing/snapshot.ts';

/** Servers that are gone and remembered: whoever has requests in flight on an older one is not told of any more. */
const MAX_GONE = 1000;

interface Known {
  readonly server: ServerConfig;
  readonly services: string[];
}

/** Which servers have requests in flight although they get no more: told to stop, or not even in the configuration any longer. */
export class LeavingServers {
  private current = new Map<string, Known>();
  private readonly gone = new Map<string, Known>();

  /** The services of the newest snapshot. */
  note(services: readonly ServiceSnapshot[]): void {
    const next = new Map<string, Known>();
    for (const { name, servers } of services) {
      for (const server of servers) {
        next.getOrInsertComputed(server.id, () => ({ server, services: [] })).services.push(name);
      }
    }
    for (const [id, known] of this.current) if (!next.has(id)) this.gone.set(id, known);
    for (const id of this.gone.keys()) if (next.has(id)) this.gone.delete(id);
    for (const id of this.gone.keys()) {
      if (this.gone.size <= MAX_GONE) break;
      this.gone.delete(id);
    }
    this.current = next;
  }

  /** Those that the workers report. A server that serves two services is one of each. */
  list(
    reports: readonly CounterReport[],
    stateOf: (server: string) => ServerState | undefined,
  ): readonly LeavingServer[] {
    const requests = new Map<string, number>();
    for (const { leaving } of reports) {
      for (const [id, count] of Object.entries(leaving)) requests.set(id, (requests.get(id) ?? 0) + count);
    }
    return [...requests].flatMap(([id, count]) => {
      const known = this.current.get(id);
      // Starting or refusing ones stay: what they have in flight is nobody's farewell.
      if (known !== undefined && stateOf(id) !== 'draining') return [];
      const { server, services } = known ?? this.gone.get(id) ?? { server: undefined, services: [] };
      if (server === undefined) return [];
      const { scheme, host, port, container } = server;
      const url = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
      const state = known === undefined ? 'gone' : 'draining';
      return services.map((service): LeavingServer => ({ service, url, container, state, requests: count }));
    });
  }
}
