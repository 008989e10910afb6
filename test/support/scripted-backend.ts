import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer, type TlsOptions } from 'node:tls';
import { readMessages } from './raw-http.ts';

/** A connection at a backend. */
export interface ScriptedConnection {
  readonly socket: Socket;
  /** Number of the connection, from 0 on. */
  readonly index: number;
  /** What came and was not answered by `answer`, as latin1. */
  received: string;
  write(latin1: string): void;
  /** Writes an answer; what came so far is done with. */
  answer(latin1: string): void;
  /** Ends it as a TCP reset, also below TLS. */
  reset(): void;
}

/** Called with every piece that comes. */
export type Script = (connection: ScriptedConnection) => void;

/** Answers every complete request, one after another. */
export const answering =
  (response: string): Script =>
  (connection) => {
    const [request] = readMessages(connection.received, 'request');
    if (request?.isComplete === true) connection.answer(response);
  };

/** A backend, plain or over TLS, that does what its script says and remembers nothing of connections that are gone. */
export class ScriptedBackend {
  script: Script;
  /** What becomes of an accepted socket, instead of being served. */
  onAccept: ((socket: Socket) => void) | undefined = undefined;
  /** Open connections, handshakes included. */
  readonly sockets = new Set<Socket>();
  /** Those that are served. */
  readonly connections = new Set<ScriptedConnection>();
  port = 0;
  private readonly tlsServer: TlsServer | undefined;
  private server = createServer();
  private opened = 0;

  constructor(script: Script, tls?: TlsOptions) {
    this.script = script;
    this.tlsServer = tls && createTlsServer(tls);
    this.tlsServer?.on('tlsClientError', (_error, socket) => socket.destroy());
    this.tlsServer?.on('secureConnection', (socket) => {
      const raw = [...this.sockets].find(({ remotePort }) => remotePort === socket.remotePort);
      socket.allowHalfOpen = true;
      if (raw === undefined) socket.destroy();
      else this.serve(socket, raw);
    });
  }

  /** Listens, again on the same port after `refuse`. */
  async listen(): Promise<this> {
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (raw) => this.accept(raw));
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  /** From here on connections are refused. */
  async refuse(): Promise<void> {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(this.server, 'close');
  }

  private accept(raw: Socket): void {
    this.sockets.add(raw);
    raw.on('error', () => {});
    raw.on('close', () => this.sockets.delete(raw));
    if (this.onAccept !== undefined) {
      raw.on('end', () => raw.end()).resume();
      this.onAccept(raw);
    } else if (this.tlsServer === undefined) this.serve(raw, raw);
    else {
      // Whoever ends inside the handshake is gone.
      raw.allowHalfOpen = false;
      this.tlsServer.emit('connection', raw);
    }
  }

  private serve(socket: Socket, raw: Socket): void {
    const connection: ScriptedConnection = {
      socket,
      index: this.opened++,
      received: '',
      write: (latin1) => {
        if (socket.writable) socket.write(latin1, 'latin1');
      },
      answer: (latin1) => {
        connection.received = '';
        connection.write(latin1);
      },
      // A socket that is ending cannot be reset.
      reset: () => void (socket.writableEnded ? raw.destroy() : raw.resetAndDestroy()),
    };
    this.connections.add(connection);
    socket.on('data', (chunk: Buffer) => {
      connection.received += chunk.latin1Slice();
      this.script(connection);
    });
    socket.on('end', () => socket.end());
    socket.on('error', () => {});
    socket.on('close', () => this.connections.delete(connection));
  }
}
