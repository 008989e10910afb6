import type { Socket } from 'node:net';
import type { Answer } from '../http/answer.ts';
import type { DataPlane } from '../http/data-plane.ts';
import { BLOCKED, type Downstream } from '../http/downstream.ts';
import { Exchange } from '../http/exchange.ts';
import type { FailureReason } from '../http/failure.ts';
import type { PeerFacts } from '../http/forwarded.ts';
import { NO_BODY, type ResponseMessage } from '../http/message.ts';
import type { Timed } from '../lib/timer-wheel.ts';
import { BodyReader } from './body-reader.ts';
import { HeadReader } from './head-reader.ts';
import { LIMITS } from './limits.ts';
import type { RequestHead } from './request-head.ts';
import { ResponseWriter } from './response-writer.ts';

// States, in the order a connection may pass them.
const IDLE = 0; // Between requests; the next byte starts a head.
const HEAD = 1; // Inside a head that arrived in pieces.
const BODY = 2; // The exchange runs; the request's payload is still coming.
const WAIT = 3; // The exchange runs; the request is complete.
const DISCARD = 4; // The exchange is over, the payload is not: read and thrown away within T9 (X15).
const TUNNEL = 5; // Bytes pass both ways unframed.
const LINGER = 6; // Our last response is written; the client's rest is thrown away until it closes (T9).
const CLOSED = 7;

/** What the entrypoint knows of a connection when it hands it over. */
export interface ConnectionFacts {
  readonly entrypoint: string;
  readonly peer: PeerFacts;
  /** Called once, when the connection is gone. */
  readonly closed: (connection: ServerConnection) => void;
}

/** A client's HTTP/1.1 connection: one state machine over the socket's chunks, one exchange used for each request in turn. */
export class ServerConnection implements Downstream, Timed {
  deadline = 0;
  placedAt = 0;
  timerPrev: Timed | undefined = undefined;
  timerNext: Timed | undefined = undefined;

  readonly peer: PeerFacts;
  readonly entrypoint: string;
  private readonly plane: DataPlane;
  private readonly socket: Socket;
  private readonly facts: ConnectionFacts;
  private readonly exchange: Exchange;
  private readonly heads = new HeadReader();
  private readonly head: RequestHead = this.heads.head;
  private readonly writer: ResponseWriter;
  private readonly body = new BodyReader();
  private state = IDLE;
  /** Bytes behind the current message or not taken yet (L7). */
  private pending: Buffer | undefined = undefined;
  private discarded = 0;
  private requests = 0;
  private closeAfter = false;
  private clientEnded = false;
  private isPaused = false;
  /** `process` is on the stack: what finishes inside it is carried on by its loop. */
  private isProcessing = false;

