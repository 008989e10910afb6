import { DEFAULT_TRANSPORT } from '../config/default-transport.ts';
import type { ServerConfig, TransportConfig } from '../config/dynamic.ts';
import type { SharedCounter } from '../lib/shared-counts.ts';
import type { ServerState } from '../protocol.ts';
import { Outcomes } from './outcomes.ts';
import { ResponseTime } from './response-time.ts';

/** A connection that may wait in a pool; what protocol it speaks is its own business. */
export interface IdleConnection {
  /** Closes it while it is idle. */
  close(): void;
}

/** Hears that a server takes no new request. */
export interface LeaveListener {
  onServerLeft(): void;
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
  /** No snapshot names it any more. */
  isRemoved = false;
  /** When it became `ready` the last time, in milliseconds of the registry's clock. */
  readySince = -Infinity;
  /** When it was last taken out of service, in milliseconds of `performance.now`. */
  leftReadyAt = -Infinity;
  /** Requests that hold a lease, in this worker. */
  inFlight = 0;
  /** Time to the first byte, where some service chooses by it. */
  readonly responseTime = new ResponseTime();
  /** What became of its requests, where some service ejects servers that fail. */
  readonly outcomes = new Outcomes();
  private shared: SharedCounter | undefined = undefined;
  private readonly idle: C[] = [];
  private readonly listeners = new Set<LeaveListener>();

  constructor(config: ServerConfig, transport: TransportConfig = DEFAULT_TRANSPORT) {
    this.id = config.id;
    this.config = config;
    this.transport = transport;
    const host = config.host.includes(':') ? `[${config.host}]` : config.host;
    this.authority = `${host}:${config.port}`;
  }

  /** Requests that hold a lease: in all workers once somebody asked to share the count, else in this one. */
  get load(): number {
    return this.shared === undefined ? this.inFlight : this.shared.sum();
  }

  /** From here on its leases are counted beside those of the other workers. A later call changes nothing. */
  shareLoad(counter: SharedCounter): void {
    if (this.shared !== undefined) return;
    this.shared = counter;
    counter.add(this.inFlight);
  }

  /** Counts a lease that begins (1) or ends (-1). */
  countLease(by: 1 | -1): void {
    this.inFlight += by;
    this.shared?.add(by);
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

  /** From here on the listener hears when the server is taken out of service, until `unlisten`. */
  listen(listener: LeaveListener): void {
    this.listeners.add(listener);
  }

  unlisten(listener: LeaveListener): void {
    this.listeners.delete(listener);
  }

  /** Closes what is idle, so that no request is written into a closing socket (design section 8). */
  closeIdle(): void {
    for (const connection of this.idle.splice(0)) connection.close();
  }

  /** Takes the server out of service. */
  leave(state: ServerState): void {
    this.state = state;
    this.closeIdle();
    for (const listener of [...this.listeners]) listener.onServerLeft();
  }
}
