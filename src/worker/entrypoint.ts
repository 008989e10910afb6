import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer, type TlsOptions, type TLSSocket } from 'node:tls';
import type { EntrypointConfig, ListenAddress } from '../config/static-config.ts';
import type { DataPlane } from '../http/data-plane.ts';
import { NO_TLS, Peer } from '../http/forwarded.ts';
import { NetworkList, plainAddress } from '../http/network-list.ts';
import { ServerConnection } from '../http1/server-connection.ts';
import { StreamPool } from '../http1/stream-pool.ts';
import { Http2Connection } from '../http2/http2-connection.ts';
import { Http2StreamPool } from '../http2/http2-stream-pool.ts';
import { listen } from '../lib/listen.ts';
import type { TimerWheel } from '../lib/timer-wheel.ts';
import { type AlpnChallenges, isAlpnCheck } from './alpn.ts';
import { BusyAnswers } from './busy-answers.ts';
import type { ConnectionGate, GateRefusal } from './connection-gate.ts';
import { FirstBytes, type FirstBytesOwner } from './first-bytes.ts';
import type { Refusals } from './refusals.ts';
import { SocketFacts } from './socket-facts.ts';
import type { TlsContexts } from './tls.ts';

/** What the entrypoints of a worker share beside the plane. */
export interface EntrypointParts {
  readonly plane: DataPlane;
  readonly tls: TlsContexts;
  readonly alpn: AlpnChallenges;
  readonly ticketKeys: Uint8Array;
  readonly gate: ConnectionGate;
  readonly refusals: Refusals;
  /** Plain connections may begin with HTTP/2 (RFC 9113 3.3). */
  readonly h2c: boolean;
}

/** A named listener of this worker and the connections that came in by it. */
export class Entrypoint implements FirstBytesOwner {
  readonly wheel: TimerWheel;
  readonly firstByteMs: number;
  /** `auto`: the first byte tells a TLS handshake from a request line. */
  readonly peeks: boolean;
  readonly seeksPreface: boolean;
  private readonly config: EntrypointConfig;
  private readonly plane: DataPlane;
  private readonly gate: ConnectionGate;
  private readonly refusals: Refusals;
  private readonly busy: BusyAnswers;
  /** Peers whose connections begin with a PROXY header (F6). */
  private readonly proxies: NetworkList;
  /** The clients behind them, while TLS sits between the socket that was accepted and the one that is served. */
  private readonly clients = new SocketFacts<string>();
  private readonly servers: Server[] = [];
  private readonly alpn: AlpnChallenges;
  private readonly tls: TlsContexts;
  private tlsServer: TlsServer | undefined;
  /** Shakes hands while a CA may come to check a name (`AlpnChallenges.options`). */
  private checkedServer: TlsServer | undefined;
  private readonly streams: StreamPool;
  private readonly http2Streams: Http2StreamPool;
  private readonly connections = new Set<ServerConnection | Http2Connection>();

  constructor(config: EntrypointConfig, { plane, tls, alpn, ticketKeys, gate, refusals, h2c }: EntrypointParts) {
    this.config = config;
    this.plane = plane;
    this.gate = gate;
    this.refusals = refusals;
    this.wheel = plane.wheel;
    this.firstByteMs = plane.limits.headMs;
    this.peeks = config.transport === 'auto';
    this.seeksPreface = h2c && config.transport !== 'tls';
    this.busy = new BusyAnswers(plane);
    this.streams = new StreamPool(plane);
    this.http2Streams = new Http2StreamPool(plane);
    this.proxies = new NetworkList(config.proxyProtocol ?? []);
    this.alpn = alpn;
    this.tls = tls;
    this.makeTls(ticketKeys);
  }

  /** Handshakes from here on are as `TlsContexts` says now; those that were begun go on as they were. */
  makeTls(ticketKeys: Uint8Array): void {
    if (this.config.transport === 'plain') return;
    const options = this.tls.options(this.config.name, ticketKeys);
    this.tlsServer = this.createTls(options);
    this.checkedServer = this.createTls(this.alpn.options(options));
  }

  /** Opens every address with `reusePort`, so that all workers share them. Rejects with the first fault. */
  async listen(): Promise<void> {
    for (const address of this.config.addresses) await this.open(address);
  }

  setTicketKeys(keys: Uint8Array): void {
    this.tlsServer?.setTicketKeys(Buffer.from(keys));
    this.checkedServer?.setTicketKeys(Buffer.from(keys));
  }

