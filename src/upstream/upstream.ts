import { DEFAULT_TRANSPORT } from '../config/default-transport.ts';
import type { ServerConfig, TransportConfig } from '../config/dynamic.ts';
import type { ServerState } from '../protocol.ts';

/** A connection that may wait in a pool; what protocol it speaks is its own business. */
export interface IdleConnection {
  /** Closes it while it is idle. */
  close(): void;
}

/**
 * The live counterpart of a configured server: state, requests in flight, idle connections. Outlives snapshots (design
 * section 3) and is keyed by container, address and transport, so a reload that changes none of them neither resets nor
 * rebuilds it.
 */
export class Upstream<C extends IdleConnection = IdleConnection> {
  readonly id: string;
  readonly config: ServerConfig;
  readonly transport: TransportConfig;
  /** `host:port`, the authority when the client's Host is not passed on. */
  readonly authority: string;
  state: ServerState = 'starting';
  /** When it was last taken out of service, in milliseconds of `performance.now`. */
  leftReadyAt = -Infinity;
  /** Requests that hold a lease, in this worker. */
  inFlight = 0;
  private readonly idle: C[] = [];

  constructor(config: ServerConfig, transport: TransportConfig = DEFAULT_TRANSPORT) {
    this.id = config.id;
    this.config = config;
    this.transport = transport;
    const host = config.host.includes(':') ? `[${config.host}]` : config.host;
    this.authority = `${host}:${config.port}`;
  }

  get idleCount(): number {
    return this.idle.length;
  }

  /** Takes the most recently used idle connection: the one least likely to be closed by its server (section 7, B). */
  take(): C | undefined {
    return this.idle.pop();
  }

  /** Offers a connection back. False when it must be closed instead: the pool is full or the server is leaving. */
  put(connection: C): boolean {
    if (this.state !== 'ready' || this.idle.length >= this.transport.maxIdle) return false;
    this.idle.push(connection);
    return true;
  }

  /** Forgets a connection that died while idle. */
  remove(connection: C): void {
    const index = this.idle.lastIndexOf(connection);
    if (index >= 0) this.idle.splice(index, 1);
  }

  /** Closes what is idle, so that no request is written into a closing socket (design section 8). */
  closeIdle(): void {
    for (const connection of this.idle.splice(0)) connection.close();
  }
}
