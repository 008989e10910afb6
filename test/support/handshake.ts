import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';

/** What a client sees of the certificate it is served. */
export interface ServedCertificate {
  /** `DNS:app.test`, as the subject alternative names say. */
  readonly names: string;
  readonly issuer: string;
  readonly serial: string;
  /** The chain leads to `caPem` and the certificate covers the name. */
  readonly isTrusted: boolean;
}

/** Shakes hands at `127.0.0.1:PORT` and reports the certificate, trusted or not. Without `name` no server name is sent. */
export async function handshake(options: {
  readonly at: string;
  readonly name?: string;
  readonly caPem?: string;
}): Promise<ServedCertificate> {
  const { at, name, caPem } = options;
  const [host, port] = at.split(':') as [string, string];
  const socket = connect({
    host,
    port: Number(port),
    rejectUnauthorized: false,
    ...(name === undefined ? {} : { servername: name }),
    ...(caPem === undefined ? {} : { ca: caPem }),
  });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(10_000) });
    const certificate = new X509Certificate(socket.getPeerCertificate(true).raw);
    const { subjectAltName = '', issuer, serialNumber: serial } = certificate;
    return { names: subjectAltName, issuer, serial, isTrusted: socket.authorized };
  } finally {
    socket.destroy();
  }
}
