import type { RuleSyntax } from '../rule/ast.ts';
import type {
  BalanceConfig,
  ComposedConfig,
  EjectionConfig,
  HealthCheckConfig,
  RouterLabelNames,
  RouterTls,
  ServersTransportConfig,
  StickyConfig,
  ServerScheme,
  ServiceTransport,
} from './dynamic.ts';
import type { TlsOptionsDraft } from './decode-tls-options.ts';
import type { ChainOptions, MiddlewareOptions, UnusableMiddleware } from './middleware-options.ts';

/** A router as the labels of one workload say it. Names are without provider where the labels leave it out. */
export interface RouterDraft {
  readonly name: string;
  readonly rule: string | undefined;
  /** Absent: v3. */
  readonly ruleSyntax?: RuleSyntax;
  /** Undefined: the length of the rule. */
  readonly priority: number | undefined;
  readonly entryPoints: readonly string[] | undefined;
  readonly middlewares: readonly string[];
  readonly service: string | undefined;
  readonly tls: RouterTls;
  /** Name of TLS options. Absent: not said. */
  readonly tlsOptions?: string;
  readonly labels: RouterLabelNames;
  /** Why it must not serve. */
  readonly fault: string | undefined;
  /** The fault is of a label that has nothing to do with who may visit it. */
  readonly mayKeepLast?: boolean;
  /** Name of the shorthand site that it is one of. */
  readonly site?: string;
  /** It was made because no router was asked for: a fault of it is no more than a warning. */
  readonly isImplicit: boolean;
}

export interface ServiceDraft {
  readonly name: string;
  readonly port: number | undefined;
  readonly scheme: ServerScheme;
  readonly url: string | undefined;
  readonly network: string | undefined;
  readonly passHostHeader: boolean;
  readonly holdMs: number;
  /** A named one is without provider where the label leaves it out. Undefined: the default. */
  readonly transport: ServiceTransport | undefined;
  /** Undefined: in turn. */
  readonly balance: BalanceConfig | undefined;
  /** Undefined: the default one. */
  readonly ejection: EjectionConfig | 'off' | undefined;
  /** Undefined: none. */
  readonly check: HealthCheckConfig | undefined;
  readonly sticky: StickyConfig | undefined;
  /** Names without provider where the labels leave it out. Present: the workload adds no servers. */
  readonly composed?: ComposedConfig;
  /** Of the servers that the workload adds; 0 or less: none. */
  readonly weight: number;
  readonly labels: { readonly port?: string; readonly url?: string; readonly network?: string };
  readonly fault: string | undefined;
}

export interface MiddlewareDraft {
  readonly name: string;
  readonly options: MiddlewareOptions | ChainOptions | UnusableMiddleware;
}

export type TransportDraft = Pick<ServersTransportConfig, 'name' | 'options' | 'labels'>;

/** Everything the labels of one workload ask for. */
export interface Drafts {
  readonly routers: readonly RouterDraft[];
  readonly services: readonly ServiceDraft[];
  readonly middlewares: readonly MiddlewareDraft[];
  readonly transports: readonly TransportDraft[];
  readonly tlsOptions: readonly TlsOptionsDraft[];
}
