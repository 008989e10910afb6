import type {
  BalanceConfig,
  ComposedConfig,
  EjectionConfig,
  ServerConfig,
  StickyConfig,
  TransportConfig,
} from '../config/dynamic.ts';
import type { MiddlewareOptions } from '../config/middleware-options.ts';
import type { TlsPolicy } from '../config/tls-options.ts';
import type { RuleNode } from '../rule/ast.ts';

/** A router as the data plane needs it: every reference resolved, every default applied. Plain JSON. */
export interface RouterSnapshot {
  /** No two have the same. */
  readonly name: string;
  /** Name of the configured router that it was made of; its own when there is none. */
  readonly of: string;
  readonly rule: string;
  readonly matcher: RuleNode;
  readonly priority: number;
  readonly entrypoints: readonly string[];
  /** It answers TLS requests of its entrypoints (and only those), or plain ones (and only those). */
  readonly tls: boolean;
  /** Name of the snapshot's TLS options that a connection must have (A5). Absent: the default ones. */
  readonly tlsOptions?: string;
  readonly middlewares: readonly { readonly name: string; readonly options: MiddlewareOptions }[];
  /** Full name of a service in this snapshot, or `noop@internal` when a middleware always answers. */
  readonly service: string;
  /** It must not serve (a middleware is missing, …): requests get 503 with this reason. */
  readonly disabled: string | undefined;
}

export interface ServiceSnapshot {
  readonly name: string;
  readonly servers: readonly ServerConfig[];
  readonly passHostHeader: boolean;
  /** How long requests wait while no server is ready. Absent: not at all. */
  readonly holdMs?: number;
  /** Name of one of the snapshot's transports. Absent: `DEFAULT_TRANSPORT`. */
  readonly transport?: string;
  /** Absent: in turn. */
  readonly balance?: BalanceConfig;
  /** Absent: `DEFAULT_EJECTION`. */
  readonly ejection?: EjectionConfig | 'off';
  /** Absent: visitors are not bound to a server. */
  readonly sticky?: StickyConfig;
  /** Present: it is made of other services of this snapshot, and has no servers. */
  readonly composed?: ComposedConfig;
}

/** The immutable result of compiling dynamic configuration. Posted to workers, compared, printed. */
export interface Snapshot {
  /** Highest priority first; ties are already ordered. */
  readonly routers: readonly RouterSnapshot[];
  readonly services: readonly ServiceSnapshot[];
  /** By name, so that many services share one list of certificates. */
  readonly transports: Readonly<Record<string, TransportConfig>>;
  /** By name; `default` where these are not as built in. Absent: none. */
  readonly tlsOptions?: Readonly<Record<string, TlsPolicy>>;
}

/** A certificate that some router needs. `issuer` internal: the local authority signs it. */
export interface WantedCertificate {
  /** Lower-case A-labels, sorted, no duplicates. */
  readonly names: readonly string[];
  readonly issuer: 'acme' | 'internal';
  readonly routers: readonly string[];
}

/** A router whose open hosts get certificates on demand. */
export interface OnDemandRouter {
  readonly name: string;
  readonly matcher: RuleNode;
}

export const NOOP_SERVICE = 'noop@internal';
