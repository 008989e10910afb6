import type { Answer } from '../http/answer.ts';
import type { DataPlane } from '../http/data-plane.ts';
import { BLOCKED, type Downstream, RETAINED } from '../http/downstream.ts';
import { Exchange } from '../http/exchange.ts';
import type { FailureReason } from '../http/failure.ts';
import type { Peer } from '../http/forwarded.ts';
import { removeFields } from '../http/header-edits.ts';
import { LENGTH, NO_BODY, type ResponseMessage } from '../http/message.ts';
import type { Tunnel } from '../http/tunnel.ts';
import { newWebSocketKey } from '../http/websocket-key.ts';
import { BodyRate } from '../http1/body-rate.ts';
import { LIMITS } from '../http1/limits.ts';
import { RequestHead } from '../http1/request-head.ts';
import { TimerEntry } from '../lib/timer-wheel.ts';
import type { Http2Connection } from './http2-connection.ts';
import { CANCEL, INTERNAL_ERROR, NO_ERROR } from './frames.ts';
import { HeldBody } from './held-body.ts';
import { STREAM_WINDOW } from './limits.ts';
import { StreamEnd } from './stream-end.ts';
import { StreamSender } from './stream-sender.ts';

/** U4: an answer to a key that is ours. */
const ACCEPT = new Set(['sec-websocket-accept']);

/** One request and its response on an HTTP/2 connection: the client's half of its exchange (RFC 9113 5). */
export class Http2Stream extends TimerEntry implements Downstream {
  id = 0;
  /** What it may still send. */
  receiveWindow = 0;
  readonly head = new RequestHead();
  readonly sender: StreamSender;
  private readonly plane: DataPlane;
  private readonly exchange: Exchange;
  private readonly rate = new BodyRate();
  private connection!: Http2Connection;
  /** The client's side has ended. */
  isRemoteDone = false;
  /** The stream was reset, by whomever: nothing more is sent on it. */
  private isReset = false;
  private isExchangeDone = false;
  /** Bytes of the request's payload so far. */
  private received = 0;
  /** Payload that nobody takes yet. */
  private readonly held = new HeldBody();
  /** Of the request. */
  private trailers = '';
  private isPaused = false;
  private isDelivering = false;
  /** Taken, and not yet told the client. */
  private taken = 0;
  /** The exchange was told to wait. */
  private isStalled = false;
  /** Of the tunnel that it has become. */
  private end: StreamEnd | undefined = undefined;

  constructor(plane: DataPlane) {
    super();
    this.plane = plane;
    this.sender = new StreamSender(this, plane.buffers);
    this.exchange = new Exchange(plane, this);
    this.head.limit(plane.limits);
  }

  get peer(): Peer {
    return this.connection.peer;
  }

  get entrypoint(): string {
    return this.connection.entrypoint;
  }

  /** Its payload, or its end, waits for room. */
  get wantsRoom(): boolean {
    return this.sender.isWaiting || this.isStalled;
  }

  // The connection's calls.

  open(connection: Http2Connection, id: number, sendWindow: number): void {
    this.connection = connection;
    this.id = id;
    this.sender.open(connection, sendWindow);
    this.receiveWindow = STREAM_WINDOW;
    this.head.trustsForwarded = connection.peer.isTrusted;
    this.isRemoteDone = false;
    this.isReset = false;
    this.isExchangeDone = false;
    this.received = 0;
    this.trailers = '';
    this.isPaused = false;
    this.isDelivering = false;
    this.taken = 0;
    this.isStalled = false;
  }

  /** Serves the head that was parsed; a refused one is answered. */
  begin(isLast: boolean, refused: FailureReason | undefined): void {
    this.isRemoteDone = isLast;
    if (refused !== undefined) {
      this.exchange.refuse(this.head, refused);
      return;
    }
    if (this.head.isUpgrade) this.head.webSocketKey = newWebSocketKey();
    else if (!isLast) {
      this.rate.restart();
      this.plane.wheel.arm(this, this.bodyIdleMs);
    }
    this.exchange.begin(this.head);
    // A payload that is announced as empty ends with the next frame.
  }

  /** Payload of the request. False: it is longer than it said, which is the stream's end (RFC 9113 8.1.1). */
  onData(buf: Buffer, start: number, end: number): boolean {
    const bytes = end - start;
    this.received += bytes;
    if (this.head.contentLength >= 0 && this.received > this.head.contentLength) {
      this.connection.credit(bytes);
      return false;
    }
    if (this.isExchangeDone) {
      // A response that is still on its way must not be cut: its client just gets no more window.
      if (!this.sender.isDone) this.connection.credit(bytes);
      else this.credit(bytes);
      if (this.sender.isDone && this.received > LIMITS.lingerBytes) this.connection.reset(this, NO_ERROR);
      return true;
    }
    if (this.head.isUpgrade) {
      this.onTunnelData(buf, start, end);
      return true;
    }
    const { plane } = this;
    const leastRate = this.exchange.delivery.isGrpc ? 0 : plane.limits.bodyBytesPerSecond;
    if (!this.rate.allows(bytes, plane.wheel.elapsedMs, leastRate)) {
      this.exchange.onClientFault('body_too_slow');
      this.credit(bytes);
      return true;
    }
    if (!this.isStalled) plane.wheel.arm(this, this.bodyIdleMs);
    if (!this.held.isEmpty || this.isPaused || !this.exchange.canTakeBody) {
      this.held.add(buf, start, end);
    } else this.deliver(buf, start, end);
    return true;
  }

