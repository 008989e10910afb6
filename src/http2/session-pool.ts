import type { Socket } from 'node:net';
import type { DataPlane } from '../http/data-plane.ts';
import type { FailureReason } from '../http/failure.ts';
import type { UpstreamConnection } from '../http/upstream-connection.ts';
import { ClientConnection } from '../http1/client-connection.ts';
import type { LeaveListener, Upstream } from '../upstream/upstream.ts';
import { MAX_CLIENT_STREAMS, MAX_SESSIONS } from './client-limits.ts';
import { ClientSession, type SessionOwner } from './client-session.ts';
import { ClientStream } from './client-stream.ts';

/** The HTTP/2 connections of a worker to one server, and the requests that wait for one. Lives as long as its upstream. */
export class SessionPool implements SessionOwner, LeaveListener {
  /** The server was asked, and speaks HTTP/1.1. */
  isHttp1 = false;
  private readonly plane: DataPlane;
  private readonly upstream: Upstream<UpstreamConnection>;
  /** Those that are being opened, or take requests; the oldest is filled first, so that the others may end. */
  private sessions: ClientSession[] = [];
  private readonly waiting = new Set<ClientStream>();
  /** A connection of HTTP/2 stood before. */
  private isHttp2: boolean;
  /** Streams that one connection takes, as far as we know. */
  private perSession = MAX_CLIENT_STREAMS;

  constructor(plane: DataPlane, upstream: Upstream<UpstreamConnection>) {
    this.plane = plane;
    this.upstream = upstream;
    this.isHttp2 = upstream.config.scheme === 'h2c';
    upstream.listen(this);
  }

  /** A stream for a request; it waits where no connection has room. */
  open(): ClientStream {
    const stream = new ClientStream(this.plane, this.upstream, this);
    const session = this.sessions.find((one) => one.isFree);
    if (session !== undefined) stream.take(session);
    else {
      this.waiting.add(stream);
      this.dial();
    }
    return stream;
  }

  /** The stream waits no more. A connection that nobody waits for is not opened to its end: it may hang. */
  forget(stream: ClientStream): void {
    this.waiting.delete(stream);
    if (this.waiting.size > 0) return;
    for (const session of this.sessions.filter((one) => one.isConnecting)) session.leave();
  }

  hasRoom({ limit }: ClientSession): void {
    this.isHttp2 = true;
    this.perSession = limit;
    for (const stream of this.waiting) {
      const session = this.sessions.find((one) => one.isFree);
      if (session === undefined) break;
      this.waiting.delete(stream);
      stream.take(session);
    }
    this.dial();
  }

  chooseHttp1(session: ClientSession, socket: Socket): void {
    this.drop(session);
    this.isHttp1 = true;
    let free: Socket | undefined = socket;
    for (const stream of this.takeWaiting()) {
      stream.become(new ClientConnection(this.plane, this.upstream, true, free));
      free = undefined;
    }
    // Whoever asked has left meanwhile.
    free?.destroy();
  }

  left(session: ClientSession, reason: FailureReason | undefined): void {
    this.drop(session);
    if (reason === undefined) this.dial();
    // Where others stand, their streams are waited for.
    else if (this.sessions.length === 0) for (const stream of this.takeWaiting()) stream.refuse(reason);
  }

  /** No new request to a server that leaves; when it comes back it may be another. */
  onServerLeft(): void {
    this.isHttp1 = false;
    const streams = this.takeWaiting();
    for (const session of this.sessions.splice(0)) session.leave();
    for (const stream of streams) stream.refuse('server_left');
  }

  private drop(session: ClientSession): void {
    this.sessions = this.sessions.filter((one) => one !== session);
  }

  private takeWaiting(): readonly ClientStream[] {
    const streams = [...this.waiting];
    this.waiting.clear();
    return streams;
  }

  /** Opens as many connections as those who wait may need. Until the first one stands, it is the only one. */
  private dial(): void {
    const connecting = this.sessions.reduce((sum, one) => sum + (one.isConnecting ? 1 : 0), 0);
    const most = this.isHttp2 ? Math.ceil(this.waiting.size / this.perSession) : Math.min(1, this.waiting.size);
    for (let i = connecting; i < most && this.sessions.length < MAX_SESSIONS; i++) {
      this.sessions.push(new ClientSession(this.plane, this.upstream, this));
    }
  }
}