  /** Stops accepting and lets running requests finish; idle connections close at once. */
  drain(): void {
    for (const server of this.servers) server.close();
    this.shed();
  }

  /** Every open connection closes: idle ones at once, others behind their current request. New ones are welcome. */
  shed(): void {
    for (const connection of this.connections) connection.drain();
  }

  get openConnections(): number {
    return this.connections.size;
  }

  private async open(address: ListenAddress): Promise<void> {
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.accept(socket));
    await listen(listener, address, { reusePort: true });
    // Without a free descriptor Node mostly drops waiting connections by itself; whatever it tells of costs this one connection.
    listener.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'EMFILE' || code === 'ENFILE') this.refusals.note('out_of_descriptors', '');
    });
    this.servers.push(listener);
  }

  private createTls(options: TlsOptions): TlsServer {
    const server = createTlsServer({ ...options, allowHalfOpen: true, noDelay: true }, (socket) =>
      this.secured(socket),
    );
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    return server;
  }

  /** The way in of every socket. Before anything else it is counted, so that a refused one costs next to nothing. */
  private accept(socket: Socket): void {
    const address = socket.remoteAddress;
    // Gone before it was served.
    if (address === undefined) {
      socket.destroy();
      return;
    }
    const client = plainAddress(address);
    const isProxy = this.proxies.has(client);
    const refusal = this.gate.enter(socket, client, isProxy);
    if (refusal !== undefined) this.refuse(socket, client, refusal);
    else if (isProxy || this.peeks || this.seeksPreface) new FirstBytes(socket, client, isProxy, this).start();
    else if (this.tlsServer !== undefined) this.shakeHands(socket);
    else this.serve(socket, false, client);
  }

  private refuse(socket: Socket, client: string, reason: GateRefusal): void {
    this.refusals.note(reason, client);
    if (reason === 'too_many_connections' && this.config.transport === 'plain') this.busy.answer(socket);
    else socket.destroy();
  }

  announced(socket: Socket, client: string): boolean {
    const refusal = this.gate.enterAnnounced(socket, client);
    if (refusal === undefined) return true;
    this.refusals.note(refusal, client);
    socket.destroy();
    return false;
  }

  withoutHeader(reason: 'bad_proxy_header' | 'proxy_header_timeout', address: string): void {
    this.refusals.note(reason, address);
  }

  ready(socket: Socket, client: string, isTls: boolean, isHttp2: boolean): void {
    if (isTls || (this.tlsServer !== undefined && !this.peeks)) {
      if (!this.proxies.isEmpty) this.clients.set(socket, client);
      // The TLS layer reads what was put back by itself; resuming here would stall the handshake.
      this.shakeHands(socket);
      return;
    }
    this.serve(socket, false, client, NO_TLS, isHttp2);
    socket.resume();
  }

  private shakeHands(socket: Socket): void {
    // A client that ends within the handshake is gone; half-open, it would be waited for until the time-out.
    socket.allowHalfOpen = false;
    const server = this.alpn.isEmpty ? this.tlsServer : this.checkedServer;
    server?.emit('connection', socket);
  }

  /** A handshake is done. */
  private secured(socket: TLSSocket): void {
    if (isAlpnCheck(socket)) {
      this.alpn.done(socket);
      socket.destroySoon();
      return;
    }
    // From here an end may stand behind a request that wants its answer (V6).
    socket.allowHalfOpen = true;
    const address = socket.remoteAddress;
    if (address === undefined) {
      socket.destroy();
      return;
    }
    const peer = plainAddress(address);
    const client = this.proxies.has(peer) ? this.clients.get(socket) : peer;
    // The client of a listed peer is known or the connection is not served; the peer's own address may be trusted with more.
    const tls = this.tls.admit(socket, this.config.name);
    if (client === undefined || tls === undefined) socket.destroy();
    else this.serve(socket, true, client, tls, socket.alpnProtocol === 'h2');
  }

  private serve(socket: Socket, isTls: boolean, client: string, tls = NO_TLS, isHttp2 = false): void {
    const peer = new Peer(client, isTls, this.plane.trusted.has(client), tls, isHttp2);
    const entrypoint = this.config.name;
    const closed = (connection: ServerConnection | Http2Connection): boolean => this.connections.delete(connection);
    this.connections.add(
      isHttp2
        ? new Http2Connection(socket, this.plane, { entrypoint, peer, streams: this.http2Streams, closed })
        : new ServerConnection(socket, this.plane, { entrypoint, peer, streams: this.streams, closed }),
    );
  }
}
