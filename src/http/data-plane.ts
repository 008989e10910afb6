import type { ClientLimits } from '../config/client-limits.ts';
import type { EjectionConfig } from '../config/dynamic.ts';
import type { TimerWheel } from '../lib/timer-wheel.ts';
import type { BufferPool } from '../upstream/buffer-pool.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { AccessLog } from './access-log.ts';
import type { AuthorityCache } from './authority.ts';
import type { ChallengeTable } from './challenge-table.ts';
import type { Counters } from './counters.ts';
import type { FailureReason } from './failure.ts';
import type { Mirrors } from './mirrors.ts';
import type { NetworkList } from './network-list.ts';
import type { PasswordCheck } from './password-check.ts';
import type { RouteTable } from './route.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** What every exchange of a worker shares. `routes` is the one mutable cell of a reload (design section 3). */
export interface DataPlane {
  routes: RouteTable;
  /** `Date: … CRLF`, renewed each second (H12). */
  dateLine: string;
  /** The worker is stopping: responses carry `Connection: close`. */
  isDraining: boolean;
  /** Memory runs out: new requests are answered 503 until it is better. */
  isOverloaded: boolean;
  readonly limits: ClientLimits;
  readonly wheel: TimerWheel;
  readonly buffers: BufferPool;
  readonly authorities: AuthorityCache;
  readonly trusted: NetworkList;
  readonly challenges: ChallengeTable;
  readonly counters: Counters;
  readonly accessLog: AccessLog | undefined;
  readonly passwords: PasswordCheck;
  readonly mirrors: Mirrors;
  /**
   * A way to a server that is not taken: a fresh connection, or a stream of one that carries several. One that upgrades has a connection
   * of its own. Failures reach the exchange that sends on it.
   */
  dial(upstream: Upstream<UpstreamConnection>, isUpgrade: boolean): UpstreamConnection;
  /** Tells the control plane that a server could not be connected to; `detail` is the system's own word, or empty. */
  connectFailed(upstream: Upstream<UpstreamConnection>, reason: FailureReason, detail: string): void;
  /** Tells the control plane that a server fails more often than its service allows; `detail` says what was counted. */
  serverFailing(upstream: Upstream<UpstreamConnection>, ejection: EjectionConfig, detail: string): void;
  /** Reports a fault of our own that ended one request; the request id ties it to the page the client got. */
  internalFault(error: unknown, requestId: string): void;
  /** Six to twelve random characters that tie a page to its log line. */
  requestId(): string;
}
