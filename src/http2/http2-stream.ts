import type { Answer } from '../http/answer.ts';
import type { DataPlane } from '../http/data-plane.ts';
import { BLOCKED, type Downstream, RETAINED } from '../http/downstream.ts';
import { Exchange } from '../http/exchange.ts';
import type { FailureReason } from '../http/failure.ts';
import type { Peer } from '../http/forwarded.ts';
import { LENGTH, NO_BODY, type ResponseMessage } from '../http/message.ts';
import { BodyRate } from '../http1/body-rate.ts';
import { LIMITS } from '../http1/limits.ts';
import { RequestHead } from '../http1/request-head.ts';
import { TimerEntry } from '../lib/timer-wheel.ts';
import type { Http2Connection } from './http2-connection.ts';
import { CANCEL, INTERNAL_ERROR, MAX_PAYLOAD, NO_ERROR } from './frames.ts';
import { HeldBody } from './held-body.ts';
import { MIN_PROGRESS, STREAM_WINDOW } from './limits.ts';
import { copyOf, type Waiting } from './waiting.ts';

const EMPTY = Buffer.alloc(0);

/** One request and its response on an HTTP/2 connection: the client's half of its exchange (RFC 9113 5). */
export class Http2Stream extends TimerEntry implements Downstream {
  id = 0;
  /** What the client lets us send; negative after it made its windows smaller (RFC 9113 6.9.2). */
  sendWindow = 0;
  /** What it may still send. */
  receiveWindow = 0;
  readonly head = new RequestHead();
  private readonly plane: DataPlane;
  private readonly exchange: Exchange;
  private readonly rate = new BodyRate();
  private connection!: Http2Connection;
  /** The client's side has ended. */
  isRemoteDone = false;
  /** Ours has. */
  private isLocalDone = false;
  /** The stream was reset, by whomever: nothing more is sent on it. */
  private isReset = false;
  private isExchangeDone = false;
  /** Bytes of the request's payload so far. */
  private received = 0;
  /** Payload that nobody takes yet. */
  private readonly held = new HeldBody();
  private isPaused = false;
  private isDelivering = false;
  /** Taken, and not yet told the client. */
  private taken = 0;
  /** Sent since its time to take something began. */
  private progress = 0;
  /** Of a response with a length: what is to come. */
  private left = -1;
  private waiting: Waiting | undefined = undefined;
  /** Trailers of a response whose payload waits; undefined: it is not complete. */
  private endsWith: string | undefined = undefined;
  /** The exchange was told to wait. */
  private isStalled = false;

  constructor(plane: DataPlane) {
    super();
    this.plane = plane;
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
    return this.waiting !== undefined || this.isStalled;
  }

  // The connection's calls.

  open(connection: Http2Connection, id: number, sendWindow: number): void {
    this.connection = connection;
    this.id = id;
    this.sendWindow = sendWindow;
    this.receiveWindow = STREAM_WINDOW;
    this.head.trustsForwarded = connection.peer.isTrusted;
    this.isRemoteDone = false;
    this.isLocalDone = false;
    this.isReset = false;
    this.isExchangeDone = false;
    this.received = 0;
    this.isPaused = false;
    this.isDelivering = false;
    this.taken = 0;
    this.progress = 0;
    this.left = -1;
    this.waiting = undefined;
    this.endsWith = undefined;
    this.isStalled = false;
  }

