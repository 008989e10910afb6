import type { FailureReason } from '../http/failure.ts';

/** The one place where a socket's error code becomes a reason. */
export function errorReason(error: NodeJS.ErrnoException, isConnecting: boolean): FailureReason {
  const code = error.code ?? '';
  if (code === 'ECONNREFUSED') return 'upstream_refused';
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return 'upstream_unreachable';
  }
  if (code === 'ETIMEDOUT' && isConnecting) return 'connect_timeout';
  if (
    code === 'EPROTO' ||
    code.startsWith('ERR_TLS') ||
    code.startsWith('ERR_SSL') ||
    /CERT|SELF_SIGNED|UNABLE_TO/.test(code)
  ) {
    return 'upstream_tls';
  }
  return 'upstream_reset';
}
