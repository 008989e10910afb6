import { createHash } from 'node:crypto';
import { DEFAULT_TRANSPORT } from '../config/default-transport.ts';
import type { ServerConfig, TransportConfig } from '../config/dynamic.ts';
import type { ServerState } from '../protocol.ts';
import { type IdleConnection, Upstream } from './upstream.ts';

interface Judgement {
  readonly state: ServerState;
  readonly since: number;
}

/** All upstreams of a worker by identity. The control plane judges their state; leases keep removed ones alive. */
export class UpstreamRegistry<C extends IdleConnection = IdleConnection> {
  /** By server, then by the way to speak to it: one server may be reached over several transports. */
  private readonly byServer = new Map<string, Map<string, Upstream<C>>>();
  /** States of servers that no snapshot has named yet: the judgement may come first. */
  private readonly states = new Map<string, Judgement>();
  /** Dropped with requests in flight. */
  private readonly dropped = new Set<Upstream<C>>();
  private readonly now: () => number;

  /** `now` in milliseconds; it never steps back. */
  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  /** The upstream of a server over a transport, made on first use. */
  get(config: ServerConfig, transport: TransportConfig = DEFAULT_TRANSPORT): Upstream<C> {
    const ways = this.byServer.getOrInsertComputed(config.id, () => new Map<string, Upstream<C>>());
    return ways.getOrInsertComputed(`${config.scheme} ${identityOf(transport)}`, () => {
      const upstream = new Upstream<C>(config, transport);
      const judgement = this.states.get(config.id);
      upstream.state = judgement?.state ?? 'starting';
      if (judgement?.state === 'ready') upstream.readySince = judgement.since;
      return upstream;
    });
  }

  setState(id: string, state: ServerState): void {
    const known = this.states.get(id);
    const since = known?.state === state ? known.since : this.now();
    this.states.set(id, { state, since });
    for (const upstream of this.byServer.get(id)?.values() ?? []) {
      if (upstream.state === 'ready' && state !== 'ready') upstream.leftReadyAt = performance.now();
      if (state !== 'ready') upstream.leave(state);
      else {
        upstream.state = state;
        upstream.readySince = since;
      }
    }
  }

  /** Drops upstreams outside `used`. Those with requests in flight finish; nobody can lease them any more. */
  retain(used: ReadonlySet<Upstream<C>>): void {
    for (const upstream of this.dropped) if (upstream.inFlight === 0) this.dropped.delete(upstream);
    for (const [id, ways] of this.byServer) {
      for (const [key, upstream] of ways) {
        if (used.has(upstream)) continue;
        upstream.isRemoved = true;
        upstream.leave('down');
        ways.delete(key);
        if (upstream.inFlight > 0) this.dropped.add(upstream);
      }
      if (ways.size === 0) this.byServer.delete(id);
    }
  }

  /** Requests in flight by server, of servers that are not ready or not even there any more. */
  get leaving(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    const known = [...this.byServer.values()].flatMap((ways) => [...ways.values()]);
    for (const { id, state, inFlight } of [...known, ...this.dropped]) {
      if (state !== 'ready' && inFlight > 0) counts[id] = (counts[id] ?? 0) + inFlight;
    }
    return counts;
  }

  /** The control plane judges the server no more. What was told is kept until then, as it may come before the snapshot. */
  forgetState(id: string): void {
    this.states.delete(id);
  }
}

const identities = new WeakMap<TransportConfig, string>();

/**
 * Connections are shared by what would make the same ones (B13), and time-outs belong to a connection as well. A digest,
 * because a list of certificates is long and many servers share it.
 */
function identityOf(transport: TransportConfig): string {
  return identities.getOrInsertComputed(transport, () => {
    const { tls, timeouts, maxIdle, disableHttp2 = false } = transport;
    const { connectMs, responseHeadMs, responseIdleMs, idleMs, silenceMs, pingMs } = timeouts;
    const parts = [
      [tls.serverName ?? null, tls.rootCAs ?? null, tls.insecureSkipVerify],
      [connectMs, responseHeadMs, responseIdleMs, idleMs, silenceMs, pingMs, maxIdle, disableHttp2],
    ];
    return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
  });
}
