export type CertificateState =
  | 'ok'
  | 'obtaining'
  | 'waiting'
  | 'failed'
  | 'rate-limited'
  | 'expired'
  | 'unused'
  | 'internal'
  | 'needs-dns'
  | 'waiting-dns';

/** How it stands with one wanted certificate, for the admin address, the CLI and the log. No secrets. */
export interface CertificateStatus {
  readonly names: readonly string[];
  readonly state: CertificateState;
  readonly routers: readonly string[];
  /** Who signed what serves now. */
  readonly issuer: string | undefined;
  /** Unix milliseconds, as are all times here. */
  readonly notAfter: number | undefined;
  /** When the certificate in use is to be renewed. */
  readonly renewAt: number | undefined;
  /** Who says so: its CA (RFC 9773), or the part of its life that is left. */
  readonly renewBy?: 'ari' | 'due' | undefined;
  /** When the CA is asked next, if not at once. */
  readonly nextAttempt: number | undefined;
  readonly failures: number;
  readonly lastError:
    | { readonly type: string; readonly detail: string; readonly hint: string; readonly at: number | undefined }
    | undefined;
}
