import type { CertificateStatus } from '../certs/certificate-status.ts';

/** The certificate a TLS client gets for a host. */
export interface CertificateView {
  readonly names: readonly string[];
  /** State of its life cycle; `default`: no router wants one for this name, so the local authority's default serves. */
  readonly state: CertificateStatus['state'] | 'default';
  readonly issuer?: string;
  /** Unix milliseconds. */
  readonly notAfter?: number;
  readonly lastError?: string;
  readonly hint?: string;
}

/** The certificate for a canonical host: its own, a wildcard's, or the default one. */
export function certificateOf(host: string, all: readonly CertificateStatus[]): CertificateView {
  const wildcard = `*${host.slice(Math.max(host.indexOf('.'), 0))}`;
  const found =
    all.find(({ names }) => names.includes(host)) ??
    all.find(({ names }) => host.includes('.') && names.includes(wildcard));
  if (found === undefined) return { names: [], state: 'default' };
  const { names, state, issuer, notAfter, lastError } = found;
  return {
    names,
    state,
    ...(issuer === undefined ? {} : { issuer }),
    ...(notAfter === undefined ? {} : { notAfter }),
    ...(lastError === undefined ? {} : { lastError: lastError.detail, hint: lastError.hint }),
  };
}
