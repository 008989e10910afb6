import type { Socket } from 'node:net';
import type { TransportTimeouts } from '../config/dynamic.ts';
import type { DataPlane } from '../http/data-plane.ts';
import { RETAINED } from '../http/downstream.ts';
import type { Exchange } from '../http/exchange.ts';
import type { FailureReason } from '../http/failure.ts';
import { fieldValues } from '../http/fields.ts';
import { CHUNKED, LENGTH, NO_BODY, type RequestMessage } from '../http/message.ts';
import type { Tunnel } from '../http/tunnel.ts';
import type { UpstreamConnection } from '../http/upstream-connection.ts';
import { acceptOfKey } from '../http/websocket-key.ts';
import { TimerEntry } from '../lib/timer-wheel.ts';
import { LARGE_BUFFER } from '../upstream/buffer-pool.ts';
import type { LeaveListener, Upstream } from '../upstream/upstream.ts';
import { BodyReader } from './body-reader.ts';
import { keptTrailers } from './connection-options.ts';
import { dial, type Dialler, readInto } from './dial.ts';
import { errorReason } from './error-reason.ts';
import { HeadBuffer } from './head-buffer.ts';
import { LIMITS } from './limits.ts';
import { Outbox } from './outbox.ts';
import { requestHead } from './request-writer.ts';
import { ResponseHead } from './response-head.ts';
import { SocketEnd } from './socket-end.ts';

const CONNECTING = 0;
/** In the pool; any byte or end destroys it (B9). */
const IDLE = 1;
/** A request is out, its response head is not complete. */
const AWAIT_HEAD = 2;
const BODY = 3;
const TUNNEL = 4;
const CLOSED = 5;

/**
 * Reads of all server connections of a worker land here; whatever must outlive the callback is copied. Safe because a read and
 * its callback are one step of the event loop.
 */
const sharedBuffer = Buffer.allocUnsafeSlow(65_536);

/** Whether a `101` was asked for, and answers the key where that is ours (U4; RFC 6455 4.1). */
function acceptsUpgrade({ isUpgrade, webSocketKey }: RequestMessage, { fields }: ResponseHead): boolean {
  if (!isUpgrade || webSocketKey === '') return isUpgrade;
  const accepts = fieldValues(fields, 'sec-websocket-accept');
  return accepts.length === 1 && accepts[0] === acceptOfKey(webSocketKey);
}

/** A connection to a server that speaks HTTP/1.1: one request in flight (B8), framing checked strictly, pooled when clean (B10). */
export class ClientConnection extends TimerEntry implements UpstreamConnection, Dialler, LeaveListener {
  readonly isHttp2 = false;
  isReused = false;
  hasResponded = false;
  private readonly plane: DataPlane;
  private readonly upstream: Upstream<UpstreamConnection>;
  private readonly timeouts: TransportTimeouts;
  private readonly socket: Socket;
  private readonly head = new ResponseHead();
  private readonly body = new BodyReader();
  private exchange: Exchange | undefined = undefined;
  private state = CONNECTING;
  private readonly out = new Outbox();
  private interims = 0;
  /** A response head that came in pieces. */
  private partial: HeadBuffer | undefined = undefined;
  private isRequestWritten = false;
  /** What this connection has become an end of. */
  private tunnel: Tunnel | undefined = undefined;
  private isPaused = false;
  /** T13, of the current response. */
  private idleMs = 0;
  /** The buffer the socket reads into now: shared, or pooled during a long body. */
  private reading: Buffer = sharedBuffer;
  private wasRetained = false;
  private readonly isKept: boolean;