  /** Serves the head that was parsed; a refused one is answered. */
  begin(isLast: boolean, refused: FailureReason | undefined): void {
    this.isRemoteDone = isLast;
    if (refused !== undefined) {
      this.exchange.refuse(this.head, refused);
      return;
    }
    if (!isLast) {
      this.rate.restart();
      this.plane.wheel.arm(this, this.plane.limits.bodyIdleMs);
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
      if (!this.isLocalDone) this.connection.credit(bytes);
      else this.credit(bytes);
      if (this.isLocalDone && this.received > LIMITS.lingerBytes) this.connection.reset(this, NO_ERROR);
      return true;
    }
    const { plane } = this;
    if (!this.rate.allows(bytes, plane.wheel.elapsedMs, plane.limits.bodyBytesPerSecond)) {
      this.exchange.onClientFault('body_too_slow');
      this.credit(bytes);
      return true;
    }
    if (!this.isStalled) plane.wheel.arm(this, plane.limits.bodyIdleMs);
    if (!this.held.isEmpty || this.isPaused || !this.exchange.canTakeBody) {
      this.held.add(buf, start, end);
    } else this.deliver(buf, start, end);
    return true;
  }

  /** The client's END_STREAM. False: the payload is shorter than it said. */
  onRemoteEnd(): boolean {
    this.isRemoteDone = true;
    if (this.head.contentLength >= 0 && this.received !== this.head.contentLength && !this.isReset) return false;
    if (this.isExchangeDone) this.closeIfOver();
    else if (this.held.isEmpty) this.endRequest();
    return true;
  }

  flushRequest(): void {
    if (!this.isExchangeDone) this.exchange.flushRequest();
  }

  /** The client reset the stream, or broke its rules: nothing is sent on it any more. */
  abandon(reason: FailureReason): void {
    this.isReset = true;
    this.isRemoteDone = true;
    this.dropWaiting();
    if (this.isExchangeDone) this.close();
    else this.exchange.onClientFault(reason);
  }

  /** There is room again, in the window or in the socket. */
  onRoom(): void {
    const { waiting } = this;
    const before = waiting?.at ?? 0;
    this.pump();
    if (waiting !== undefined && this.waiting === waiting) this.noteProgress(waiting.at - before);
    if (!this.isStalled || this.waiting !== undefined || this.connection.room <= 0) return;
    this.isStalled = false;
    this.rearm();
    this.exchange.onDownstreamDrain();
  }

