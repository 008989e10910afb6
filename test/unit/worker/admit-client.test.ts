import type { TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { DEFAULT_TLS_POLICY, type TlsPolicy } from '../../../src/config/tls-options.ts';
import { admitClient } from '../../../src/worker/admit-client.ts';

interface Facts {
  readonly version?: string;
  readonly cipher?: string;
  readonly isResumed?: boolean;
  readonly hasCertificate?: boolean;
  readonly isAuthorized?: boolean;
}

/** A connection whose handshake let everything pass: each layer has to hold by itself. */
function socket(facts: Facts): TLSSocket {
  const { version = 'TLSv1.3', cipher = DEFAULT_TLS_POLICY.ciphers[0], isResumed = false } = facts;
  return {
    getProtocol: () => version,
    getCipher: () => ({ name: cipher }),
    isSessionReused: () => isResumed,
    getPeerX509Certificate: () => (facts.hasCertificate === true ? {} : undefined),
    authorized: facts.isAuthorized === true,
  } as unknown as TLSSocket;
}

const auth = (mode: 'optional' | 'require', isVerified = true) => ({ clientAuth: { mode, isVerified, caPem: '' } });
const RIGHT: Facts = { hasCertificate: true, isAuthorized: true };

test.for<[Partial<TlsPolicy>, Facts, boolean]>([
  [{}, {}, true],
  [{}, { version: 'TLSv1.2' }, true],
  [{ refused: 'x' }, RIGHT, false],
  [{ minVersion: 'TLSv1.3' }, {}, true],
  [{ minVersion: 'TLSv1.3' }, { version: 'TLSv1.2' }, false],
  [{}, { version: 'TLSv1.2', cipher: 'AES128-SHA' }, false],
  [{}, { cipher: 'TLS_AES_128_GCM_SHA256' }, true],
  [auth('require'), RIGHT, true],
  [auth('require'), { ...RIGHT, isResumed: true }, false],
  [auth('optional'), { isResumed: true }, false],
  [auth('require'), {}, false],
  [auth('require'), { hasCertificate: true }, false],
  // Never so with Node; without a certificate nobody is authorized.
  [auth('require'), { isAuthorized: true }, false],
  [auth('optional'), {}, true],
  [auth('optional'), { hasCertificate: true }, false],
  [auth('optional'), RIGHT, true],
  [auth('require', false), { hasCertificate: true }, true],
  [auth('require', false), {}, false],
  [auth('optional', false), { hasCertificate: true }, true],
])('%j with %j: %s', ([policy, facts, isAdmitted]) => {
  expect(admitClient(socket(facts), { ...DEFAULT_TLS_POLICY, ...policy })).toBe(isAdmitted);
});