  /** Dials, unless there is a `socket` that stands already. `isKept`: the upstream may have it when its request is done. */
  constructor(plane: DataPlane, upstream: Upstream<UpstreamConnection>, isKept = true, socket?: Socket) {
    super();
    this.plane = plane;
    this.upstream = upstream;
    this.isKept = isKept;
    this.timeouts = upstream.transport.timeouts;
    this.socket = socket ?? dial(upstream, this);
    this.socket.on('end', () => this.onEnd());
    this.socket.on('error', (error: NodeJS.ErrnoException) => this.onError(error));
    this.socket.on('close', () => this.onClose());
    this.socket.on('drain', () => {
      if (this.tunnel !== undefined) this.tunnel.serverDrained();
      else this.exchange?.onUpstreamDrain();
    });
    if (socket === undefined) {
      plane.wheel.arm(this, this.timeouts.connectMs);
      upstream.listen(this);
    } else {
      this.state = IDLE;
      readInto(socket, this);
    }
  }

  // The exchange's calls.

  send(exchange: Exchange): void {
    this.exchange = exchange;
    this.hasResponded = false;
    this.isRequestWritten = false;
    this.interims = 0;
    if (this.state === CONNECTING) return;
    this.sendHead();
  }

  writeBody(buf: Buffer, start: number, end: number): boolean {
    // While the request is on its way the client's own time-out (T5) comes first.
    if (this.state === AWAIT_HEAD) {
      this.plane.wheel.arm(this, this.exchange!.delivery.responseHeadMs + this.plane.limits.bodyIdleMs);
    }
    const isChunked = this.exchange?.request.body === CHUNKED;
    const { out } = this;
    if (isChunked) out.add(`${(end - start).toString(16)}\r\n`);
    let hasRoom = !this.socket.writableNeedDrain;
    if (!out.takes(buf, start, end)) {
      this.flush();
      hasRoom = this.socket.write(start === 0 && end === buf.length ? buf : buf.subarray(start, end));
    }
    if (isChunked) out.add('\r\n');
    return hasRoom;
  }

  endBody(trailers: string): void {
    const request = this.exchange?.request;
    if (request?.body === CHUNKED) this.out.add(`0\r\n${request.announcedTrailers === '' ? '' : trailers}\r\n`);
    this.flush();
    this.isRequestWritten = true;
    if (this.state === AWAIT_HEAD) this.plane.wheel.arm(this, this.exchange!.delivery.responseHeadMs);
  }

  flush(): void {
    if (this.state !== CONNECTING) this.out.flush(this.socket);
  }

  /** The client does not read: its own deadline (T14) runs, and the server's silence is not the server's. */
  pause(): void {
    this.isPaused = true;
    this.plane.wheel.disarm(this);
    this.socket.pause();
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    if (this.state === BODY) this.plane.wheel.arm(this, this.idleMs);
    this.socket.resume();
  }

  abort(): void {
    this.exchange = undefined;
    this.close();
  }

  close(): void {
    if (this.state === CONNECTING) this.upstream.unlisten(this);
    this.state = CLOSED;
    this.socket.destroy();
  }

  // Sending.

  private sendHead(): void {
    const exchange = this.exchange!;
    this.state = AWAIT_HEAD;
    const isBodyToCome = exchange.request.body !== NO_BODY;
    this.plane.wheel.arm(this, exchange.delivery.responseHeadMs + (isBodyToCome ? this.plane.limits.bodyIdleMs : 0));
    this.out.add(requestHead(exchange, this.upstream.authority, exchange.delivery.service!.passHostHeader));
    if (!isBodyToCome) {
      this.isRequestWritten = true;
      this.flush();
    }
    // Payload that is here already rides with the head: the client's side calls `flush` behind it.
    exchange.onSendable();
  }

  // Receiving.

  onConnect(): void {
    if (this.state !== CONNECTING) return;
    if (this.exchange === undefined) return this.close();
    this.upstream.unlisten(this);
    this.sendHead();
    return this.flush();
  }

  /** Nothing was sent yet: another server gets the request, rather than one that may be gone before it answers. */
  onServerLeft(): void {
    this.fault('server_left', 0);
  }

