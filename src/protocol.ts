import type { Certificate } from './certs/certificate.ts';
import type { PackedCertificates } from './certs/packed-certificates.ts';
import type { ClientLimits } from './config/client-limits.ts';
import type { ConnectionLimits } from './config/connection-limits.ts';
import type { EntrypointConfig } from './config/static-config.ts';
import type { SnapshotPatch } from './routing/snapshot-patch.ts';
import type { Snapshot } from './routing/snapshot.ts';

/** State of a server as the control plane judges it; only `ready` gets new requests. */
export type ServerState = 'starting' | 'ready' | 'draining' | 'down';

/** A pending HTTP-01 answer (RFC 8555 8.3). */
export interface Http01Challenge {
  readonly token: string;
  /** Lower-case host name or IP address the CA will ask for. */
  readonly host: string;
  readonly keyAuthorization: string;
}

/** A pending TLS-ALPN-01 answer (RFC 8737 3): the certificate to show who asks for nothing but `acme-tls/1`. */
export interface TlsAlpnChallenge {
  readonly token: string;
  /** Lower-case host name or IP address that is proved. */
  readonly host: string;
  /** As the CA says it in the handshake: the host, or the reverse name of the address (RFC 8738 6). */
  readonly serverName: string;
  /** PEM, of this challenge alone. */
  readonly keyPem: string;
  readonly certificatePem: string;
}

/** What a worker answers a CA with. */
export type PendingChallenge = Http01Challenge | TlsAlpnChallenge;

/** What a worker sends to the main thread's counters on request. All values only grow, but the gauges. */
export interface CounterReport {
  readonly connections: number;
  readonly requests: number;
  readonly inFlight: number;
  readonly routers: Readonly<Record<string, RouterCounters>>;
  /** Requests by the router's own reason (`no_router`, `upstream_refused`, …). */
  readonly reasons: Readonly<Record<string, number>>;
  readonly mirrors: Readonly<MirrorCounters>;
  /** Requests in flight by server id, of servers that get no more: not ready, or not in the configuration any longer. */
  readonly leaving: Readonly<Record<string, number>>;
}

/** Copies of requests to mirrors; none of them is among the requests. */
export interface MirrorCounters {
  /** They were answered. */
  mirror_sent: number;
  /** No server was ready, or it did not answer. */
  mirror_failed: number;
  /** Left out: the payload was too long or did not end, or there were too many. */
  mirror_dropped: number;
}

export interface RouterCounters {
  requests: number;
  /** Index 1…5 is the status class. */
  status: number[];
}

/**
 * Why connections end before any request. `out_of_descriptors`: the process has no free file descriptor, so that the system's
 * waiting connections are dropped; found by looking, so it is not a count of connections.
 */
export type ConnectionRefusal =
  | 'too_many_connections'
  | 'too_many_from_address'
  | 'bad_proxy_header'
  | 'proxy_header_timeout'
  | 'out_of_descriptors';

