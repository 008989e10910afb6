import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { ClientAuth } from '../config/tls-options.ts';

/**
 * What a TLS socket of Node has inside. Its public interface fixes for a whole server whether clients are asked for certificates, before
 * the name is known that the client wants. OpenSSL reads these between the name and its own first message, in TLS 1.2 and 1.3 alike.
 */
interface Internals {
  readonly _handle?: { readonly setVerifyMode?: (asks: boolean, needsOne: boolean) => void } | null;
  _requestCert?: boolean;
  _rejectUnauthorized?: boolean;
}

/**
 * Says in the middle of a handshake (`SNICallback`) what is asked of this client; `undefined`: nothing. False: it cannot be said, and the
 * handshake must not go on.
 */
export function askClient(socket: TLSSocket, auth: ClientAuth | undefined): boolean {
  const internals = socket as unknown as Internals;
  const handle = internals._handle;
  if (typeof handle?.setVerifyMode !== 'function') return false;
  const isRequired = auth?.mode === 'require';
  handle.setVerifyMode(auth !== undefined, isRequired);
  // Without the first nobody looks at the certificate; with the second an untrusted one ends the connection at once.
  internals._requestCert = auth !== undefined;
  internals._rejectUnauthorized = isRequired && auth.isVerified;
  return true;
}

let isPossible: boolean | undefined;

/** Whether this Node has what `askClient` needs. */
export function canAskClients(): boolean {
  isPossible ??= hasInternals();
  return isPossible;
}

function hasInternals(): boolean {
  const nowhere = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  const socket = new TLSSocket(nowhere, { isServer: true });
  const internals = socket as unknown as Internals;
  const known = [typeof internals._requestCert, typeof internals._rejectUnauthorized];
  const isThere = typeof internals._handle?.setVerifyMode === 'function' && known.every((type) => type === 'boolean');
  socket.destroy();
  nowhere.destroy();
  return isThere;
}