  /** Chooses where the next read lands: a long body goes to pooled buffers, everything else to the shared one. */
  nextBuffer(): Buffer {
    const isLong = this.state === BODY && this.body.remaining >= LARGE_BUFFER / 4;
    const wantsPooled = isLong && this.exchange?.down.takesLarge === true;
    if (this.reading !== sharedBuffer) {
      if (!this.wasRetained && wantsPooled) return this.reading;
      if (!this.wasRetained) this.plane.buffers.release(this.reading);
    }
    this.wasRetained = false;
    this.reading = (wantsPooled ? this.plane.buffers.take() : undefined) ?? sharedBuffer;
    return this.reading;
  }

  onRead(buf: Buffer, bytes: number): void {
    try {
      this.read(buf, bytes);
    } catch (error) {
      // A fault of ours ends this exchange alone.
      const requestId = this.exchange?.requestId ?? '';
      if (this.state === IDLE) this.drop();
      else this.fault('internal', 0);
      this.plane.internalFault(error, requestId);
    }
  }

  private read(buf: Buffer, end: number): void {
    if (this.tunnel !== undefined) return this.tunnel.fromServer(buf, 0, end, buf !== this.reading);
    if (this.state === IDLE) return this.drop();
    const { exchange } = this;
    if (exchange === undefined) return;
    this.hasResponded = true;
    let at = 0;
    if (this.partial !== undefined) {
      const { partial } = this;
      // Parsed when it is whole, broken or too long, and not once a piece (L6).
      if (partial.append(buf, 0, end) === 'partial' && partial.length <= this.head.maxBytes) return;
      this.partial = undefined;
      buf = partial.bytes;
      end = partial.length;
    }
    while (at < end && this.exchange === exchange) {
      at = this.state === AWAIT_HEAD ? this.readHead(buf, at, end) : this.readBody(buf, at, end);
    }
    exchange.flushResponse();
  }

  private readHead(buf: Buffer, at: number, end: number): number {
    const exchange = this.exchange!;
    const { head } = this;
    const headEnd = head.parse(buf, at, end, exchange.request.method);
    if (headEnd === 0) {
      this.partial = new HeadBuffer();
      this.partial.append(buf, at, end);
      return end;
    }
    if (headEnd < 0) return this.fault('upstream_invalid', end);
    if (head.status < 200) return this.readInterim(headEnd, buf, end);
    // RFC 8441 5: to a client of HTTP/2 any success would mean that the WebSocket stands.
    if (exchange.request.webSocketKey !== '' && head.status < 300) return this.fault('upstream_invalid', end);
    this.idleMs = exchange.delivery.idleMsOf(head);
    exchange.onResponse(head);
    this.state = BODY;
    this.plane.wheel.arm(this, this.idleMs);
    this.body.begin(head.body, head.contentLength);
    if (this.body.isDone) this.complete(headEnd === end);
    return headEnd;
  }

  private readInterim(headEnd: number, buf: Buffer, end: number): number {
    const exchange = this.exchange!;
    const { head } = this;
    this.interims += 1;
    if (this.interims > LIMITS.maxInterim) return this.fault('upstream_invalid', end);
    if (head.status !== 101) {
      exchange.onInterim(head.status, head.reason, head.fields);
      return headEnd;
    }
    // B7: only the protocol we asked for.
    if (head.upgrade !== 'websocket' || !acceptsUpgrade(exchange.request, head))
      return this.fault('upstream_invalid', end);
    this.state = TUNNEL;
    this.exchange = undefined;
    this.plane.wheel.disarm(this);
    const isTls = this.upstream.config.scheme === 'https';
    this.tunnel = exchange.onSwitch(head, new SocketEnd(this.socket, isTls));
    if (headEnd < end) this.tunnel.fromServer(buf, headEnd, end, false);
    return end;
  }

