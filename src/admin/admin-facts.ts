import type { CertificateStatus } from '../certs/certificate-status.ts';
import type { EntrypointConfig, StaticConfig } from '../config/static-config.ts';
import type { ServerState, TrialRequest, TrialVerdict } from '../protocol.ts';
import type { RoutingView } from '../routing/routing-view.ts';

/** How a server is judged, and why. */
export interface ServerJudgement {
  readonly state: ServerState;
  readonly reason: string;
}

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
  /** What a worker would do with a request; undefined when none answers. */
  tryRequest(request: TrialRequest): Promise<TrialVerdict | undefined>;
}
