import { connect, isIP, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  type ConnectionOptions,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import type { Upstream } from '../upstream/upstream.ts';

/** Whoever dials. */
export interface Dialler {
  /** Where the next bytes land; only asked where the socket can read into a given buffer. */
  nextBuffer(): Buffer;
  /** Bytes from the server, in a buffer that is valid during the call. */
  onRead(buf: Buffer, bytes: number): void;
  /** The connection stands; over TLS the server is who it should be. */
  onConnect(): void;
}

/** Opens a socket to a server that is spoken to in HTTP/1.1. It may end on its own side later than the server does. */
export function dial(upstream: Upstream, dialler: Dialler): Socket {
  if (upstream.config.scheme !== 'https') return dialPlain(upstream, dialler);
  const socket = dialTls(upstream, HTTP1);
  socket.once('secureConnect', () => dialler.onConnect());
  readInto(socket, dialler);
  return socket;
}

/** What arrives over a socket of `dialTls` is the dialler's from here on. */
export function readInto(socket: Socket, dialler: Dialler): void {
  socket.on('data', (chunk: Buffer) => dialler.onRead(chunk, chunk.length));
}

function dialPlain({ config }: Upstream, dialler: Dialler): Socket {
  const socket = connect({
    host: config.host,
    port: config.port,
    noDelay: true,
    allowHalfOpen: true,
    onread: {
      buffer: () => dialler.nextBuffer(),
      callback: (bytes: number, buf: Uint8Array) => {
        dialler.onRead(buf as Buffer, bytes);
        return true;
      },
    },
  });
  socket.once('connect', () => dialler.onConnect());
  return socket;
}

/** What a TLS connection may be used for, in the order of our preference (RFC 7301). */
export const HTTP1: readonly string[] = ['http/1.1'];
export const ANY_HTTP: readonly string[] = ['h2', 'http/1.1'];

/** What TLS connections of one upstream have in common. */
interface Secure {
  readonly options: ConnectionOptions;
  /** The newest session of a verified connection; resumed by the next one. */
  session: Buffer | undefined;
}

/** Gone with their upstreams, so that a session never serves another identity (B13). */
const secured = new WeakMap<Upstream, Secure>();

/** Opens a TLS socket that nobody reads yet; with `secureConnect` the server has proved who it is (B14). */
export function dialTls(upstream: Upstream, protocols: readonly string[]): TLSSocket {
  const secure = secured.getOrInsertComputed(upstream, secureOf);
  const { session } = secure;
  const socket = connectTls({
    ...secure.options,
    ALPNProtocols: [...protocols],
    ...(session === undefined ? {} : { session }),
  });
  socket.setNoDelay(true);
  socket.on('session', (next: Buffer) => {
    secure.session = next;
  });
  // Whatever went wrong, the next connection begins anew.
  socket.once('error', () => {
    secure.session = undefined;
  });
  return socket;
}

/** How TLS connections to an upstream are made, with the same verification whoever opens them (B14). */
export function tlsOptions(upstream: Upstream): ConnectionOptions {
  return secured.getOrInsertComputed(upstream, secureOf).options;
}

/** B14: the certificate must come from a trusted root and be for the name that is asked for, or for the address. */
function secureOf({ config, transport }: Upstream): Secure {
  const { serverName, rootCAs, insecureSkipVerify } = transport.tls;
  const name = serverName ?? config.host;
  const secureContext: SecureContext = createSecureContext(rootCAs === undefined ? {} : { ca: rootCAs });
  const options = {
    host: config.host,
    port: config.port,
    allowHalfOpen: true,
    ALPNProtocols: [...HTTP1],
    secureContext,
    // SNI names hosts only (RFC 6066 3).
    ...(isIP(name) === 0 ? { servername: name } : {}),
    rejectUnauthorized: !insecureSkipVerify,
    checkServerIdentity: (_host: string, certificate: PeerCertificate) => checkServerIdentity(name, certificate),
  };
  return { options, session: undefined };
}
