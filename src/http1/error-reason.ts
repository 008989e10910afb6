import type { FailureReason } from '../http/failure.ts';

/** The one place where a socket's error code becomes a reason. */
export function errorReason(error: NodeJS.ErrnoException, isConnecting: boolean): FailureReason {
  const code = error.code ?? '';
  if (code === 'ECONNREFUSED') return 'upstream_refused';
  // Ours to mend, not the server's: no descriptor, no local port.
  if (code === 'EMFILE' || code === 'ENFILE') return 'no_descriptor';
  if (code === 'EADDRNOTAVAIL') return 'no_local_port';
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'ENOTFOUND') {
    return 'upstream_unreachable';
  }
  if (code === 'ETIMEDOUT' && isConnecting) return 'connect_timeout';
  if (code === 'EPROTO' || code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL') || VERIFICATION.test(code)) {
    return 'upstream_tls';
  }
  return 'upstream_reset';
}

/** Names of OpenSSL's verification results, as Node gives them. */
const VERIFICATION = /CERT|UNABLE_TO|^INVALID_(?:CA|PURPOSE)$|^PATH_LENGTH_EXCEEDED$|^HOSTNAME_MISMATCH$|^OUT_OF_MEM$/;
