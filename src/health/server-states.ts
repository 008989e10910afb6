import { connect } from 'node:net';
import type { ServerConfig } from '../config/dynamic.ts';
import type { ServerState } from '../protocol.ts';

/** When a starting server is probed, after the moment it appeared (design section 8); then every second. */
const PROBES_MS = [0, 25, 50, 100, 150, 250, 400, 600, 800, 1000];
const PROBE_EVERY_MS = 1000;
const PROBE_TIMEOUT_MS = 1000;
/** A container that was told to stop and is still there after this returns to service. */
const STOP_TIMEOUT_MS = 30_000;

interface Tracked {
  config: ServerConfig;
  state: ServerState;
  /** Why it is in that state, for people. */
  reason: string;
  /** Cancels what is scheduled for it. */
  cancel: (() => void) | undefined;
}

/** How a server is asked whether it accepts connections. Resolves false on any failure. */
export type Probe = (host: string, port: number) => Promise<boolean>;

/**
 * The control plane's judgement of every server. Docker's health decides where an image has a check; else a server is
 * `starting` until its port accepts a connection. Outlives snapshots: only what is new is probed.
 */
export class ServerStates {
  private readonly tracked = new Map<string, Tracked>();
  private readonly changed: (states: readonly (readonly [string, ServerState])[]) => void;
  private readonly probe: Probe;

  constructor(changed: (states: readonly (readonly [string, ServerState])[]) => void, probe: Probe = probeTcp) {
    this.changed = changed;
    this.probe = probe;
  }

  /** Takes the servers of a new snapshot; returns the ids that are gone. */
  reconcile(servers: readonly ServerConfig[]): readonly string[] {
    const ids = new Set(servers.map((server) => server.id));
    const gone: string[] = [];
    for (const [id, tracked] of this.tracked) {
      if (ids.has(id)) continue;
      tracked.cancel?.();
      this.tracked.delete(id);
      gone.push(id);
    }
    for (const server of servers) this.consider(server);
    return gone;
  }

  /** The container received its stop signal: no new request from now on. */
  stopping(containerId: string): void {
    for (const tracked of this.ofContainer(containerId)) {
      if (tracked.state === 'draining') continue;
      tracked.cancel?.();
      this.set(tracked, 'draining', 'its container was told to stop');
      const timer = setTimeout(() => this.begin(tracked), STOP_TIMEOUT_MS);
      tracked.cancel = () => clearTimeout(timer);
    }
  }

  /** The container's process began (again): what was judged before is void. */
  started(containerId: string): void {
    for (const tracked of this.ofContainer(containerId)) this.begin(tracked);
  }

  /** A connection to a server that was ready is refused: nobody listens there. No request until it accepts again. */
  refused(id: string): void {
    const tracked = this.tracked.get(id);
    if (tracked?.state !== 'ready') return;
    tracked.cancel?.();
    const { host, port } = tracked.config;
    this.set(tracked, 'starting', `${host}:${port} refuses connections`);
    this.probeUntilReady(tracked);
  }

  stateOf(id: string): ServerState | undefined {
    return this.tracked.get(id)?.state;
  }

  /** The state of a server and the reason for it; undefined: nobody sends to it. */
  judgementOf(id: string): { readonly state: ServerState; readonly reason: string } | undefined {
    const tracked = this.tracked.get(id);
    return tracked === undefined ? undefined : { state: tracked.state, reason: tracked.reason };
  }

  /** Every server still `starting`. */
  get unsettled(): number {
    let count = 0;
    for (const { state } of this.tracked.values()) if (state === 'starting') count += 1;
    return count;
  }

  stop(): void {
    for (const tracked of this.tracked.values()) tracked.cancel?.();
    this.tracked.clear();
  }

  private consider(server: ServerConfig): void {
    const known = this.tracked.get(server.id);
    if (known === undefined) {
      const tracked: Tracked = { config: server, state: 'down', reason: 'not judged yet', cancel: undefined };
      this.tracked.set(server.id, tracked);
      this.begin(tracked);
      return;
    }
    const hadHealth = known.config.health;
    known.config = server;
    if (known.state !== 'draining' && hadHealth !== server.health) this.begin(known);
  }

  /** Judges anew. */
  private begin(tracked: Tracked): void {
    tracked.cancel?.();
    tracked.cancel = undefined;
    const { health, host, port } = tracked.config;
    if (health === 'healthy') this.set(tracked, 'ready', 'Docker says healthy');
    else if (health === 'unhealthy') this.set(tracked, 'down', 'Docker says unhealthy');
    else if (health === 'starting') this.set(tracked, 'starting', "Docker's health check has not passed yet");
    else {
      this.set(tracked, 'starting', `nothing accepts connections at ${host}:${port} yet`);
      this.probeUntilReady(tracked);
    }
  }

  private probeUntilReady(tracked: Tracked): void {
    const { host, port } = tracked.config;
    let isCancelled = false;
    let timer: NodeJS.Timeout | undefined;
    const attempt = async (index: number): Promise<void> => {
      const accepts = await this.probe(host, port);
      if (isCancelled) return;
      if (accepts) {
        tracked.cancel = undefined;
        this.set(tracked, 'ready', `${host}:${port} accepts connections`);
        return;
      }
      const next = index + 1;
      const waitMs = next < PROBES_MS.length ? PROBES_MS[next]! - PROBES_MS[index]! : PROBE_EVERY_MS;
      timer = setTimeout(() => void attempt(next), waitMs);
    };
    tracked.cancel = () => {
      isCancelled = true;
      clearTimeout(timer);
    };
    void attempt(0);
  }

  private ofContainer(containerId: string): Tracked[] {
    return [...this.tracked.values()].filter((tracked) => tracked.config.id.startsWith(`${containerId}/`));
  }

  private set(tracked: Tracked, state: ServerState, reason: string): void {
    tracked.reason = reason;
    if (tracked.state === state) return;
    tracked.state = state;
    this.changed([[tracked.config.id, state]]);
  }
}

/** Whether a TCP connection to the port is accepted. */
export function probeTcp(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PROBE_TIMEOUT_MS });
    const done = (accepts: boolean): void => {
      socket.destroy();
      resolve(accepts);
    };
    socket.once('connect', () => done(true));
    socket.once('timeout', () => done(false));
    socket.once('error', () => done(false));
  });
}