  /** The client's END_STREAM. False: the payload is shorter than it said. */
  onRemoteEnd(trailers: string): boolean {
    this.isRemoteDone = true;
    this.trailers = trailers;
    if (this.head.contentLength >= 0 && this.received !== this.head.contentLength && !this.isReset) return false;
    if (this.isExchangeDone) this.closeIfOver();
    else if (this.head.isUpgrade) this.passToTunnel();
    else if (this.held.isEmpty) this.endRequest();
    return true;
  }

  /** The client says nothing more on any stream: what it has not said whole is cut short (X7). */
  onConnectionEnd(): void {
    const isCut = !this.isRemoteDone && !this.head.isUpgrade;
    this.isRemoteDone = true;
    if (this.isExchangeDone) return this.closeIfOver();
    // Nothing was done for it yet, and most who end here have left.
    if (this.exchange.delivery.isHeld) return this.exchange.onClientFault('client_gone');
    if (isCut) return this.exchange.onClientFault('body_cut_short');
    return this.head.isUpgrade ? this.passToTunnel() : undefined;
  }

  flushRequest(): void {
    if (!this.isExchangeDone) this.exchange.flushRequest();
  }

  /** The client reset the stream, or broke its rules: nothing is sent on it any more. */
  abandon(reason: FailureReason): void {
    this.isReset = true;
    this.isRemoteDone = true;
    this.sender.drop();
    if (this.isExchangeDone) this.close();
    else if (this.end === undefined) this.exchange.onClientFault(reason);
    else {
      const { tunnel } = this.end;
      // Who has had the last word of the server need not end politely.
      if (this.sender.isDone) tunnel.clientEnded();
      else tunnel.clientGone();
    }
  }

  /** There is room again, in the window or in the socket. */
  onRoom(): void {
    const { sender } = this;
    if (sender.isWaiting) {
      const hasProgress = sender.pumpOn() && this.end === undefined;
      if (!sender.isWaiting && this.isExchangeDone) return this.closeIfOver();
      if (hasProgress) this.plane.wheel.arm(this, this.plane.limits.stallMs);
    }
    if (!this.isStalled || sender.isWaiting || this.connection.room <= 0) return undefined;
    this.isStalled = false;
    this.rearm();
    if (this.end === undefined) this.exchange.onDownstreamDrain();
    else this.end.tunnel.clientDrained();
    return undefined;
  }

  override onTimeout(): void {
    if (this.isExchangeDone) {
      // Either it does not take its response, or it does not end a request that is answered.
      this.connection.reset(this, this.sender.isDone ? NO_ERROR : CANCEL);
      return;
    }
    if (this.isStalled) this.exchange.onClientFault('client_stalled');
    else if (this.exchange.delivery.isHeld) this.rearm();
    else this.exchange.onClientFault(this.isPaused || !this.held.isEmpty ? 'response_timeout' : 'body_timeout');
    this.connection.scheduleFlush();
  }

  // Reading.

  private deliver(buf: Buffer, start: number, end: number): void {
    this.exchange.onRequestData(buf, start, end);
    this.credit(end - start);
  }

  private endRequest(): void {
    if (!this.isStalled) this.plane.wheel.disarm(this);
    this.exchange.onRequestEnd(this.trailers);
  }

  /** Lets the client send as many bytes more, on this stream too unless it is over. */
  credit(bytes: number): void {
    this.connection.credit(bytes);
    this.taken += bytes;
    if (this.isRemoteDone || this.isReset || this.taken < STREAM_WINDOW / 4) return;
    this.receiveWindow += this.taken;
    this.connection.windowUpdate(this.id, this.taken);
    this.taken = 0;
  }

  /** T5; messages of gRPC come when there are some. */
  private get bodyIdleMs(): number {
    const { limits } = this.plane;
    return this.exchange.delivery.isGrpc ? limits.tunnelIdleMs : limits.bodyIdleMs;
  }

  private rearm(): void {
    const { wheel, limits } = this.plane;
    if (this.isStalled) wheel.arm(this, limits.stallMs);
    else if (!this.head.isUpgrade && (!this.isRemoteDone || !this.held.isEmpty)) wheel.arm(this, this.bodyIdleMs);
    else wheel.disarm(this);
  }

  // The exchange's calls.

  sendInterim(status: number, _reason: string, fields: string): void {
    if (!this.isReset) this.connection.sendBlock(this.id, status, fields, false);
  }

