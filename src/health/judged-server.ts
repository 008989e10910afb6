import type { ServerConfig, TransportTls } from '../config/dynamic.ts';
import type { ServerState } from '../protocol.ts';
import { ActiveCheck } from './active-check.ts';
import type { Checker } from './checker.ts';
import type { createChecker } from './create-checker.ts';
import { ReadinessProbe } from './readiness-probe.ts';
import type { Probe } from './tcp-check.ts';

/** A container that was told to stop and is still there after this returns to service. */
const STOP_TIMEOUT_MS = 30_000;

/** A server as its service reaches it. */
export interface ServerFacts {
  readonly config: ServerConfig;
  /** How its certificate is verified. */
  readonly tls: TransportTls;
}

/** What the check of a server found, once each time it changes. */
export interface CheckReport {
  readonly server: string;
  readonly isUp: boolean;
  readonly reason: string;
}

export interface JudgeParts {
  readonly probe: Probe;
  readonly createChecker: typeof createChecker;
  /** Milliseconds; it never steps back. */
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  /** The data plane has to know. */
  readonly tell: (id: string, state: ServerState) => void;
  readonly report: (report: CheckReport) => void;
}

/** Who decides about a server that is not told to stop. */
type Judge = 'docker' | 'check' | 'probe';

/**
 * One server and all that is known of it, in this order: its container was told to stop; Docker says that it is unhealthy or starts; its
 * active check; Docker says healthy; it accepts a connection. One that would be ready and is ejected is down.
 */
export class JudgedServer {
  readonly #parts: JudgeParts;
  #facts: ServerFacts;
  /** Without regard to an ejection. */
  #state: ServerState = 'down';
  #reason = 'not judged yet';
  #ejected: string | undefined = undefined;
  /** What the data plane was told. */
  #told: ServerState | undefined = undefined;
  #check: ActiveCheck | undefined = undefined;
  #probe: ReadinessProbe | undefined = undefined;
  #stopTimer: NodeJS.Timeout | undefined = undefined;

  constructor(facts: ServerFacts, parts: JudgeParts) {
    this.#facts = facts;
    this.#parts = parts;
  }

  get id(): string {
    return this.#facts.config.id;
  }

  get state(): ServerState {
    return this.#ejected !== undefined && this.#state === 'ready' ? 'down' : this.#state;
  }

  /** Why it is in that state, for people. */
  get reason(): string {
    return this.#ejected !== undefined && this.#state === 'ready' ? this.#ejected : this.#reason;
  }

  /** Judges anew. */
  begin(): void {
    this.stop();
    const { health, host, port } = this.#facts.config;
    const address = `${host}:${port}`;
    switch (judgeOf(this.#facts.config)) {
      case 'docker':
        if (health === 'healthy') this.#set('ready', 'Docker says healthy');
        else if (health === 'unhealthy') this.#set('down', 'Docker says unhealthy');
        else this.#set('starting', "Docker's health check has not passed yet");
        return;
      case 'check':
        this.#set('starting', 'its health check has not passed yet');
        this.#startCheck().begin();
        return;
      default:
        this.#set('starting', `nothing accepts connections at ${address} yet`);
        this.#probeUntilReady();
    }
  }

  /** The facts of a new snapshot. */
  update(facts: ServerFacts): void {
    const known = this.#facts;
    this.#facts = facts;
    if (this.#state === 'draining') return;
    const judge = judgeOf(facts.config);
    if (judge === 'docker' || judge !== judgeOf(known.config)) {
      if (known.config.health !== facts.config.health) this.begin();
    } else if (judge === 'check' && !isReachedAlike(known, facts)) this.#resume();
  }

  /** Takes over what is known of a server that differs in its check alone. */
  succeed(other: JudgedServer): void {
    this.#set(other.#state, other.#reason);
    if (other.#state === 'draining') this.drain();
    else this.#resume();
  }

  /** Its container received its stop signal: no new request from now on. */
  drain(): void {
    this.stop();
    this.#set('draining', 'its container was told to stop');
    this.#stopTimer = setTimeout(() => this.begin(), STOP_TIMEOUT_MS);
  }

  /** A connection to it was refused while it was ready: nobody listens there. No request until it answers again. */
  refused(): void {
    if (this.#state !== 'ready') return;
    const { host, port, check } = this.#facts.config;
    this.#set('starting', `${host}:${port} refuses connections`);
    if (this.#check !== undefined && (check?.port ?? port) === port) this.#check.begin();
    else this.#probeUntilReady();
  }

  /** While it would be ready it is down, for this reason; undefined: no longer. */
  eject(reason: string | undefined): void {
    this.#ejected = reason;
    this.#tell();
  }

  /** Leaves no timer and no connection. */
  stop(): void {
    clearTimeout(this.#stopTimer);
    this.#check?.stop();
    this.#probe?.stop();
    this.#check = undefined;
    this.#probe = undefined;
  }

  /** Goes on from the state it is in, as far as the same kind of judge may have found it. */
  #resume(): void {
    const state = this.#state;
    const judge = judgeOf(this.#facts.config);
    if (judge === 'check' && (state === 'ready' || state === 'down')) {
      this.stop();
      this.#startCheck().resume(state);
    } else if (judge !== 'probe' || state !== 'ready') this.begin();
  }

  #startCheck(): ActiveCheck {
    const { createChecker: create, now, random, report } = this.#parts;
    const { config, tls } = this.#facts;
    const check = config.check!;
    const checker: Checker = create(config, check, tls);
    this.#check = new ActiveCheck(check, {
      checker,
      now,
      random,
      judge: (state, reason) => this.#set(state, reason),
      report: (isUp, reason) => report({ server: this.id, isUp, reason }),
    });
    return this.#check;
  }

  /** A check of another port says nothing of one that refuses, so it waits and begins anew when that one accepts. */
  #probeUntilReady(): void {
    const { host, port } = this.#facts.config;
    this.#check?.stop();
    this.#probe?.stop();
    this.#probe = new ReadinessProbe(
      () => this.#parts.probe(host, port),
      () => {
        if (this.#check === undefined) this.#set('ready', `${host}:${port} accepts connections`);
        else this.#check.begin();
      },
    );
  }

  #set(state: ServerState, reason: string): void {
    this.#state = state;
    this.#reason = reason;
    this.#tell();
  }

  #tell(): void {
    const { state } = this;
    if (state === this.#told) return;
    this.#told = state;
    this.#parts.tell(this.id, state);
  }
}

function judgeOf({ health, check }: ServerConfig): Judge {
  if (health === 'unhealthy' || health === 'starting') return 'docker';
  if (check !== undefined) return 'check';
  return health === 'healthy' ? 'docker' : 'probe';
}

/** Of one identity, so only what that does not hold can differ. */
function isReachedAlike(one: ServerFacts, other: ServerFacts): boolean {
  return one.config.scheme === other.config.scheme && JSON.stringify(one.tls) === JSON.stringify(other.tls);
}