/** A request that is only asked about (`sluice explain`): the data plane says what it would do with it, and does nothing. */
export interface TrialRequest {
  readonly entrypoint: string;
  readonly isTls: boolean;
  readonly method: string;
  /** As it stands in a request line. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly clientAddress: string;
}

/** What would become of a trial request: a router takes it, or the data plane answers it before any router. */
export type TrialVerdict =
  | { readonly router: string }
  /** `reason`: one of the data plane's failures, or `answered` for what it answers as it should (`OPTIONS *`). */
  | { readonly router: undefined; readonly reason: string; readonly status: number };

/** A step from one set of certificates to the next. */
export interface CertificateChange {
  readonly added: readonly PackedCertificates[];
  /** By id. */
  readonly removed: readonly string[];
}

/** Everything a worker must have before it listens; handed over as `workerData`. */
export interface WorkerBoot {
  readonly index: number;
  readonly entrypoints: readonly EntrypointConfig[];
  readonly limits: ClientLimits;
  readonly trustedProxies: readonly string[];
  readonly connectionLimits: ConnectionLimits;
  /** Open connections of all workers (`createSharedCounts`). */
  readonly connectionCounts: SharedArrayBuffer;
  /** Requests in flight by server, of all workers (`createSharedCounts`). */
  readonly serverLoads: SharedArrayBuffer;
  /** Bytes the process may use before new requests are shed. */
  readonly memoryBound: number;
  readonly accessLog: 'off' | 'json' | 'common';
  /** HTTP/2 is offered over TLS. */
  readonly http2: boolean;
  /** HTTP/2 with prior knowledge is taken without TLS (RFC 9113 3.3). */
  readonly h2c: boolean;
  /** 48 bytes shared by all workers, so that a session ticket of one resumes on another. */
  readonly ticketKeys: Uint8Array;
  /** Of sticky cookies (rule F9); the same in all workers and after a restart. */
  readonly stickyKey: Uint8Array;
  readonly snapshot: Snapshot;
  readonly states: readonly (readonly [serverId: string, state: ServerState])[];
  readonly certificates: readonly PackedCertificates[];
  readonly defaultCertificate: Certificate;
  readonly challenges: readonly PendingChallenge[];
  /** Services whose requests wait although servers are ready. */
  readonly paused: readonly (readonly [service: string, leftMs: number])[];
}

/** Control plane → data plane. Plain JSON by design (section 2). */
export type ToWorker =
  /** Open the entrypoints; comes behind everything a request needs. */
  | { readonly type: 'listen' }
  /** A piece of what makes the next snapshot; the next piece comes when this one is acknowledged, the last one when it is live. */
  | { readonly type: 'snapshot'; readonly patch: SnapshotPatch; readonly isLast: boolean; readonly ack: number }
  | { readonly type: 'server-states'; readonly states: readonly (readonly [serverId: string, state: ServerState])[] }
  | { readonly type: 'forget-states'; readonly servers: readonly string[] }
  /** All services that an operator has paused, for so long from now on. */
  | { readonly type: 'paused'; readonly services: readonly (readonly [service: string, leftMs: number])[] }
  | ({ readonly type: 'certificates' } & CertificateChange)
  /** For clients that ask for no name, or for an unknown one. */
  | { readonly type: 'default-certificate'; readonly certificate: Certificate }
  | { readonly type: 'challenge-add'; readonly challenge: PendingChallenge; readonly ack: number }
  | { readonly type: 'challenge-remove'; readonly token: string }
  | { readonly type: 'ticket-keys'; readonly keys: Uint8Array }
  | { readonly type: 'collect'; readonly ack: number }
  | { readonly type: 'trial'; readonly ack: number; readonly request: TrialRequest }
  | { readonly type: 'shutdown' };

/** Data plane → control plane. */
export type FromWorker =
  | { readonly type: 'listening' }
  | { readonly type: 'ack'; readonly ack: number }
  | { readonly type: 'counters'; readonly ack: number; readonly report: CounterReport }
  | { readonly type: 'verdict'; readonly ack: number; readonly verdict: TrialVerdict }
  | { readonly type: 'connect-failed'; readonly serverId: string; readonly code: string; readonly detail: string }
  /** A server fails more often than its service allows: it is to be ejected if the others can bear it. */
  | {
      readonly type: 'server-failing';
      readonly serverId: string;
      readonly detail: string;
      readonly baseMs: number;
      readonly maxMs: number;
    }
  | { readonly type: 'unknown-name'; readonly name: string }
  | { readonly type: 'challenge-served'; readonly token: string; readonly host: string; readonly remote: string }
  | { readonly type: 'access-log'; readonly lines: string }
  /** Refused since the last message, with one of the addresses. */
  | {
      readonly type: 'refused';
      readonly reason: ConnectionRefusal;
      readonly count: number;
      readonly address: string;
    }
  | {
      readonly type: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields: Readonly<Record<string, string | number | boolean>>;
    }
  | { readonly type: 'drained' };