  override onTimeout(): void {
    if (this.isExchangeDone) {
      // Either it does not take its response, or it does not end a request that is answered.
      this.connection.reset(this, this.isLocalDone ? NO_ERROR : CANCEL);
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
    this.exchange.onRequestEnd();
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

  private rearm(): void {
    const { wheel, limits } = this.plane;
    if (this.isStalled) wheel.arm(this, limits.stallMs);
    else if (!this.isRemoteDone || !this.held.isEmpty) wheel.arm(this, limits.bodyIdleMs);
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
    const length = hasLength ? `content-length: ${response.contentLength}\r\n` : '';
    this.left = response.body === LENGTH ? response.contentLength : -1;
    this.connection.sendBlock(this.id, response.status, response.fields + date + length, isLast);
    this.isLocalDone = isLast;
  }

  sendAnswer(answer: Answer, isHead: boolean): void {
    if (this.isReset) return;
    const body = isHead ? EMPTY : Buffer.from(answer.body, 'latin1');
    const length = answer.status === 204 ? '' : `content-length: ${Buffer.byteLength(answer.body)}\r\n`;
    const isLast = body.length === 0;
    this.connection.sendBlock(this.id, answer.status, answer.fields + this.plane.dateLine + length, isLast);
    this.isLocalDone = isLast;
    if (isLast) return;
    this.left = body.length;
    this.send(body, 0, body.length, false);
  }

  sendData(buf: Buffer, start: number, end: number, isPooled: boolean): number {
    if (this.isReset) return 0;
    if (this.waiting === undefined) this.send(buf, start, end, isPooled);
    else this.append(buf, start, end);
    if (this.waiting === undefined) {
      if (this.connection.room > 0) return 0;
      this.stall();
      return BLOCKED;
    }
    this.stall();
    return this.waiting.isRetained && this.waiting.buf === buf ? BLOCKED | RETAINED : BLOCKED;
  }

  sendEnd(trailers: string): void {
    if (this.isReset || this.isLocalDone) return;
    if (this.waiting === undefined) this.writeEnd(trailers);
    else this.endsWith = trailers;
  }

  /** U4 is not spoken yet: nothing was asked to switch. */
  sendSwitch(): void {
    this.cut();
  }

  flush(): void {
    this.connection.scheduleFlush();
  }

  cut(): void {
    if (!this.isReset) this.connection.resetBegun(this, INTERNAL_ERROR);
    this.isReset = true;
    this.dropWaiting();
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
    // What nobody took is thrown away (X15).
    if (!this.held.isEmpty) this.credit(this.held.clear());
    this.closeIfOver();
  }

  // Writing.

  /** Sends what windows and socket have room for, and keeps the rest. */
  private send(buf: Buffer, start: number, end: number, isPooled: boolean): void {
    this.waiting = { buf, at: start, end, isRetained: false };
    this.pump();
    const { waiting } = this;
    if (waiting === undefined) return;
    // What is only ours during the call is copied.
    if (isPooled) waiting.isRetained = true;
    else this.waiting = copyOf(waiting);
  }

  /** Nobody sends on while he is told to wait, but the end of what he was sending. */
  private append(buf: Buffer, start: number, end: number): void {
    const { waiting } = this;
    const joined = Buffer.concat([waiting!.buf.subarray(waiting!.at, waiting!.end), buf.subarray(start, end)]);
    this.dropWaiting();
    this.waiting = { buf: joined, at: 0, end: joined.length, isRetained: false };
    this.pump();
  }

  private pump(): void {
    const { waiting, connection } = this;
    if (waiting === undefined) return;
    while (waiting.at < waiting.end) {
      const room = Math.min(this.sendWindow, connection.sendWindow, connection.room, MAX_PAYLOAD);
      if (room <= 0) return;
      const end = Math.min(waiting.end, waiting.at + room);
      const bytes = end - waiting.at;
      if (this.left >= 0) this.left -= bytes;
      const isLast = this.left === 0 && end === waiting.end;
      connection.sendData(this, waiting.buf, waiting.at, end, isLast);
      waiting.at = end;
      if (isLast) this.isLocalDone = true;
    }
    this.dropWaiting();
    if (this.endsWith !== undefined) this.writeEnd(this.endsWith);
    this.endsWith = undefined;
    if (this.isExchangeDone) this.closeIfOver();
  }

  private writeEnd(trailers: string): void {
    if (this.isLocalDone) return;
    this.isLocalDone = true;
    if (trailers === '') this.connection.sendData(this, EMPTY, 0, 0, true);
    else this.connection.sendBlock(this.id, undefined, trailers, true);
  }

  private stall(): void {
    this.isStalled = true;
    this.progress = 0;
    this.plane.wheel.arm(this, this.plane.limits.stallMs);
  }

  /** T14 is renewed by a frame's worth, so that slow clients are served and one that takes an octet now and then is not. */
  private noteProgress(bytes: number): void {
    this.progress += bytes;
    if (this.progress < MIN_PROGRESS) return;
    this.progress = 0;
    this.plane.wheel.arm(this, this.plane.limits.stallMs);
  }

  private dropWaiting(): void {
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting?.isRetained === true) this.plane.buffers.release(waiting.buf);
  }

  // Ending.

  private closeIfOver(): void {
    if (this.isReset || (this.isLocalDone && this.isRemoteDone)) return this.close();
    // The response waits for room, or a request that is answered goes on: both for a while.
    const { wheel, limits } = this.plane;
    wheel.arm(this, this.isLocalDone ? LIMITS.lingerMs : limits.stallMs);
    return undefined;
  }

  private close(): void {
    this.plane.wheel.disarm(this);
    this.dropWaiting();
    // Whoever still goes through the streams finds nothing to do here.
    this.isStalled = false;
    this.connection.closed(this);
  }
}
