import { type ClientHttp2Session, connect as connectHttp2, type Settings } from 'node:http2';
import { connect, type Socket } from 'node:net';
import type { DataPlane } from '../http/data-plane.ts';
import type { FailureReason } from '../http/failure.ts';
import type { UpstreamConnection } from '../http/upstream-connection.ts';
import { ANY_HTTP, dialTls } from '../http1/dial.ts';
import { errorReason } from '../http1/error-reason.ts';
import { LIMITS } from '../http1/limits.ts';
import { TimerEntry } from '../lib/timer-wheel.ts';
import type { Upstream } from '../upstream/upstream.ts';
import {
  CLIENT_CONNECTION_WINDOW,
  CLIENT_STREAM_WINDOW,
  MAX_CALLED_OFF,
  MAX_CLIENT_STREAMS,
  MAX_REQUEST_HEAD,
  MAX_RESPONSE_FIELDS,
  MAX_RESPONSE_HEAD,
  MAX_SESSION_MEMORY,
} from './client-limits.ts';
import type { ClientStream } from './client-stream.ts';

/** Whoever keeps the connections to one server. */
export interface SessionOwner {
  /** It takes requests, or more than before. */
  hasRoom(session: ClientSession): void;
  /** The server speaks HTTP/1.1, over this socket. */
  chooseHttp1(session: ClientSession, socket: Socket): void;
  /** It is gone, or takes no more requests. `reason`: there never was a connection. */
  left(session: ClientSession, reason: FailureReason | undefined): void;
}

const OPTIONS = {
  // One that comes twice is the client's and the server's affair.
  strictSingleValueFields: false,
  // One more with the status, and one with which we see that there are too many.
  maxHeaderListPairs: MAX_RESPONSE_FIELDS + 2,
  maxSessionMemory: MAX_SESSION_MEMORY,
  // It counts a little more than what is sent.
  maxSendHeaderBlockLength: 2 * MAX_REQUEST_HEAD,
  settings: {
    enablePush: false,
    initialWindowSize: CLIENT_STREAM_WINDOW,
    maxHeaderListSize: MAX_RESPONSE_HEAD,
  },
};

const CONNECTING = 0;
const OPEN = 1;
/** No new requests. */
const LEAVING = 2;
const CLOSED = 3;

/**
 * One HTTP/2 connection to a server (`h2` over TLS, `h2c` with prior knowledge). It is open when the server's SETTINGS are there: that is the
 * proof that it speaks HTTP/2, and says how many streams it takes.
 */
export class ClientSession extends TimerEntry {
  /** The lowest stream id that the server will not look at (GOAWAY, RFC 9113 6.8). */
  refusesFrom = Infinity;
  /** Requests that were begun on it. */
  requests = 0;
  private readonly plane: DataPlane;
  private readonly upstream: Upstream<UpstreamConnection>;
  private readonly owner: SessionOwner;
  private readonly socket: Socket;
  private session: ClientHttp2Session | undefined = undefined;
  private readonly streams = new Set<ClientStream>();
  private state = CONNECTING;
  /** Streams at once, as far as we know; a part of one is on its way to be one more. */
  limit = 0;
  /** What the server said of it. */
  private announced = 0;
  /** Bytes of a request head that the server takes, as RFC 9113 6.5.2 counts them. */
  maxHead = MAX_REQUEST_HEAD;
  /** Requests that we called off. */
  private calledOff = 0;
  private isAsked = false;
  /** Of the wheel's clock, when something came of the server. */
  private heardAt = 0;

  constructor(plane: DataPlane, upstream: Upstream<UpstreamConnection>, owner: SessionOwner) {
    super();
    this.plane = plane;
    this.upstream = upstream;
    this.owner = owner;
    const { scheme, host, port } = upstream.config;
    const isTls = scheme === 'https';
    this.socket = isTls ? dialTls(upstream, ANY_HTTP) : connect({ host, port, noDelay: true });
    this.socket.on('error', this.onError);
    this.socket.on('end', this.onSocketEnd);
    this.socket.on('close', this.onSocketClose);
    this.socket.once(isTls ? 'secureConnect' : 'connect', () => this.onConnect(isTls));
    plane.wheel.arm(this, upstream.transport.timeouts.connectMs);
  }

