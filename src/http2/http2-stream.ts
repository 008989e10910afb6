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
import { StreamEnd } from './stream-end.ts';
import { StreamReceiver, type Taker } from './stream-receiver.ts';
import { StreamSender } from './stream-sender.ts';

/** U4: an answer to a key that is ours. */
const ACCEPT = new Set(['sec-websocket-accept']);

/** One request and its response on an HTTP/2 connection: the client's half of its exchange (RFC 9113 5). */
export class Http2Stream extends TimerEntry implements Downstream, Taker {
  id = 0;
  readonly head = new RequestHead();
  readonly sender: StreamSender;
  readonly receiver = new StreamReceiver(this);
  private readonly plane: DataPlane;
  private readonly exchange: Exchange;
  private readonly rate = new BodyRate();
  private connection!: Http2Connection;
  /** The stream was reset, by whomever: nothing more is sent on it. */
  private isReset = false;
  private isExchangeDone = false;
  /** Of the request. */
  private trailers = '';
  /** The server takes nothing for now. */
  private isPaused = false;
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

  get takesLarge(): boolean {
    return this.connection.takesLarge;
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
    this.receiver.open(connection);
    this.head.trustsForwarded = connection.peer.isTrusted;
    this.isReset = false;
    this.isExchangeDone = false;
    this.trailers = '';
    this.isPaused = false;
    this.isStalled = false;
  }

  /** Serves the head that was parsed; a refused one is answered. */
  begin(isLast: boolean, refused: FailureReason | undefined): void {
    this.receiver.isDone = isLast;
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
    const { receiver, head } = this;
    receiver.received += bytes;
    if (head.contentLength >= 0 && receiver.received > head.contentLength) {
      this.connection.credit(bytes);
      return false;
    }
    if (this.isExchangeDone) this.onLateData(bytes);
    else if (head.isUpgrade || this.isTimely(bytes)) receiver.add(buf, start, end);
    else receiver.credit(bytes);
    return true;
  }

  /** Of a request that is answered (X15). */
  private onLateData(bytes: number): void {
    const { receiver, sender, connection } = this;
    // A response that is still on its way must not be cut: its client just gets no more window.
    if (!sender.isDone) connection.credit(bytes);
    else receiver.credit(bytes);
    if (sender.isDone && receiver.received > LIMITS.lingerBytes) connection.reset(this, NO_ERROR);
  }

  /** T5, T6. */
  private isTimely(bytes: number): boolean {
    const { wheel, limits } = this.plane;
    const leastRate = this.exchange.delivery.isGrpc ? 0 : limits.bodyBytesPerSecond;
    const isTimely = this.rate.allows(bytes, wheel.elapsedMs, leastRate);
    if (!isTimely) this.exchange.onClientFault('body_too_slow');
    else if (!this.isStalled) wheel.arm(this, this.bodyIdleMs);
    return isTimely;
  }

  /** The client's END_STREAM. False: the payload is shorter than it said. */
  onRemoteEnd(trailers: string): boolean {
    const { receiver, head } = this;
    receiver.isDone = true;
    this.trailers = trailers;
    if (head.contentLength >= 0 && receiver.received !== head.contentLength && !this.isReset) return false;
    if (this.isExchangeDone) this.closeIfOver();
    else if (head.isUpgrade) this.passToTunnel();
    else if (receiver.isEmpty) this.endRequest();
    return true;
  }

  /** The client says nothing more on any stream: what it has not said whole is cut short (X7). */
  onConnectionEnd(): void {
    const isCut = !this.receiver.isDone && !this.head.isUpgrade;
    this.receiver.isDone = true;
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
    this.receiver.isDone = true;
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
    if (!this.isStalled || sender.isWaiting || this.connection.out.room <= 0) return undefined;
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
    else this.exchange.onClientFault(this.isPaused || !this.receiver.isEmpty ? 'response_timeout' : 'body_timeout');
    this.connection.out.scheduleFlush();
  }

  // Reading.

  get canTake(): boolean {
    if (this.end !== undefined) return !this.end.isPaused;
    // U2: what comes before the tunnel stands waits for it.
    return !this.head.isUpgrade && !this.isPaused && this.exchange.canTakeBody;
  }

  take(buf: Buffer, start: number, end: number): void {
    if (this.end === undefined) this.exchange.onRequestData(buf, start, end);
    else this.end.tunnel.fromClient(buf, start, end, true);
  }

  private endRequest(): void {
    if (!this.isStalled) this.plane.wheel.disarm(this);
    this.exchange.onRequestEnd(this.trailers);
  }

  /** T5; messages of gRPC come when there are some. */
  private get bodyIdleMs(): number {
    const { limits } = this.plane;
    return this.exchange.delivery.isGrpc ? limits.tunnelIdleMs : limits.bodyIdleMs;
  }

  private rearm(): void {
    const { wheel, limits } = this.plane;
    if (this.isStalled) wheel.arm(this, limits.stallMs);
    else if (!this.head.isUpgrade && (!this.receiver.isDone || !this.receiver.isEmpty))
      wheel.arm(this, this.bodyIdleMs);
    else wheel.disarm(this);
  }

  // The exchange's calls.

  sendInterim(status: number, _reason: string, fields: string): void {
    if (!this.isReset) this.connection.out.block(this.id, status, fields, false);
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
    if (!sender.isWaiting && this.connection.out.room > 0) return 0;
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
    this.connection.out.scheduleFlush();
  }

  cut(): void {
    this.resetWith(INTERNAL_ERROR);
  }

  pauseBody(): void {
    this.isPaused = true;
  }

  resumeBody(): void {
    this.isPaused = false;
    const { receiver } = this;
    if (receiver.isPassing) return;
    receiver.passOn();
    // T5, T6: the time until now was the server's, who takes something.
    this.rate.restart();
    if (!this.isExchangeDone && !this.isStalled) this.rearm();
    if (receiver.isEmpty && receiver.isDone && !this.isExchangeDone && !this.exchange.isRequestComplete) {
      this.endRequest();
    }
    this.flushRequest();
    this.connection.out.scheduleFlush();
  }

  exchangeDone(): void {
    this.isExchangeDone = true;
    this.isStalled = false;
    const { end } = this;
    this.end = undefined;
    end?.detach();
    // What nobody took is thrown away (X15).
    this.receiver.clear();
    this.closeIfOver();
  }

  private stall(): void {
    this.isStalled = true;
    this.sender.restartProgress();
    // A tunnel has that deadline itself.
    if (this.end === undefined) this.plane.wheel.arm(this, this.plane.limits.stallMs);
  }

  // As the end of a tunnel.

  /** Hands on what waited, and the client's end behind it, as far as the server takes it. */
  passToTunnel(): void {
    const { receiver } = this;
    receiver.passOn();
    if (receiver.isEmpty && receiver.isDone) this.end?.tunnel.clientEnded();
  }

  /** U3: a reset of the other side. */
  cancel(): void {
    this.resetWith(CANCEL);
  }

  // Ending.

  private resetWith(code: number): void {
    if (!this.isReset) this.connection.out.reset(this.id, code);
    this.isReset = true;
    this.receiver.isDone = true;
    this.sender.drop();
  }

  private closeIfOver(): void {
    if (this.isReset || (this.sender.isDone && this.receiver.isDone)) return this.close();
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
