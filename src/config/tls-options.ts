/** Versions that a TLS listener speaks; older ones are not spoken at all. */
export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/** What is asked of clients. `optional`: none is fine, a wrong one is not. */
export interface ClientAuth {
  readonly mode: 'optional' | 'require';
  /** False: any certificate will do, whoever signed it. */
  readonly isVerified: boolean;
}

/** TLS options as configuration says them, before defaults are filled in and files are read. Absent: not said. */
export interface TlsOptions {
  readonly minVersion?: TlsVersion;
  readonly maxVersion?: TlsVersion;
  /** Suites of TLS 1.2 by OpenSSL's names; those of TLS 1.3 are always the same. */
  readonly ciphers?: readonly string[];
  /** Groups of the key exchange by OpenSSL's names, in order. */
  readonly curves?: readonly string[];
  /** A client that asks for a name without a certificate, or for none, is refused. */
  readonly sniStrict?: boolean;
  /** `ca`: each the path of a PEM file, or PEM text. */
  readonly clientAuth?: ClientAuth & { readonly ca: readonly string[] };
}

/** TLS options that routers name. `unusable`: why routers that name them must not serve. */
export interface TlsOptionsConfig {
  /** Full name: `modern@file`. */
  readonly name: string;
  readonly provider: string;
  readonly containers: readonly string[];
  readonly options: TlsOptions | { readonly unusable: string };
  /** The label that names the roots of clients, for problems found later. */
  readonly labels: { readonly clientCa?: string };
}

/** TLS options with nothing left open. Plain JSON. */
export interface TlsPolicy {
  /**
   * Equal for equal options; empty for the default ones, unless these ask for certificates. A connection carries it, and a router
   * answers only on connections that carry its own (A5).
   */
  readonly id: string;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  readonly ciphers: readonly string[];
  /** Empty: those of the TLS library. */
  readonly curves: readonly string[];
  readonly sniStrict: boolean;
  /** `caPem`: the roots; empty where nothing is verified. */
  readonly clientAuth?: ClientAuth & { readonly caPem: string };
  /** Why no connection may have these options. */
  readonly refused?: string;
}

/** Name of the options that hold where nobody names others. */
export const DEFAULT_TLS_OPTIONS = 'default';

/** Mozilla's intermediate list for TLS 1.2; Node's own still holds CBC and DHE suites. */
const CIPHERS: readonly string[] = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
];

/** The default options when nobody says anything. */
export const DEFAULT_TLS_POLICY: TlsPolicy = {
  id: '',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: CIPHERS,
  curves: [],
  sniStrict: false,
};

/** Whether a name in a reference means the default options. */
export function isDefaultTlsOptions(name: string): boolean {
  return name === '' || name === DEFAULT_TLS_OPTIONS || name === `${DEFAULT_TLS_OPTIONS}@file`;
}