  get isConnecting(): boolean {
    return this.state === CONNECTING;
  }

  /** A request may begin. */
  get isFree(): boolean {
    // node:http2 gives a connection up before it tells of it.
    const isUp = this.session?.closed === false && !this.session.destroyed;
    return this.state === OPEN && isUp && this.streams.size + 1 <= this.limit;
  }

  /** The connection is still there, whether it takes requests or not. */
  get isStanding(): boolean {
    return (this.state === OPEN || this.state === LEAVING) && this.session?.destroyed === false;
  }

  /** The session, for a stream that begins. */
  begin(stream: ClientStream): ClientHttp2Session {
    this.streams.add(stream);
    this.requests += 1;
    if (this.streams.size === 1) {
      this.heard();
      this.plane.wheel.arm(this, this.upstream.transport.timeouts.silenceMs);
    }
    return this.session!;
  }

  /** The stream is over; `isTooMuch`: the server takes no more at once than those that are left. */
  end(stream: ClientStream, isTooMuch: boolean): void {
    if (!this.streams.delete(stream)) return;
    const { size } = this.streams;
    // It may have been the load of a moment: one more for as many as there may be that were served.
    if (!isTooMuch) this.limit = Math.min(this.announced, this.limit + 1 / this.limit);
    // One that was alone was not one too many.
    else if (size > 0) this.limit = Math.min(this.limit, size);
    if (this.isFree) this.owner.hasRoom(this);
    if (this.streams.size === 0) this.onIdle();
  }

  /**
   * A request is reset because its client has left. Servers give up who does so too often (CVE-2023-44487), and with the connection the
   * requests of others: before it comes to that, those that run are its last ones.
   */
  countCalledOff(): void {
    this.calledOff += 1;
    if (this.calledOff === MAX_CALLED_OFF && this.state === OPEN) this.leave();
  }

  /** Something came of the server. */
  heard(): void {
    this.heardAt = this.plane.wheel.elapsedMs;
    this.isAsked = false;
  }

  /** No new requests from now on; those that run may finish. */
  leave(): void {
    if (this.state === CLOSED) return;
    const wasConnecting = this.state === CONNECTING;
    this.state = LEAVING;
    this.owner.left(this, undefined);
    if (wasConnecting) this.destroy();
    else if (this.streams.size === 0) this.onIdle();
  }

  private onConnect(isTls: boolean): void {
    const { socket } = this;
    if (this.state !== CONNECTING) return;
    if (isTls && (socket as Socket & { alpnProtocol?: string | false }).alpnProtocol !== 'h2') {
      this.state = CLOSED;
      this.plane.wheel.disarm(this);
      socket.off('error', this.onError).off('end', this.onSocketEnd).off('close', this.onSocketClose);
      this.owner.chooseHttp1(this, socket);
      return;
    }
    // Of no meaning beside the socket and `:authority`; a name that is none of a URL would throw.
    const session = connectHttp2(isTls ? 'https://server' : 'http://server', {
      ...OPTIONS,
      createConnection: () => socket,
    });
    this.session = session;
    session.on('connect', () => session.setLocalWindowSize(CLIENT_CONNECTION_WINDOW));
    session.on('remoteSettings', (settings) => this.onSettings(settings));
    session.on('goaway', (_code, lastStreamId) => this.onGoaway(lastStreamId));
    session.on('error', this.onError);
    session.on('close', () => this.onClose('upstream_reset', ''));
  }

