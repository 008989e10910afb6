import type { TLSSocket } from 'node:tls';
import type { TlsPolicy } from '../config/tls-options.ts';

/**
 * Whether a connection whose handshake is done fulfils the TLS options that hold for it. Most were enforced in the handshake; what could
 * not be is found here, before any byte of a request is read.
 */
export function admitClient(socket: TLSSocket, policy: TlsPolicy): boolean {
  const { minVersion, ciphers, clientAuth, refused } = policy;
  if (refused !== undefined) return false;
  const version = socket.getProtocol();
  if (minVersion === 'TLSv1.3' && version !== 'TLSv1.3') return false;
  // The listener offers what any options allow.
  if (version !== 'TLSv1.3' && !ciphers.includes(socket.getCipher().name)) return false;
  return clientAuth === undefined || hasRightCertificate(socket, clientAuth);
}

function hasRightCertificate(socket: TLSSocket, { mode, isVerified }: NonNullable<TlsPolicy['clientAuth']>): boolean {
  // It was asked for nothing.
  if (socket.isSessionReused()) return false;
  if (socket.getPeerX509Certificate() === undefined) return mode === 'optional';
  return !isVerified || socket.authorized;
}
