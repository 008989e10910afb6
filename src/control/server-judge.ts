import { Ejector, type FailingServer } from '../health/ejector.ts';
import { type JudgedService, ServerStates, type StateChanges } from '../health/server-states.ts';
import type { ServerState } from '../protocol.ts';
import type { Logger } from '../observe/logger.ts';
import type { Snapshot } from '../routing/snapshot.ts';

/** Every judgement of servers in one place: what Docker, checks and workers say of them, told to the workers and logged. */
export class ServerJudge {
  readonly #states: ServerStates;
  readonly #ejector: Ejector;

  /** `tell` brings changes to the data plane. */
  constructor(tell: (changes: StateChanges) => void, logger: Logger) {
    this.#states = new ServerStates({
      changed: (changes) => {
        tell(changes);
        for (const [server, state] of changes) logger.debug({ server, state }, 'server state');
        this.#ejector.settle();
      },
      report: ({ isUp, ...fields }) => {
        if (isUp) logger.info(fields, 'server is up');
        else logger.warn(fields, 'server is down');
      },
    });
    this.#ejector = new Ejector(this.#states, (event, fields) => {
      if (event === 'ejected') logger.warn(fields, 'server ejected: it fails its requests');
      else logger.info(fields, 'server back from its ejection');
    });
  }

  /** Takes a new snapshot; returns the ids of servers that are gone. */
  reconcile(snapshot: Snapshot): readonly string[] {
    const gone = this.#states.reconcile(judgedServices(snapshot));
    this.#ejector.reconcile(snapshot.services);
    return gone;
  }

  /** The container received its stop signal. */
  stopping(containerId: string): void {
    this.#states.stopping(containerId);
  }

  /** The container's process began (again): what was judged before is void. */
  started(containerId: string): void {
    for (const server of this.#states.started(containerId)) this.#ejector.forgive(server);
  }

  /** A worker was refused a connection. */
  refused(server: string): void {
    this.#states.refused(server);
  }

  /** A worker has seen too many failures. */
  failing(server: FailingServer): void {
    this.#ejector.failing(server);
  }

  /** The state of a server and the reason for it; undefined: nobody sends to it. */
  judgementOf(id: string): { readonly state: ServerState; readonly reason: string } | undefined {
    return this.#states.judgementOf(id);
  }

  /** Servers that are still `starting`. */
  get unsettled(): number {
    return this.#states.unsettled;
  }

  stop(): void {
    this.#ejector.stop();
    this.#states.stop();
  }
}

/** Servers with what a check needs to know of the way to them. */
function judgedServices({ services, transports }: Snapshot): readonly JudgedService[] {
  return services.map(({ servers, transport }) => {
    const tls = transport === undefined ? undefined : transports[transport]?.tls;
    return tls === undefined ? { servers } : { servers, tls };
  });
}
