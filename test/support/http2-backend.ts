import { once } from 'node:events';
import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type Settings,
} from 'node:http2';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TlsOptions } from 'node:tls';

type Handle = (stream: ServerHttp2Stream, fields: IncomingHttpHeaders) => void;

/** A request as the server got it, with its whole payload. */
export interface ReceivedRequest {
  readonly fields: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly trailers: IncomingHttpHeaders;
}

/** Reads a request to its end. */
export async function received(stream: ServerHttp2Stream, fields: IncomingHttpHeaders): Promise<ReceivedRequest> {
  const pieces: Buffer[] = [];
  let trailers: IncomingHttpHeaders = {};
  stream.on('trailers', (one: IncomingHttpHeaders) => (trailers = one));
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  await once(stream, 'end');
  return { fields, body: Buffer.concat(pieces), trailers };
}

/** Node's own HTTP/2 as a server behind the router: `h2c` with prior knowledge, or over TLS. */
export class Http2Backend {
  handle: Handle;
  /** What clients of HTTP/1.1 get, where TLS lets them in. */
  handleHttp1: (incoming: IncomingMessage, outgoing: ServerResponse) => void = (_incoming, outgoing) =>
    outgoing.end('one');
  /** TCP connections so far, and those that are open. */
  connections = 0;
  readonly sockets = new Set<Socket>();
  readonly sessions: ServerHttp2Session[] = [];
  /** Streams so far. */
  streams = 0;
  port = 0;
  private readonly server: Http2Server | Http2SecureServer;

  constructor(
    handle: Handle,
    options: { readonly tls?: TlsOptions & { allowHTTP1?: boolean }; readonly settings?: Settings } = {},
  ) {
    this.handle = handle;
    const { tls, settings = {} } = options;
    const own = { settings, maxSessionMemory: 1000 };
    this.server = tls === undefined ? createServer(own) : createSecureServer({ ...tls, ...own });
    this.server.on('connection', (socket: Socket) => {
      this.connections += 1;
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => {});
    });
    this.server.on('session', (session) => {
      this.sessions.push(session);
      session.on('error', () => {});
    });
    this.server.on('stream', (stream: ServerHttp2Stream, fields) => {
      this.streams += 1;
      stream.on('error', () => {});
      this.handle(stream, fields);
    });
    // With a listener for them, Node answers requests of HTTP/2 as well in its own way.
    if (tls?.allowHTTP1 === true) {
      this.server.on('request', (incoming, outgoing) => {
        if (incoming.httpVersionMajor !== 1) return;
        this.handleHttp1(incoming as unknown as IncomingMessage, outgoing as unknown as ServerResponse);
      });
    }
    this.server.on('sessionError', () => {});
  }

  /** What becomes of requests of HTTP/1.1 that upgrade, where TLS lets them in. */
  onUpgrade(heed: (socket: Duplex) => void): void {
    this.server.on('upgrade', (_incoming: IncomingMessage, socket: Duplex) => heed(socket));
  }

  async listen(): Promise<this> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  /** Ends everything; connections are refused from here on. */
  async close(): Promise<void> {
    const over = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await over;
  }
}

/** Answers with what it was asked, and the payload it was sent. */
export function echo(stream: ServerHttp2Stream, fields: IncomingHttpHeaders): void {
  stream.respond({ ':status': 200, 'x-method': fields[':method'], 'x-path': fields[':path'] });
  stream.pipe(stream);
}
