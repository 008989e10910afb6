import type { RuleNode } from '../rule/ast.ts';
import type { ChainOptions, MiddlewareOptions, UnusableMiddleware } from './middleware-options.ts';
import type { TlsOptionsConfig } from './tls-options.ts';

/** Toward the app. */
export type ServerScheme = 'http' | 'https' | 'h2c';

/** One address of a service, as configuration says it. Its live counterpart is an upstream. */
export interface ServerConfig {
  /** Identity that outlives snapshots: `<container id>/<host>:<port>`, or the URL for a file entry; behind it that of its check. */
  readonly id: string;
  readonly scheme: ServerScheme;
  readonly host: string;
  readonly port: number;
  /** Name of the container (or file entry) it belongs to. */
  readonly container: string;
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  /** Its share of the requests, above 0. Absent: 1. No part of its identity: two services may weigh one server differently. */
  readonly weight?: number;
  /** Absent: it is ready when it accepts connections. */
  readonly check?: HealthCheckConfig;
}

/** How a server is asked whether it can serve. Plain JSON; equal settings are equal texts. */
export interface HealthCheckConfig {
  /** `tcp`: a connection is enough. `grpc`: by gRPC's health protocol. What is about requests has no meaning for both. */
  readonly mode: 'http' | 'tcp' | 'grpc';
  /** With the query. */
  readonly path: string;
  readonly method: string;
  /** Absent: the server's. */
  readonly scheme?: ServerScheme;
  /** Host of the request. Absent: the server's own address. */
  readonly host?: string;
  /** Absent: the server's. */
  readonly port?: number;
  /** Statuses that pass: ranges, both ends included. */
  readonly status: readonly (readonly [from: number, to: number])[];
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly followRedirects: boolean;
  /** Time between the beginnings of two checks. */
  readonly intervalMs: number;
  /** The same while the server is down. */
  readonly unhealthyIntervalMs: number;
  readonly timeoutMs: number;
  /** Failures in a row that take a server out of service. */
  readonly fall: number;
  /** Passes in a row that bring it back. */
  readonly rise: number;
}

export type BalanceStrategy = 'roundrobin' | 'leastconn' | 'p2c' | 'hash' | 'leasttime';

/** What of a request a hash is made of; `name` of a field in lower case, of a cookie as it is. */
export interface HashKey {
  readonly from: 'header' | 'cookie';
  readonly name: string;
}

/** How the servers of a service are chosen. Plain JSON. */
export interface BalanceConfig {
  readonly strategy: BalanceStrategy;
  /** Of `hash`. Absent: the visitor's address. */
  readonly key?: HashKey;
  /** Milliseconds in which a server that became ready comes to its full weight; 0: at once. */
  readonly slowStartMs: number;
}

/** Which failures take one of several servers out of service, and for how long. Plain JSON. A limit that is 0 does not count. */
export interface EjectionConfig {
  /** Lowest status of an app's answer that is a failure: 500, or 502, where only what gateways say counts. */
  readonly fromStatus: 500 | 502;
  /** So many failures one after the other. */
  readonly consecutive: number;
  /** So many failures within the window. */
  readonly count: number;
  /** So many percent of the answers within the window, once there are `MIN_ANSWERS` of them. */
  readonly percent: number;
  readonly windowMs: number;
  /** How long the first time; then twice as long each time, up to the most. */
  readonly baseMs: number;
  readonly maxMs: number;
}

/** The cookie that binds a visitor to a server (rule F9). Plain JSON; every text is fit for a field line. */
export interface StickyConfig {
  /** Absent: made from the name of the service. */
  readonly name?: string;
  readonly path: string;
  readonly domain?: string;
  /** Seconds; 0: it expires at once. Absent: until the browser ends. */
  readonly maxAge?: number;
  /** Absent: where the visitor came over HTTPS. */
  readonly secure?: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: 'none' | 'lax' | 'strict';
}

/** How connections to a server are verified (B14). */
export interface TransportTls {
  /** Sent as SNI and compared with the certificate; absent: the server's own host. */
  readonly serverName?: string;
  /** Certificates (PEM) that are trusted instead of the system's roots. */
  readonly rootCAs?: string;
  readonly insecureSkipVerify: boolean;
}

/** Milliseconds, never 0: no state of a connection is without a deadline. */
export interface TransportTimeouts {
  /** T11: connecting, TLS handshake included. */
  readonly connectMs: number;
  /** T12: a response head, from the end of the request. */
  readonly responseHeadMs: number;
  /** T13: no byte of a response body. */
  readonly responseIdleMs: number;
  /** T15: idle connection, unless the server hints at less. */
  readonly idleMs: number;
  /** HTTP/2: with requests under way and nothing heard for so long, the server is asked whether it is there. */
  readonly silenceMs: number;
  /** And how long it has to answer. */
  readonly pingMs: number;
}

/** How the servers of a service are reached, with nothing left open. Plain JSON. */
export interface TransportConfig {
  readonly tls: TransportTls;
  readonly timeouts: TransportTimeouts;
  /** T16: idle connections kept per server and worker. */
  readonly maxIdle: number;
  /** Over TLS HTTP/1.1 alone is spoken. Absent: what the server chooses. */
  readonly disableHttp2?: true;
}

/** What labels say about a transport, before defaults are filled in and files are read. Absent: not said. */
export interface TransportOptions {
  readonly serverName?: string;
  /** Each the path of a PEM file, or PEM text. */
  readonly rootCAs?: readonly string[];
  readonly insecureSkipVerify?: boolean;
  readonly timeouts?: Partial<TransportTimeouts>;
  readonly maxIdle?: number;
  readonly disableHttp2?: true;
}

