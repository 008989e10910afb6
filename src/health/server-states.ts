import { DEFAULT_TRANSPORT } from '../config/default-transport.ts';
import type { ServerConfig, TransportTls } from '../config/dynamic.ts';
import { plainServerId } from '../config/server-id.ts';
import type { ServerState } from '../protocol.ts';
import { createChecker } from './create-checker.ts';
import { JudgedServer, type JudgeParts, type ServerFacts } from './judged-server.ts';
import { probeTcp } from './tcp-check.ts';

/** States by server. */
export type StateChanges = readonly (readonly [serverId: string, state: ServerState])[];

/** A service whose servers are judged. */
export interface JudgedService {
  readonly servers: readonly ServerConfig[];
  /** How certificates of its servers are verified. Absent: as by default. */
  readonly tls?: TransportTls;
}

export interface ServerStatesParts extends Partial<Omit<JudgeParts, 'tell'>> {
  /** The data plane has to know. */
  readonly changed: (states: StateChanges) => void;
}

/**
 * The control plane's judgement of every server. Docker's health decides where an image has a check, then the active check that labels ask
 * for; else a server is `starting` until its port accepts a connection. Outlives snapshots: only what is new is judged anew.
 */
export class ServerStates {
  readonly #servers = new Map<string, JudgedServer>();
  readonly #changed: (states: StateChanges) => void;
  readonly #parts: JudgeParts;
  /** Changes of a whole reconciliation go out together. */
  #batch: (readonly [string, ServerState])[] | undefined = undefined;

  constructor({ changed, ...parts }: ServerStatesParts) {
    this.#changed = changed;
    this.#parts = {
      probe: probeTcp,
      createChecker,
      now: () => performance.now(),
      random: Math.random,
      report: () => {},
      ...parts,
      tell: (id, state) => this.#tell(id, state),
    };
  }

  /** Takes the services of a new snapshot; returns the ids that are gone. */
  reconcile(services: readonly JudgedService[]): readonly string[] {
    const wanted = new Map<string, ServerFacts>();
    for (const { servers, tls = DEFAULT_TRANSPORT.tls } of services) {
      for (const config of servers) wanted.getOrInsert(config.id, { config, tls });
    }
    const gone = [...this.#servers.values()].filter(({ id }) => !wanted.has(id));
    for (const server of gone) this.#servers.delete(server.id);
    const leaving = new Map(gone.map((server) => [plainServerId(server.id), server]));
    this.#batch = [];
    for (const facts of wanted.values()) this.#consider(facts, leaving);
    for (const server of gone) server.stop();
    const batch = this.#batch;
    this.#batch = undefined;
    if (batch.length > 0) this.#changed(batch);
    return gone.map(({ id }) => id);
  }

  /** The container received its stop signal: no new request from now on. */
  stopping(containerId: string): void {
    for (const server of this.#ofContainer(containerId)) if (server.state !== 'draining') server.drain();
  }

  /** The container's process began (again): its servers, whose ids are returned, are judged anew. */
  started(containerId: string): readonly string[] {
    const servers = this.#ofContainer(containerId);
    for (const server of servers) server.begin();
    return servers.map(({ id }) => id);
  }

  /** A connection to a server that was ready is refused: nobody listens there. No request until it answers again. */
  refused(id: string): void {
    this.#servers.get(id)?.refused();
  }

  /** Takes a server out of service while it would be ready. */
  eject(id: string, reason: string): void {
    this.#servers.get(id)?.eject(reason);
  }

  /** Ends an ejection. */
  restore(id: string): void {
    this.#servers.get(id)?.eject(undefined);
  }

  stateOf(id: string): ServerState | undefined {
    return this.#servers.get(id)?.state;
  }

  /** The state of a server and the reason for it; undefined: nobody sends to it. */
  judgementOf(id: string): { readonly state: ServerState; readonly reason: string } | undefined {
    const server = this.#servers.get(id);
    return server === undefined ? undefined : { state: server.state, reason: server.reason };
  }

  /** Every server still `starting`. */
  get unsettled(): number {
    let count = 0;
    for (const { state } of this.#servers.values()) if (state === 'starting') count += 1;
    return count;
  }

  /** Leaves no timer and no connection. */
  stop(): void {
    for (const server of this.#servers.values()) server.stop();
    this.#servers.clear();
  }

  /** `leaving`: servers that are no longer wanted, by their address. */
  #consider(facts: ServerFacts, leaving: ReadonlyMap<string, JudgedServer>): void {
    const { id } = facts.config;
    const known = this.#servers.get(id);
    if (known !== undefined) {
      known.update(facts);
      return;
    }
    const server = new JudgedServer(facts, this.#parts);
    this.#servers.set(id, server);
    const predecessor = leaving.get(plainServerId(id));
    if (predecessor === undefined) server.begin();
    else server.succeed(predecessor);
  }

  #ofContainer(containerId: string): readonly JudgedServer[] {
    return [...this.#servers.values()].filter(({ id }) => id.startsWith(`${containerId}/`));
  }

  #tell(id: string, state: ServerState): void {
    if (this.#batch === undefined) this.#changed([[id, state]]);
    else this.#batch.push([id, state]);
  }
}
