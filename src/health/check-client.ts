import { connect, isIP, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  type ConnectionOptions,
  type PeerCertificate,
} from 'node:tls';
import { Client, type Dispatcher } from 'undici';
import type { ServerScheme, TransportTls } from '../config/dynamic.ts';

/** Where checks go. */
export interface CheckTarget {
  readonly scheme: ServerScheme;
  readonly host: string;
  readonly port: number;
}

/**
 * An HTTP client of one server, with one connection at most. It stays open for the next check unless the server ends it, or says
 * nothing for some seconds: a check every second would otherwise cost three times as much.
 */
export class CheckClient {
  /** An answer came over the connection that stands: the server may be closing it just now. */
  isUsed = false;
  readonly #client: Client;
  readonly #target: CheckTarget;
  readonly #tls: TransportTls;
  #socket: Socket | undefined = undefined;

  /** Certificates are verified as those of other requests to the server (B14). */
  constructor(target: CheckTarget, tls: TransportTls) {
    this.#target = target;
    this.#tls = tls;
    this.#client = new Client(originOf(target), {
      connect: (_options, done) => this.#open(done),
      pipelining: 1,
      allowH2: false,
      // Whoever asks has a deadline for the whole.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  ask(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#client.dispatch(options, handler);
  }

  /** Ends what runs and the connection, also one that is being opened. */
  close(): void {
    this.#socket?.destroy();
    void this.#client.destroy();
  }

  #open(done: (...result: [null, Socket] | [Error, null]) => void): void {
    this.isUsed = false;
    const socket = openSocket(this.#target, this.#tls, ['http/1.1']);
    this.#socket = socket;
    // What undici goes by: HTTP/2 with prior knowledge.
    if (this.#target.scheme === 'h2c') Object.assign(socket, { alpnProtocol: 'h2' });
    let isDone = false;
    const settle = (...result: [null, Socket] | [Error, null]): void => {
      if (isDone) return;
      isDone = true;
      done(...result);
    };
    socket.once(this.#target.scheme === 'https' ? 'secureConnect' : 'connect', () => settle(null, socket));
    socket.on('error', (error) => settle(error, null));
    socket.once('close', () => settle(new Error('the connection was closed'), null));
  }
}

/** Opens a connection to a server. `protocols`: what may be spoken over TLS (ALPN). */
export function openSocket(target: CheckTarget, tls: TransportTls, protocols: readonly string[]): Socket {
  const { scheme, host, port } = target;
  return scheme === 'https' ? connectTls(tlsOptions(target, tls, protocols)) : connect({ host, port, noDelay: true });
}

/** The URL of a server, without a path; `authority`: another name of it. */
export function originOf(target: CheckTarget, authority: string = authorityOf(target)): string {
  return `${target.scheme === 'https' ? 'https' : 'http'}://${authority}`;
}

/** `host:port` as a URL has it. */
export function authorityOf({ host, port }: Pick<CheckTarget, 'host' | 'port'>): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function tlsOptions(
  { host, port }: CheckTarget,
  { serverName, rootCAs, insecureSkipVerify }: TransportTls,
  protocols: readonly string[],
): ConnectionOptions {
  const name = serverName ?? host;
  return {
    host,
    port,
    ALPNProtocols: [...protocols],
    secureContext: createSecureContext(rootCAs === undefined ? {} : { ca: rootCAs }),
    // SNI names hosts only (RFC 6066 3).
    ...(isIP(name) === 0 ? { servername: name } : {}),
    rejectUnauthorized: !insecureSkipVerify,
    checkServerIdentity: (_host: string, certificate: PeerCertificate) => checkServerIdentity(name, certificate),
  };
}
