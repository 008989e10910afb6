import { expect, test } from 'vitest';
import { errorReason } from '../../../src/http1/error-reason.ts';

const error = (code: string): NodeJS.ErrnoException => Object.assign(new Error('x'), { code });

test.for([
  ['ECONNREFUSED', true, 'upstream_refused'],
  ['EHOSTUNREACH', true, 'upstream_unreachable'],
  ['ENETUNREACH', true, 'upstream_unreachable'],
  ['ENOTFOUND', true, 'upstream_unreachable'],
  ['EMFILE', true, 'no_descriptor'],
  ['ENFILE', true, 'no_descriptor'],
  ['EADDRNOTAVAIL', true, 'no_local_port'],
  ['ETIMEDOUT', true, 'connect_timeout'],
  ['ETIMEDOUT', false, 'upstream_reset'],
  ['ECONNRESET', true, 'upstream_reset'],
  ['EPIPE', false, 'upstream_reset'],
  ['EPROTO', true, 'upstream_tls'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', true, 'upstream_tls'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', true, 'upstream_tls'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', true, 'upstream_tls'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', true, 'upstream_tls'],
  ['CERT_HAS_EXPIRED', true, 'upstream_tls'],
  ['INVALID_CA', true, 'upstream_tls'],
  ['PATH_LENGTH_EXCEEDED', true, 'upstream_tls'],
] as const)('%s while connecting: %s is %s', ([code, isConnecting, reason]) => {
  expect(errorReason(error(code), isConnecting)).toBe(reason);
});

test('an error without a code is a reset', () => {
  expect(errorReason(new Error('x'), true)).toBe('upstream_reset');
});
