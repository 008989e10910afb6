import type { Problem } from '../config/problem.ts';

/** TLS of a listener: who signs, and for which names if not for the hosts of the rule. */
export interface ListenerTls {
  readonly issuer: 'acme' | 'internal';
  readonly domains: readonly (readonly string[])[];
  /** Hosts that the rule leaves open get their certificate when it is asked for. Absent: they do not. */
  readonly onDemand?: true;
  /** TLS options that the entrypoint names. Absent: none, or the router has its own. */
  readonly options?: string;
}

/** Where and how a router listens. A router that serves both plain and TLS has two listeners. */
export interface Listener {
  /** Full name of the router in the snapshot. */
  readonly name: string;
  readonly entrypoints: readonly string[];
  /** Undefined: plain. */
  readonly tls: ListenerTls | undefined;
  /** Middlewares in front of the router's own, as the entrypoint names them. */
  readonly middlewares: readonly string[];
}

export interface Listeners {
  readonly listeners: readonly Listener[];
  /** Plain requests for the same rule are to be sent to HTTPS. */
  readonly redirects: boolean;
  readonly problems: readonly Problem[];
}
