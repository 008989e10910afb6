import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { reverseName } from '../lib/reverse-name.ts';
import { signAlpnCertificate } from '../certs/sign-certificate.ts';
import type { TlsAlpnChallenge } from '../protocol.ts';

/** Makes the answer to a TLS-ALPN-01 challenge (RFC 8737 3): a certificate that holds the hash of the key authorization. */
export async function createAlpnAnswer(challenge: {
  readonly token: string;
  readonly host: string;
  readonly keyAuthorization: string;
  /** Unix milliseconds. */
  readonly now: number;
}): Promise<TlsAlpnChallenge> {
  const { token, host, keyAuthorization, now } = challenge;
  const digest = createHash('sha256').update(keyAuthorization).digest();
  const { keyPem, chainPem } = await signAlpnCertificate({ host, digest, now });
  return { token, host, serverName: isIP(host) === 0 ? host : reverseName(host), keyPem, certificatePem: chainPem };
}