  private onSettings({ maxConcurrentStreams = Infinity, maxHeaderListSize = Infinity }: Settings): void {
    this.heard();
    this.announced = Math.min(MAX_CLIENT_STREAMS, maxConcurrentStreams);
    this.maxHead = Math.min(MAX_REQUEST_HEAD, maxHeaderListSize);
    this.limit = this.announced;
    const isNew = this.state === CONNECTING;
    if (isNew) this.state = OPEN;
    if (this.isFree) this.owner.hasRoom(this);
    if (isNew && this.streams.size === 0) this.onIdle();
  }

  private onGoaway(lastStreamId: number): void {
    this.refusesFrom = Math.min(this.refusesFrom, lastStreamId + 1);
    this.saveStreams();
    this.leave();
  }

  /** Nothing runs: it waits for a request, or is over. */
  private onIdle(): void {
    const { timeouts, maxIdle } = this.upstream.transport;
    if (this.state !== OPEN) this.destroy();
    else if (maxIdle > 0) this.plane.wheel.arm(this, timeouts.idleMs);
    else this.leave();
  }

  private readonly onError = (error: NodeJS.ErrnoException): void => {
    this.saveStreams();
    const isOther = this.state === CONNECTING && error.code === 'ERR_HTTP2_ERROR';
    this.onClose(isOther ? 'upstream_invalid' : errorReason(error, this.state === CONNECTING), error.message);
  };

  /** A server that has ended its side says nothing any more. */
  private readonly onSocketEnd = (): void => {
    this.socket.destroy();
  };

  /** Comes before node:http2 hears of it. */
  private readonly onSocketClose = (): void => {
    if (this.state === CLOSED) this.plane.wheel.disarm(this);
    this.saveStreams();
    this.onClose('upstream_reset', '');
  };

  /** Answers that are complete are not lost with the connection. */
  private saveStreams(): void {
    for (const stream of this.streams) stream.save();
  }

  /** The streams end by themselves, each with its own verdict. */
  private onClose(reason: FailureReason, detail: string): void {
    if (this.state === CLOSED) return;
    const wasConnecting = this.state === CONNECTING;
    this.state = CLOSED;
    this.plane.wheel.disarm(this);
    // A server that wants a certificate of ours says so behind the handshake.
    if (wasConnecting || reason === 'upstream_tls') this.plane.connectFailed(this.upstream, reason, detail);
    this.destroy();
    this.owner.left(this, wasConnecting ? reason : undefined);
  }

  /** Ends it with everything on it. */
  private destroy(): void {
    this.state = CLOSED;
    if (this.socket.destroyed) return this.plane.wheel.disarm(this);
    if (this.session === undefined) this.socket.destroy();
    else this.session.destroy();
    // node:http2 may only end it, and wait for the server to do the same.
    return this.plane.wheel.arm(this, LIMITS.lingerMs);
  }

  override onTimeout(): void {
    if (this.state === CLOSED) this.socket.destroy();
    else if (this.state === CONNECTING) this.onClose('connect_timeout', '');
    else if (this.streams.size === 0) this.leave();
    else this.ask();
  }

  /** Asks a server of which nothing came for long, and gives it up when it does not even answer that. */
  private ask(): void {
    const { wheel } = this.plane;
    const { silenceMs, pingMs } = this.upstream.transport.timeouts;
    const silentMs = wheel.elapsedMs - this.heardAt;
    // Behind a GOAWAY node:http2 asks nothing: the deadlines of the requests hold, and who has none waits for nobody.
    const isAwaited = silentMs < silenceMs + pingMs || [...this.streams].some((one) => one.isAwaited);
    if (silentMs < silenceMs || (this.session!.closed && isAwaited)) {
      wheel.arm(this, Math.max(1, silenceMs - silentMs));
    } else if (this.isAsked || this.session!.closed) {
      // What waits to be written would keep an orderly end waiting, too.
      this.socket.destroy();
    } else {
      this.isAsked = true;
      this.session!.ping((error) => {
        if (error !== null || this.state === CLOSED) return;
        this.heard();
        if (this.streams.size > 0) wheel.arm(this, silenceMs);
      });
      wheel.arm(this, pingMs);
    }
  }
}
