import type { CaStatus, RenewOutcome, RollOutcome } from '../certs/ca-status.ts';
import type { CertificateStatus } from '../certs/certificate-status.ts';
import type { EntrypointConfig, StaticConfig } from '../config/static-config.ts';
import type { ServerState, TrialRequest, TrialVerdict } from '../protocol.ts';
import type { RoutingView } from '../routing/routing-view.ts';

/** How a server is judged, and why. */
export interface ServerJudgement {
  readonly state: ServerState;
  readonly reason: string;
}

/** A server that gets no new requests and still finishes some, for one service that it serves or served. */
export interface LeavingServer {
  readonly service: string;
  readonly url: string;
  readonly container: string;
  /** `gone`: it is not in the configuration any more. */
  readonly state: 'draining' | 'gone';
  /** In flight, in all workers. */
  readonly requests: number;
}

/** The services that a change concerns, or why nothing is changed. */
export type PauseOutcome = { readonly services: readonly string[] } | { readonly fault: string };

/** What the admin address shows of the running router. */
export interface AdminFacts {
  readonly mode: StaticConfig['mode'];
  readonly entrypoints: readonly EntrypointConfig[];
  /** Every worker listens. */
  isListening(): boolean;
  view(): RoutingView;
  /** Undefined: nobody sends to it. */
  serverJudgement(id: string): ServerJudgement | undefined;
  certificates(): readonly CertificateStatus[];
  /** PEM of the local authority's root. */
  readonly localRoot: string;
  /** The CAs in use. */
  cas(): readonly CaStatus[];
  /** Orders the certificates with these names again now. */
  renewCertificates(names: readonly string[]): Promise<readonly RenewOutcome[]>;
  /** Gives the account at the first CA a new key. */
  rollAccountKey(): Promise<RollOutcome>;
  /** Asks the workers: those that do not answer in time are left out. */
  leavingServers(): Promise<readonly LeavingServer[]>;
  /** Unix milliseconds until which requests of a service wait; undefined: it is not paused. */
  pausedUntil(service: string): number | undefined;
  /** `host` is canonical, or a wildcard. */
  pause(host: string, forMs: number): PauseOutcome;
  resume(host: string): PauseOutcome;
  /** What a worker would do with a request; undefined when none answers. */
  tryRequest(request: TrialRequest): Promise<TrialVerdict | undefined>;
}
