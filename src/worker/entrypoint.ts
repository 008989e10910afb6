import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import type { EntrypointConfig, ListenAddress } from '../config/static-config.ts';
import type { DataPlane } from '../http/data-plane.ts';
import type { PeerFacts } from '../http/forwarded.ts';
import { plainAddress } from '../http/network-list.ts';
import { ServerConnection } from '../http1/server-connection.ts';
import { listen } from '../lib/listen.ts';
import type { TlsContexts } from './tls.ts';

const TLS_HANDSHAKE_RECORD = 0x16;

/** A named listener of this worker and the connections that came in by it. */
export class Entrypoint {
  private readonly config: EntrypointConfig;
  private readonly plane: DataPlane;
  private readonly servers: Server[] = [];
  private readonly tlsServer: TlsServer | undefined;
  private readonly connections = new Set<ServerConnection>();

  constructor(config: EntrypointConfig, plane: DataPlane, tls: TlsContexts, ticketKeys: Uint8Array) {
    this.config = config;
    this.plane = plane;
    this.tlsServer = config.transport === 'plain' ? undefined : this.createTls(tls, ticketKeys);
  }

  /** Opens every address with `reusePort`, so that all workers share them. Rejects with the first fault. */
  async listen(): Promise<void> {
    for (const address of this.config.addresses) await this.open(address);
  }

  setTicketKeys(keys: Uint8Array): void {
    this.tlsServer?.setTicketKeys(Buffer.from(keys));
  }

  /** Stops accepting and lets running requests finish; idle connections close at once. */
  drain(): void {
    for (const server of this.servers) server.close();
    for (const connection of this.connections) connection.drain();
  }

  get openConnections(): number {
    return this.connections.size;
  }

  private async open(address: ListenAddress): Promise<void> {
    const { transport } = this.config;
    const server =
      transport === 'tls'
        ? this.tlsServer!
        : createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.accept(socket));
    // A TLS server listens on one address only; a second address gets a plain listener that hands over.
    const listener =
      transport === 'tls' && this.servers.includes(server)
        ? createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.tlsServer!.emit('connection', socket))
        : server;
    await listen(listener, address, { reusePort: true });
    listener.on('error', () => {});
    this.servers.push(listener);
  }

  private createTls(tls: TlsContexts, ticketKeys: Uint8Array): TlsServer {
    const server = createTlsServer({ ...tls.options(ticketKeys), allowHalfOpen: true, noDelay: true }, (socket) =>
      this.serve(socket, true),
    );
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    return server;
  }

  private accept(socket: Socket): void {
    if (this.config.transport === 'plain') this.serve(socket, false);
    else this.peek(socket);
  }

  /** `auto`: the first byte tells a TLS handshake from a request line. */
  private peek(socket: Socket): void {
    const fail = (): void => {
      socket.destroy();
    };
    const timer = setTimeout(fail, this.plane.limits.headMs);
    socket.once('error', fail);
    socket.once('end', fail);
    socket.once('data', (chunk: Buffer) => {
      clearTimeout(timer);
      socket.off('error', fail);
      socket.off('end', fail);
      socket.pause();
      socket.unshift(chunk);
      // The TLS layer reads what was put back by itself; resuming here would stall the handshake.
      if (chunk[0] === TLS_HANDSHAKE_RECORD) this.tlsServer!.emit('connection', socket);
      else {
        this.serve(socket, false);
        socket.resume();
      }
    });
    socket.once('close', () => clearTimeout(timer));
  }

  private serve(socket: Socket, isTls: boolean): void {
    const address = socket.remoteAddress;
    // Gone before it was served.
    if (address === undefined) {
      socket.destroy();
      return;
    }
    const plain = plainAddress(address);
    const peer: PeerFacts = { address: plain, isTls, isTrusted: this.plane.trusted.has(plain) };
    const connection = new ServerConnection(socket, this.plane, {
      entrypoint: this.config.name,
      peer,
      closed: (closed) => this.connections.delete(closed),
    });
    this.connections.add(connection);
  }
}
