import type { ClientLimits } from './client-limits.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import type { Constraint } from './constraints.ts';
import type { TransportConfig } from './dynamic.ts';
import type { DnsConfig } from './dns-config.ts';
import type { KeyType } from './key-type.ts';
import type { GoTemplate } from './go-template.ts';
import type { TlsOptions } from './tls-options.ts';

/** One socket address an entrypoint listens on. `host` undefined means every IPv4 and IPv6 address. */
export interface ListenAddress {
  readonly host: string | undefined;
  readonly port: number;
}

/** Redirect of a whole entrypoint (Traefik's `http.redirections.entrypoint`). */
export interface EntrypointRedirect {
  readonly scheme: 'http' | 'https';
  /** Port put into the URL; `undefined` when it is the scheme's own. */
  readonly port: number | undefined;
  readonly permanent: boolean;
  /** Of the router that redirects. Absent: above every router of a person. */
  readonly priority?: number;
}

/** What routers of an entrypoint get without saying so (Traefik's `http.tls`, `http.middlewares`, `asDefault`). */
export interface EntrypointDefaults {
  /** TLS of routers that say nothing about it. */
  readonly tls:
    | {
        readonly resolver: string | undefined;
        readonly domains: readonly (readonly string[])[];
        /** Name of TLS options. Absent: the default ones. */
        readonly options?: string;
      }
    | undefined;
  /** Names of middlewares in front of the router's own. */
  readonly middlewares: readonly string[];
  /** When any entrypoint is a default one, a router that names none listens on those alone. */
  readonly isDefault: boolean;
}

export interface EntrypointConfig {
  readonly name: string;
  readonly addresses: readonly ListenAddress[];
  /** `plain`, `tls`, or `auto`: the first byte decides (Traefik's entrypoints serve both). */
  readonly transport: 'plain' | 'tls' | 'auto';
  readonly redirect: EntrypointRedirect | undefined;
  /** Networks whose connections must begin with a PROXY header (F6). Absent: none. */
  readonly proxyProtocol?: readonly string[];
  /** Absent: none. */
  readonly defaults?: EntrypointDefaults;
}

/** How a CA may check a name (RFC 8555 8.3 and 8.4, RFC 8737). */
export type ChallengeType = 'http-01' | 'tls-alpn-01' | 'dns-01';

/** A CA where a set-up is proved after a failure, and the one it stands in for. */
export interface TestDirectory {
  readonly of: string;
  readonly url: string;
}

export interface AcmeConfig {
  /** Directory URLs in order of preference; empty: no public CA is used (`off` or `internal`). */
  readonly directories: readonly string[];
  /** The user named a directory of his own (a private or test CA): its names need not be public. */
  readonly customDirectory: boolean;
  readonly email: string | undefined;
  readonly eab: { readonly kid: string; readonly hmacKey: string } | undefined;
  readonly profile: string | undefined;
  /** File with extra trust roots (PEM) for the directory. */
  readonly caRootFile: string | undefined;
  /** In order of preference. */
  readonly challenges: readonly ChallengeType[];
  /** Absent: failures are tried again at the CA itself. */
  readonly testDirectory?: TestDirectory;
  /** Kind of the certificates' keys. Absent: `ec256`. */
  readonly keyType?: KeyType;
  /** Who writes records for DNS-01. Absent: nobody, and wildcards get no certificate of a CA. */
  readonly dns?: DnsConfig;
}

/** A rule for routers that have none, made from a container's facts (Traefik's `providers.docker.defaultRule`). */
export interface DefaultRuleTemplate {
  readonly template: GoTemplate;
  /** The variables of the environment that the template asks for. */
  readonly env: Readonly<Record<string, string>>;
}

/** Paths of PEM files, or PEM text, for the connection to a Docker engine. */
export interface DockerTls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** Traefik's dynamic configuration in files (`providers.file`). */
export interface TraefikFiles {
  /** A YAML file, or a folder of them that is read with its subfolders. */
  readonly path: string;
  readonly watch: boolean;
}

