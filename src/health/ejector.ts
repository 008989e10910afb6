/** How servers are judged otherwise, and how they are taken out. */
export interface EjectableServers {
  stateOf(id: string): string | undefined;
  /** Takes a server out of service, whatever else is known of it. */
  eject(id: string, reason: string): void;
  restore(id: string): void;
}

/** What a worker says of a server that fails its requests. */
export interface FailingServer {
  readonly serverId: string;
  /** What was counted. */
  readonly detail: string;
  /** How long it is out the first time, and at most. */
  readonly baseMs: number;
  readonly maxMs: number;
}

export interface EjectorService {
  readonly servers: readonly { readonly id: string }[];
}

interface Ejection {
  readonly at: number;
  readonly timer: NodeJS.Timeout;
}

/** How often a server was ejected lately. */
interface History {
  times: number;
  forMs: number;
  endedAt: number;
}

/** Timers cannot be longer. */
const LONGEST_MS = 2_147_483_647;
const SHORTEST_MS = 100;

/**
 * Takes servers out of service that fail their requests (passive checks), each time for twice as long. In every service there are never
 * more of them than servers that are ready: so never more than half, never the only one, and when the others go, they are used again.
 */
export class Ejector {
  readonly #servers: EjectableServers;
  readonly #log: (event: 'ejected' | 'restored', fields: Readonly<Record<string, string | number>>) => void;
  readonly #now: () => number;
  readonly #ejected = new Map<string, Ejection>();
  readonly #history = new Map<string, History>();
  #services: readonly EjectorService[] = [];
  /** The services of each server: a failing one may be reported with every request, and there may be thousands of services. */
  #servicesOf: ReadonlyMap<string, readonly EjectorService[]> = new Map();

  /** `now` in milliseconds; it never steps back. */
  constructor(
    servers: EjectableServers,
    log: (event: 'ejected' | 'restored', fields: Readonly<Record<string, string | number>>) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#servers = servers;
    this.#log = log;
    this.#now = now;
  }

  /** Takes the services of a new snapshot. */
  reconcile(services: readonly EjectorService[]): void {
    this.#services = services;
    const servicesOf = new Map<string, EjectorService[]>();
    for (const service of services) {
      for (const { id } of service.servers) servicesOf.getOrInsertComputed(id, () => []).push(service);
    }
    this.#servicesOf = servicesOf;
    for (const [id, { timer }] of this.#ejected) {
      if (servicesOf.has(id)) continue;
      clearTimeout(timer);
      this.#ejected.delete(id);
    }
    for (const id of this.#history.keys()) if (!servicesOf.has(id)) this.#history.delete(id);
    this.settle();
  }

  /** A worker has seen too many failures of a server. */
  failing({ serverId, detail, baseMs, maxMs }: FailingServer): void {
    if (this.#ejected.has(serverId) || this.#servers.stateOf(serverId) !== 'ready') return;
    const concerned = this.#servicesOf.get(serverId) ?? [];
    const isBearable = concerned.every((service) => {
      const { ready, ejected } = this.#count(service);
      return ejected + 1 <= ready - 1;
    });
    if (concerned.length === 0 || !isBearable) return;
    const forMs = this.#timeFor(serverId, baseMs, maxMs);
    const timer = setTimeout(() => this.#restore(serverId), forMs);
    this.#ejected.set(serverId, { at: this.#now(), timer });
    this.#log('ejected', { server: serverId, detail, forMs });
    this.#servers.eject(serverId, `ejected for ${forMs} ms: ${detail}`);
  }

  /** The server is another process now: nothing that was counted is its own. */
  forgive(id: string): void {
    this.#restore(id);
    this.#history.delete(id);
  }

  /** States have changed: where ejected servers outnumber those that are ready, the one that was ejected first returns. */
  settle(): void {
    if (this.#ejected.size === 0) return;
    for (const service of this.#services) {
      for (let counts = this.#count(service); counts.ejected > counts.ready; counts = this.#count(service)) {
        const ids = service.servers.map(({ id }) => id).filter((id) => this.#ejected.has(id));
        const [first] = ids.sort((left, right) => this.#ejected.get(left)!.at - this.#ejected.get(right)!.at);
        this.#restore(first!);
      }
    }
  }

  stop(): void {
    for (const { timer } of this.#ejected.values()) clearTimeout(timer);
    this.#ejected.clear();
  }

  #count({ servers }: EjectorService): { readonly ready: number; readonly ejected: number } {
    let [ready, ejected] = [0, 0];
    for (const { id } of servers) {
      if (this.#ejected.has(id)) ejected += 1;
      else if (this.#servers.stateOf(id) === 'ready') ready += 1;
    }
    return { ready, ejected };
  }

  /** Whoever held out as long as it was out before begins anew. */
  #timeFor(id: string, baseMs: number, maxMs: number): number {
    const known = this.#history.get(id);
    const isAgain = known !== undefined && this.#now() - known.endedAt <= known.forMs;
    const times = isAgain ? known.times + 1 : 1;
    const forMs = Math.max(SHORTEST_MS, Math.min(baseMs * 2 ** (times - 1), maxMs, LONGEST_MS));
    this.#history.set(id, { times, forMs, endedAt: Infinity });
    return forMs;
  }

  #restore(id: string): void {
    const ejection = this.#ejected.get(id);
    if (ejection === undefined) return;
    clearTimeout(ejection.timer);
    this.#ejected.delete(id);
    const history = this.#history.get(id);
    if (history !== undefined) history.endedAt = this.#now();
    this.#log('restored', { server: id });
    this.#servers.restore(id);
  }
}