  sendHead(response: ResponseMessage): void {
    if (this.isReset) return;
    const isLast = response.body === NO_BODY;
    const date = response.hasDate ? '' : this.plane.dateLine;
    const hasLength = response.body === LENGTH || (isLast && response.contentLength >= 0);
    this.sender.head(response.status, response.fields + date, isLast, hasLength ? response.contentLength : -1);
    // Trailers may follow a payload whose length was said.
    if (this.exchange.delivery.connection?.isHttp2 === true) this.sender.leaveEnd();
  }

  sendAnswer(answer: Answer, isHead: boolean): void {
    if (this.isReset) return;
    const body = Buffer.from(isHead ? '' : answer.body, 'latin1');
    const length = answer.status === 204 ? -1 : answer.body.length;
    const isLast = body.length === 0;
    this.sender.head(answer.status, answer.fields + this.plane.dateLine, isLast, length);
    if (!isLast) this.sender.send(body, 0, body.length, false);
  }

  sendData(buf: Buffer, start: number, end: number, isPooled: boolean): number {
    if (this.isReset) return 0;
    const { sender } = this;
    sender.send(buf, start, end, isPooled);
    if (!sender.isWaiting && this.connection.room > 0) return 0;
    this.stall();
    return sender.retains(buf) ? BLOCKED | RETAINED : BLOCKED;
  }

  sendEnd(trailers: string): void {
    if (!this.isReset && !this.sender.isDone) this.sender.end(trailers);
  }

  sendSwitch(response: ResponseMessage, tunnel: Tunnel): void {
    this.plane.wheel.disarm(this);
    const date = response.hasDate ? '' : this.plane.dateLine;
    this.sender.head(200, removeFields(response.fields, ACCEPT) + date, false, -1);
    this.end = new StreamEnd(this, tunnel);
    tunnel.join(this.end);
    this.passToTunnel();
  }

  flush(): void {
    this.connection.scheduleFlush();
  }

  cut(): void {
    this.resetWith(INTERNAL_ERROR);
  }

  pauseBody(): void {
    this.isPaused = true;
  }

  resumeBody(): void {
    this.isPaused = false;
    if (this.isDelivering) return;
    this.isDelivering = true;
    while (!this.held.isEmpty && !this.isPaused && this.exchange.canTakeBody) {
      const piece = this.held.take();
      this.deliver(piece, 0, piece.length);
    }
    this.isDelivering = false;
    // T5, T6: the time until now was the server's, who takes something.
    this.rate.restart();
    if (!this.isExchangeDone && !this.isStalled) this.rearm();
    if (this.held.isEmpty && this.isRemoteDone && !this.isExchangeDone && !this.exchange.isRequestComplete) {
      this.endRequest();
    }
    this.flushRequest();
    this.connection.scheduleFlush();
  }

  exchangeDone(): void {
    this.isExchangeDone = true;
    this.isStalled = false;
    const { end } = this;
    this.end = undefined;
    end?.detach();
    // What nobody took is thrown away (X15).
    if (!this.held.isEmpty) this.credit(this.held.clear());
    this.closeIfOver();
  }

  private stall(): void {
    this.isStalled = true;
    this.sender.restartProgress();
    // A tunnel has that deadline itself.
    if (this.end === undefined) this.plane.wheel.arm(this, this.plane.limits.stallMs);
  }

  // As the end of a tunnel.

  /** Bytes of the client: before the 200 they wait (U2), as they do while the server takes none. */
  private onTunnelData(buf: Buffer, start: number, end: number): void {
    if (this.end === undefined || this.end.isPaused || !this.held.isEmpty) this.held.add(buf, start, end);
    else this.passOn(buf, start, end);
  }

  /** Hands on what waited, and the client's end behind it, as far as the server takes it. */
  passToTunnel(): void {
    while (this.end?.isPaused === false && !this.held.isEmpty) {
      const piece = this.held.take();
      this.passOn(piece, 0, piece.length);
    }
    if (this.held.isEmpty && this.isRemoteDone) this.end?.tunnel.clientEnded();
  }

  private passOn(buf: Buffer, start: number, end: number): void {
    this.end!.tunnel.fromClient(buf, start, end, true);
    this.credit(end - start);
  }

  /** U3: a reset of the other side. */
  cancel(): void {
    this.resetWith(CANCEL);
  }

  // Ending.

  private resetWith(code: number): void {
    if (!this.isReset) this.connection.resetBegun(this, code);
    this.isReset = true;
    this.sender.drop();
  }

  private closeIfOver(): void {
    if (this.isReset || (this.sender.isDone && this.isRemoteDone)) return this.close();
    // The response waits for room, or a request that is answered goes on: both for a while.
    const { wheel, limits } = this.plane;
    wheel.arm(this, this.sender.isDone ? LIMITS.lingerMs : limits.stallMs);
    return undefined;
  }

  private close(): void {
    this.plane.wheel.disarm(this);
    this.sender.drop();
    // Whoever still goes through the streams finds nothing to do here.
    this.isStalled = false;
    this.connection.closed(this);
  }
}