/** The labels a transport was read from, for problems found later. */
export interface TransportLabelNames {
  readonly rootCAs?: string;
  /** The first one that is about TLS. */
  readonly tls?: string;
}

/** A transport that services name (`http.serversTransports`). `unusable`: why services that name it must not serve. */
export interface ServersTransportConfig {
  readonly name: string;
  readonly provider: string;
  readonly containers: readonly string[];
  readonly options: TransportOptions | { readonly unusable: string };
  readonly labels: TransportLabelNames;
}

/** The transport of a service: one of its own, laid over the default, or a named one by its full name. */
export type ServiceTransport =
  | { readonly kind: 'own'; readonly options: TransportOptions; readonly labels: TransportLabelNames }
  | { readonly kind: 'named'; readonly name: string; readonly label: string };

/** A service that gets copies of requests. */
export interface MirrorConfig {
  readonly name: string;
  /** Of how many requests in a hundred. */
  readonly percent: number;
  /** Copies have `Authorization` and `Cookie` (F8). */
  readonly credentials: boolean;
}

/** What a service is made of that has no servers of its own: other services, by full name. Plain JSON. */
export type ComposedConfig =
  | {
      readonly kind: 'weighted';
      /** A weight of 0: never. */
      readonly members: readonly { readonly name: string; readonly weight: number }[];
      /** Binds visitors to a member. */
      readonly sticky?: StickyConfig;
    }
  | { readonly kind: 'failover'; readonly service: string; readonly fallback: string }
  | {
      readonly kind: 'mirroring';
      readonly service: string;
      readonly mirrors: readonly MirrorConfig[];
      /** A request with a longer payload is not copied. */
      readonly maxBodyBytes: number;
      /** Copies have the payload. */
      readonly mirrorBody: boolean;
    };

export interface ServiceConfig {
  /** Full name: `web-app@docker`. */
  readonly name: string;
  readonly provider: string;
  readonly containers: readonly string[];
  readonly servers: readonly ServerConfig[];
  readonly passHostHeader: boolean;
  /** Milliseconds that requests wait while no server is ready. Absent: not at all. */
  readonly holdMs?: number;
  /** Absent: the default one. */
  readonly transport?: ServiceTransport;
  /** Absent: in turn. */
  readonly balance?: BalanceConfig;
  /** Absent: `DEFAULT_EJECTION`. */
  readonly ejection?: EjectionConfig | 'off';
  /** Absent: visitors are not bound to a server. */
  readonly sticky?: StickyConfig;
  /** Present: it is made of other services, and has no servers. */
  readonly composed?: ComposedConfig;
  /** Of each of its servers, which have it as well. Absent: none. */
  readonly check?: HealthCheckConfig;
}

export interface MiddlewareConfig {
  readonly name: string;
  readonly provider: string;
  readonly containers: readonly string[];
  readonly options: MiddlewareOptions | ChainOptions | UnusableMiddleware;
}

/** The labels that settings of a router were read from, for problems found later. Absent: not said by a label. */
export interface RouterLabelNames {
  readonly rule?: string;
  readonly entryPoints?: string;
  readonly middlewares?: string;
  readonly service?: string;
  readonly tls?: string;
  readonly resolver?: string;
  readonly tlsOptions?: string;
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
      /** Certificates for the hosts that its rule leaves open are obtained when somebody asks for one. Absent: they are not. */
      readonly onDemand?: true;
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
  /** Full name of the TLS options that its clients have to fulfil. Absent: those of the entrypoint, or the default ones. */
  readonly tlsOptions?: string;
  /** Creation time of the oldest container that defines it. */
  readonly createdAt: number;
  /** The compose service (or container, or file entry) that its labels are of. */
  readonly owner: string;
  /** Full name of the site of the shorthand that it is one of. */
  readonly site?: string;
  /** Some container that defines it runs: it has precedence over one that does not. */
  readonly running: boolean;
  readonly labels: RouterLabelNames;
  /** Why it must not serve (a label is wrong, a protection is missing); requests get 503. */
  readonly disabled: string | undefined;
  /** What is wrong with it has nothing to do with who may visit it, so its last good version may go on. */
  readonly mayKeepLast?: true;
}

/** A router that cannot be made from what its labels say (its rule does not parse, …): nothing of it can be matched. */
export interface BrokenRouter {
  readonly name: string;
  readonly provider: string;
  readonly containers: readonly string[];
  readonly owner: string;
  readonly running: boolean;
  /** As written; empty when there is none. */
  readonly rule: string;
  /** Full names, as far as its labels could be read. */
  readonly middlewares: readonly string[];
  readonly service: string;
  /** As of a router. */
  readonly tlsOptions?: string;
  readonly reason: string;
  /** As of a router. */
  readonly mayKeepLast: boolean;
}

/** What one provider says, or all of them merged. */
export interface DynamicConfig {
  readonly routers: readonly RouterConfig[];
  /** Names that none of `routers` has. */
  readonly broken: readonly BrokenRouter[];
  readonly services: readonly ServiceConfig[];
  readonly middlewares: readonly MiddlewareConfig[];
  readonly transports: readonly ServersTransportConfig[];
  /** Absent: none. */
  readonly tlsOptions?: readonly TlsOptionsConfig[];
}