/** Which of Traefik's services `…@internal` routers may name; all of them lead to the admin address. */
export interface InternalServices {
  readonly api: boolean;
  readonly dashboard: boolean;
  readonly ping: boolean;
  /** Where `/ping` is answered without a router of a person. */
  readonly pingEntrypoint: string | undefined;
}

/** Read once at start; never changes while the process lives. */
export interface StaticConfig {
  /** `traefik` when any Traefik static option was given: its defaults for entrypoints, exposure and TLS hold. */
  readonly mode: 'sluice' | 'traefik';
  readonly entrypoints: readonly EntrypointConfig[];
  readonly docker:
    | {
        /** `unix:///…`, `tcp://…` or `http(s)://…`. */
        readonly endpoint: string;
        readonly certPath: string | undefined;
        /** Containers without `enable` are exposed; in own mode a host or router label is needed anyway. */
        readonly exposedByDefault: boolean;
        readonly network: string | undefined;
        /** Beside, or instead of, `certPath`. */
        readonly tls?: DockerTls;
        /** Basic credentials for the endpoint. */
        readonly login?: { readonly username: string; readonly password: string };
        /** Only containers that fulfil it count. Absent: all. */
        readonly constraint?: Constraint;
        /** Absent: the default of the mode. */
        readonly defaultRule?: DefaultRuleTemplate;
        /** Containers are reached at the address of the host that their port is bound to, if it is bound to one. */
        readonly useBindPortIp?: boolean;
      }
    | undefined;
  /** File or folder of the file provider. */
  readonly file: string | undefined;
  /** Traefik's own kind of files; never beside `file`. */
  readonly traefikFiles?: TraefikFiles;
  /** Absent: none. */
  readonly internalServices?: InternalServices;
  readonly dataDir: string;
  /** Traefik's file of certificates: what it holds is taken over at the start. Absent: there is none. */
  readonly acmeJson?: string;
  /** Domains of the user's that the local authority may sign beside names of private networks. Absent: none. */
  readonly localDomains?: readonly string[];
  /** URL that says which names may have certificates on demand. Absent: none may. */
  readonly askUrl?: string;
  /** Folder with certificates of the user's own. Absent: `certs` in `dataDir`, if it is there. */
  readonly certsFolder?: string;
  /** DNS servers (`ip[:port]`) for checks before an order; absent or empty: the system's. */
  readonly dnsResolvers?: readonly string[];
  /** Addresses by which the world reaches this server, beside those of its interfaces. */
  readonly publicAddresses?: readonly string[];
  readonly domain: string | undefined;
  readonly acme: AcmeConfig;
  /** Names a router may use in `tls.certresolver`; empty in own mode (any name means ours). */
  readonly resolvers: readonly string[];
  readonly limits: ClientLimits;
  readonly trustedProxies: readonly string[];
  readonly connections: ConnectionLimits;
  /** HTTP/2 is not offered. Absent: it is, over TLS. */
  readonly http2?: false;
  /** Plain entrypoints take HTTP/2 from clients that begin with its preface. Absent: they do not. */
  readonly h2c?: true;
  readonly allowForeignServers: boolean;
  /** Syntax of rules that do not say theirs (Traefik's `core.defaultRuleSyntax`). Absent: v3. */
  readonly ruleSyntax?: 'v2' | 'v3';
  /** How services are reached that say nothing else. Absent: `DEFAULT_TRANSPORT`. */
  readonly transport?: TransportConfig;
  /** What TLS options have that say nothing else. Absent: nothing but what is built in. */
  readonly tls?: TlsOptions;
  readonly admin: ListenAddress | undefined;
  readonly workers: number;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  readonly logFormat: 'json' | 'pretty';
  readonly accessLog: 'off' | 'json' | 'common';
  readonly graceMs: number;
}