  constructor(socket: Socket, plane: DataPlane, facts: ConnectionFacts) {
    this.socket = socket;
    this.plane = plane;
    this.facts = facts;
    this.peer = facts.peer;
    this.entrypoint = facts.entrypoint;
    this.head.trustsForwarded = facts.peer.isTrusted;
    this.exchange = new Exchange(plane, this);
    this.writer = new ResponseWriter(socket, plane);
    plane.counters.connections += 1;
    // Until its first byte a new connection has the time of a head (T4).
    plane.wheel.arm(this, LIMITS.headMs);
    socket.on('data', (chunk: Buffer) => this.onData(chunk));
    socket.on('drain', () => this.onDrain());
    socket.on('end', () => this.onEnd());
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.onClose());
  }

  /** No further request after the current one; an idle connection closes at once. */
  drain(): void {
    this.closeAfter = true;
    if (this.state === IDLE) this.destroy();
  }

  destroy(): void {
    this.socket.destroy();
  }

  // Reading.

  private onData(chunk: Buffer): void {
    if (this.state === TUNNEL) {
      this.plane.wheel.arm(this, LIMITS.tunnelIdleMs);
      this.exchange.onRequestData(chunk, 0, chunk.length);
      return this.exchange.flushRequest();
    }
    if (this.state >= LINGER) {
      this.discarded += chunk.length;
      return this.discarded > LIMITS.lingerBytes ? this.destroy() : undefined;
    }
    const { pending } = this;
    this.pending = undefined;
    this.process(pending === undefined ? chunk : Buffer.concat([pending, chunk]));
    return undefined;
  }

  /** Serves what `chunk` holds: heads, bodies, pipelined requests, in order. */
  private process(chunk: Buffer): void {
    this.isProcessing = true;
    const end = chunk.length;
    let at = 0;
    while (at < end) {
      if (this.state <= HEAD) at = this.readHead(chunk, at, end);
      else if (this.state === BODY && !this.exchange.canTakeBody) {
        this.hold(chunk, at);
        this.pauseBody();
        break;
      } else if (this.state === BODY || this.state === DISCARD) at = this.readBody(chunk, at, end);
      else if (this.state === WAIT || this.state === TUNNEL) {
        this.hold(chunk, at);
        if (end - at > LIMITS.maxPending) this.pauseBody();
        break;
      } else break;
    }
    this.isProcessing = false;
    if (this.exchange.isActive) this.exchange.flushRequest();
    this.writer.flush();
  }

  private hold(chunk: Buffer, at: number): void {
    this.pending = at === 0 ? chunk : chunk.subarray(at);
  }

  private readHead(chunk: Buffer, at: number, end: number): number {
    const headEnd = this.heads.read(chunk, at, end);
    if (headEnd > 0) {
      this.startExchange();
      return headEnd;
    }
    if (headEnd < 0) return this.refuse(this.head.fault, end);
    if (this.state === IDLE) {
      this.state = HEAD;
      this.plane.wheel.arm(this, LIMITS.headMs);
    }
    return end;
  }

  private startExchange(): void {
    const { head } = this;
    this.requests += 1;
    this.state = head.body === NO_BODY ? WAIT : BODY;
    this.body.begin(head.body, head.contentLength);
    this.closeAfter =
      head.connection.close ||
      (head.minorVersion === 0 && !head.connection.keepAlive) ||
      this.requests >= LIMITS.maxRequests ||
      this.plane.isDraining;
    this.writer.begin(head.minorVersion, head.acceptsTrailers);
    if (this.state === BODY) this.plane.wheel.arm(this, LIMITS.bodyIdleMs);
    else this.plane.wheel.disarm(this);
    this.exchange.begin(head);
  }

  /** Payload of the request: to the exchange, or thrown away once that is over. */
  private readBody(chunk: Buffer, at: number, end: number): number {
    const { body } = this;
    const next = body.advance(chunk, at, end);
    if (body.isBroken) {
      if (this.state === DISCARD) return this.close(end);
      this.exchange.onClientFault('bad_chunk');
      return end;
    }
    if (this.state === DISCARD) return this.discard(next - at, next, end);
    this.plane.wheel.arm(this, LIMITS.bodyIdleMs);
    if (body.dataEnd > body.dataStart) this.exchange.onRequestData(chunk, body.dataStart, body.dataEnd);
    if (body.isDone && this.state === BODY) {
      this.state = WAIT;
      this.plane.wheel.disarm(this);
      this.exchange.onRequestEnd();
    }
    return next;
  }

  /** X15: a response went out before the request was complete. */
  private discard(bytes: number, at: number, end: number): number {
    this.discarded += bytes;
    if (this.body.isDone) {
      this.nextRequest();
      return at;
    }
    return this.discarded > LIMITS.lingerBytes ? this.close(end) : at;
  }

  /** A request that cannot be served: answer, stop reading, close in time (T9). */
  private refuse(reason: FailureReason, end: number): number {
    this.heads.discard();
    this.closeAfter = true;
    this.state = WAIT;
    this.writer.begin(1, false);
    this.exchange.refuse(this.head, reason);
    return end;
  }

  // The exchange's calls.

  sendInterim(status: number, reason: string, fields: string): void {
    this.writer.interim(status, reason, fields);
  }

  sendHead(response: ResponseMessage, extraFields: string): void {
    this.closeAfter ||= this.plane.isDraining;
    this.closeAfter = this.writer.head(response, extraFields, this.closeAfter);
  }

  sendData(buf: Buffer, start: number, end: number, isPooled: boolean): number {
    const result = this.writer.data(buf, start, end, isPooled);
    if ((result & BLOCKED) !== 0) this.plane.wheel.arm(this, LIMITS.clientStallMs);
    return result;
  }

  sendEnd(trailers: string): void {
    if (this.state === TUNNEL) {
      this.writer.flush();
      this.socket.end();
      return;
    }
    this.writer.end(trailers);
  }

  sendAnswer(answer: Answer, isHead: boolean): void {
    // E1: whoever waits for a 100 may or may not send its body now; only closing is unambiguous.
    this.closeAfter ||= answer.close || (this.head.expectsContinue && this.state === BODY);
    this.writer.answer(answer, isHead, this.closeAfter);
  }

  sendSwitch(response: ResponseMessage): void {
    this.state = TUNNEL;
    this.plane.wheel.arm(this, LIMITS.tunnelIdleMs);
    this.writer.switching(response);
    const { pending } = this;
    this.pending = undefined;
    if (pending !== undefined) this.exchange.onRequestData(pending, 0, pending.length);
    this.exchange.flushRequest();
    if (this.clientEnded) this.exchange.onRequestEnd();
    this.resume();
  }

  flush(): void {
    this.writer.flush();
  }

  cut(): void {
    this.writer.discard();
    this.destroy();
  }

  resumeBody(): void {
    if (this.state === TUNNEL) return this.resume();
    if (this.isProcessing || this.state !== BODY) return;
    const { pending } = this;
    this.pending = undefined;
    if (pending !== undefined) this.process(pending);
    if (this.pending === undefined) this.resume();
  }

  exchangeDone(): void {
    if (this.state === CLOSED) return;
    if (this.state === TUNNEL) this.destroyAfterWrites();
    else if (this.state === BODY && !this.closeAfter) {
      this.state = DISCARD;
      this.discarded = 0;
      this.plane.wheel.arm(this, LIMITS.lingerMs);
      this.continueWithPending();
      this.resume();
    } else if (this.closeAfter) this.close(0);
    else this.nextRequest();
  }

  private nextRequest(): void {
    this.state = IDLE;
    if (this.clientEnded && this.pending === undefined) {
      this.close(0);
      return;
    }
    this.plane.wheel.arm(this, LIMITS.keepAliveMs);
    this.continueWithPending();
    this.resume();
  }

  private continueWithPending(): void {
    const { pending } = this;
    if (this.isProcessing || pending === undefined) return;
    this.pending = undefined;
    this.process(pending);
  }

  // Closing.

  /** Ends our side; what the client still sends is thrown away for a while, so that it can read our answer (T9). */
  private close(end: number): number {
    this.state = LINGER;
    this.discarded = 0;
    this.pending = undefined;
    this.writer.flush();
    this.socket.end();
    if (this.clientEnded) this.destroyAfterWrites();
    else {
      this.plane.wheel.arm(this, LIMITS.lingerMs);
      this.resume();
    }
    return end;
  }

  private destroyAfterWrites(): void {
    this.plane.wheel.arm(this, LIMITS.clientStallMs);
    this.socket.destroySoon();
  }

  private onEnd(): void {
    this.clientEnded = true;
    switch (this.state) {
      case BODY:
        // X7: the payload ended before its time.
        this.closeAfter = true;
        this.exchange.onClientFault('body_cut_short');
        break;
      case WAIT:
        // V6: a half-close; the answer is still delivered.
        this.closeAfter = true;
        break;
      case TUNNEL:
        this.exchange.onRequestEnd();
        break;
      default:
        this.socket.end();
        this.destroyAfterWrites();
    }
  }

  private onClose(): void {
    if (this.state === CLOSED) return;
    this.state = CLOSED;
    this.pending = undefined;
    this.plane.wheel.disarm(this);
    this.plane.counters.connections -= 1;
    this.exchange.onClientFault('client_gone');
    this.facts.closed(this);
  }

  onTimeout(): void {
    switch (this.state) {
      case HEAD:
        this.refuse('head_timeout', 0);
        break;
      case BODY:
        if (this.writer.isBlocked) return this.stalled();
        this.closeAfter = true;
        // Paused: it is the server that does not take the payload.
        this.exchange.onClientFault(this.isPaused ? 'response_timeout' : 'body_timeout');
        this.writer.flush();
        break;
      case WAIT:
        this.stalled();
        break;
      default:
        this.destroy();
    }
  }

  private stalled(): void {
    this.exchange.onClientFault('client_stalled');
    this.destroy();
  }

  private onDrain(): void {
    if (!this.writer.drained()) return;
    if (this.state === TUNNEL) this.plane.wheel.arm(this, LIMITS.tunnelIdleMs);
    else if (this.state === WAIT) this.plane.wheel.disarm(this);
    this.exchange.onDownstreamDrain();
  }

  pauseBody(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    this.socket.pause();
  }

  private resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.socket.resume();
  }
}