  private readBody(buf: Buffer, at: number, end: number): number {
    const exchange = this.exchange!;
    // A piece before this one may have asked for the pause: then T14 holds.
    if (!this.isPaused) this.plane.wheel.arm(this, this.idleMs);
    const { body } = this;
    const next = body.advance(buf, at, end);
    if (body.isBroken) return this.fault('upstream_cut_short', end);
    const bytes = body.dataEnd - body.dataStart;
    if (bytes > 0) {
      const isPooled = buf === this.reading && buf !== sharedBuffer && bytes > LIMITS.smallBytes;
      const result = exchange.onData(buf, body.dataStart, body.dataEnd, isPooled);
      if ((result & RETAINED) !== 0) this.wasRetained = true;
    }
    if (body.isDone && this.exchange === exchange) this.complete(next === end);
    return next;
  }

  /** The response is complete: back to the pool if nothing speaks against it (B10), then the exchange goes on. */
  private complete(isClean: boolean): void {
    const exchange = this.exchange!;
    this.exchange = undefined;
    const { head, plane } = this;
    // The client may have asked for a pause with the last piece; whoever comes next did not.
    this.resume();
    const isPoolable =
      this.isKept && isClean && head.isPersistent && this.isRequestWritten && !this.socket.writableNeedDrain;
    const hint = head.keepAliveSeconds;
    if (isPoolable && hint !== 0 && hint !== 1) {
      this.state = IDLE;
      this.isReused = true;
      const { idleMs } = this.timeouts;
      // T15: a second before the server. The wheel fires up to a tick late, so two are taken off.
      plane.wheel.arm(this, hint > 0 ? Math.min(idleMs, (hint - 2) * 1000) : idleMs);
      if (!this.upstream.put(this)) this.close();
    } else this.close();
    exchange.onEnd(keptTrailers(this.body.trailers, head.connection));
  }

  // Failing.

  private fault(reason: FailureReason, end: number, detail = ''): number {
    const { exchange } = this;
    const nothingSent = this.state === CONNECTING;
    // A server that wants a certificate of ours says so behind the handshake.
    if ((nothingSent && reason !== 'server_left') || reason === 'upstream_tls') {
      this.plane.connectFailed(this.upstream, reason, detail);
    }
    this.exchange = undefined;
    this.close();
    exchange?.onUpstreamFault(this, reason, nothingSent);
    exchange?.flushResponse();
    return end;
  }

  /** An idle connection that spoke or ended (B9). */
  private drop(): void {
    this.upstream.remove(this);
    this.close();
  }

  private onEnd(): void {
    if (this.state === IDLE) return this.drop();
    if (this.tunnel !== undefined) return this.tunnel.serverEnded();
    if (this.state === BODY && this.head.body !== LENGTH && this.head.body !== CHUNKED) {
      const { exchange } = this;
      this.complete(false);
      return exchange?.flushResponse();
    }
    if (this.state !== CLOSED) this.fault(this.state === BODY ? 'upstream_cut_short' : 'upstream_reset', 0);
  }

  private onError(error: NodeJS.ErrnoException): void {
    if (this.state === IDLE) return this.drop();
    // Of a tunnel the close behind it tells.
    if (this.state >= TUNNEL) return;
    if (this.state === BODY) this.fault('upstream_cut_short', 0);
    else this.fault(errorReason(error, this.state === CONNECTING), 0, error.message);
  }

  private onClose(): void {
    this.plane.wheel.disarm(this);
    if (this.state === IDLE) this.upstream.remove(this);
    else if (this.tunnel !== undefined) this.tunnel.serverGone();
    else if (this.state !== CLOSED) this.fault(this.state === BODY ? 'upstream_cut_short' : 'upstream_reset', 0);
    this.state = CLOSED;
    if (this.reading !== sharedBuffer && !this.wasRetained) this.plane.buffers.release(this.reading);
    this.reading = sharedBuffer;
  }

  override onTimeout(): void {
    switch (this.state) {
      case IDLE:
        this.drop();
        break;
      case CONNECTING:
        this.fault('connect_timeout', 0);
        break;
      case AWAIT_HEAD:
        this.fault('response_timeout', 0);
        break;
      default:
        this.fault('upstream_body_timeout', 0);
    }
  }
}
