import type { RuleNode } from '../rule/ast.ts';

/** Toward the app. */
export type ServerScheme = 'http' | 'https' | 'h2c';

/** One address of a service, as configuration says it. Its live counterpart is an upstream. */
export interface ServerConfig {
  /** Identity that outlives snapshots: `<container id>/<host>:<port>`, or the URL for a file entry. */
  readonly id: string;
  readonly scheme: ServerScheme;
  readonly host: string;
  readonly port: number;
  /** Name of the container (or file entry) it belongs to. */
  readonly container: string;
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy';
}

export interface ServiceConfig {
  /** Full name: `web-app@docker`. */
  readonly name: string;
  readonly provider: string;
  readonly containers: readonly string[];
  readonly servers: readonly ServerConfig[];
  readonly passHostHeader: boolean;
}

/** Options stay as decoded; the data plane compiles them. */
export type MiddlewareOptions =
  | { readonly type: 'stripPrefix'; readonly prefixes: readonly string[] }
  | { readonly type: 'addPrefix'; readonly prefix: string }
  | {
      readonly type: 'redirectScheme';
      readonly scheme: string;
      readonly port: string | undefined;
      readonly permanent: boolean;
    };

export interface MiddlewareConfig {
  readonly name: string;
  readonly provider: string;
  readonly containers: readonly string[];
  readonly options: MiddlewareOptions;
}

/** What a router says about TLS. `unsaid` takes the default of the mode (design section 7). */
export type RouterTls =
  | { readonly mode: 'unsaid' }
  | { readonly mode: 'off' }
  | { readonly mode: 'internal' }
  | {
      readonly mode: 'auto';
      readonly resolver: string | undefined;
      /** Explicit certificate names (`tls.domains`); empty: the hosts its rule names. */
      readonly domains: readonly (readonly string[])[];
    };

export interface RouterConfig {
  /** Full name: `web@docker`. */
  readonly name: string;
  readonly provider: string;
  readonly containers: readonly string[];
  /** Rule text as written (or as made from the shorthand). */
  readonly rule: string;
  readonly matcher: RuleNode;
  readonly priority: number;
  /** `undefined`: the default entrypoints of the mode. */
  readonly entryPoints: readonly string[] | undefined;
  /** Full names, in order. */
  readonly middlewares: readonly string[];
  /** Full name. */
  readonly service: string;
  readonly tls: RouterTls;
  /** Creation time of the oldest container that defines it. */
  readonly createdAt: number;
}

/** What one provider says, or all of them merged. */
export interface DynamicConfig {
  readonly routers: readonly RouterConfig[];
  readonly services: readonly ServiceConfig[];
  readonly middlewares: readonly MiddlewareConfig[];
}
