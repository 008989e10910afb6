import type { Socket } from 'node:net';
import type { Answer } from '../http/answer.ts';
import type { DataPlane } from '../http/data-plane.ts';
import { BLOCKED, type Downstream } from '../http/downstream.ts';
import { Exchange } from '../http/exchange.ts';
import type { FailureReason } from '../http/failure.ts';
import type { PeerFacts } from '../http/forwarded.ts';
import { NO_BODY, type ResponseMessage } from '../http/message.ts';
import type { Tunnel } from '../http/tunnel.ts';
import { TimerEntry } from '../lib/timer-wheel.ts';
import { BodyRate } from './body-rate.ts';
import { BodyReader } from './body-reader.ts';
import type { ConnectionFacts } from './connection-facts.ts';
import { BODY, CLOSED, DISCARD, HEAD, IDLE, LINGER, TUNNEL, WAIT } from './connection-state.ts';
import { HeadReader } from './head-reader.ts';
import { LIMITS } from './limits.ts';
import type { RequestHead } from './request-head.ts';
import { ResponseWriter } from './response-writer.ts';
import { SocketEnd } from './socket-end.ts';

/** A client's HTTP/1.1 connection: one state machine over the socket's chunks, one exchange used for each request in turn. */
export class ServerConnection extends TimerEntry implements Downstream {
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
  private readonly rate = new BodyRate();
  private state = IDLE;
  /** Bytes behind the current message or not taken yet (L7). */
  private pending: Buffer | undefined = undefined;
  private discarded = 0;
  private requests = 0;
  private closeAfter = false;
  private clientEnded = false;
  private isPaused = false;
  /** What this connection has become an end of. */
  private tunnel: Tunnel | undefined = undefined;
  /** `process` is on the stack: what finishes inside it is carried on by its loop. */
  private isProcessing = false;

  constructor(socket: Socket, plane: DataPlane, facts: ConnectionFacts) {
    super();
    this.socket = socket;
    this.plane = plane;
    this.facts = facts;
    this.peer = facts.peer;
    this.entrypoint = facts.entrypoint;
    this.head.trustsForwarded = facts.peer.isTrusted;
    this.head.limit(plane.limits);
    this.exchange = new Exchange(plane, this);
    this.writer = new ResponseWriter(socket, plane);
    plane.counters.connections += 1;
    // Until its first byte a new connection has the time of a head (T4).
    plane.wheel.arm(this, plane.limits.headMs);
    socket.on('data', (chunk: Buffer) => this.onData(chunk));
    socket.on('drain', () => this.onDrain());
    socket.on('end', () => this.onEnd());
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.onClose());
  }

  /** No further request after the current one; an idle connection closes at once. */
  drain(): void {
    this.closeAfter = true;
    if (this.state !== IDLE) return;
    // The end of the last response may still be on its way to a slow client.
    if (this.socket.writableLength > 0) this.close();
    else this.destroy();
  }

  destroy(): void {
    this.socket.destroy();
  }

  // Reading.

  private onData(chunk: Buffer): void {
    if (this.tunnel !== undefined) return this.tunnel.fromClient(chunk, 0, chunk.length, true);
    if (this.state >= LINGER) {
      this.discarded += chunk.length;
      return this.discarded > LIMITS.lingerBytes ? this.destroy() : undefined;
    }
    const { pending } = this;
    this.pending = undefined;
    this.process(pending === undefined ? chunk : Buffer.concat([pending, chunk]));
    return undefined;
  }

  /** Serves what `chunk` holds: heads, bodies, pipelined requests, in order. A fault of ours ends this connection alone. */
  private process(chunk: Buffer): void {
    this.isProcessing = true;
    try {
      this.consume(chunk, chunk.length);
    } catch (error) {
      this.closeAfter = true;
      if (this.exchange.isActive) this.exchange.onClientFault('internal');
      else this.destroy();
      this.plane.internalFault(error, this.exchange.requestId);
    }
    this.isProcessing = false;
    if (this.exchange.isActive) this.exchange.flushRequest();
    this.writer.flush();
    // The client's end was seen before these bytes were served: what they leave unfinished stays so.
    if (this.clientEnded && this.pending === undefined && this.state < TUNNEL) this.onEnd();
  }

  private consume(chunk: Buffer, end: number): void {
    for (let at = 0; at < end;) {
      if (this.state <= HEAD) {
        // V4, T14: nobody gets more answers before he takes those he has.
        if (this.writer.isBlocked) {
          this.plane.wheel.arm(this, this.plane.limits.stallMs);
          return this.hold(chunk, at, 0);
        }
        at = this.readHead(chunk, at, end);
      } else if (this.state === BODY && !this.exchange.canTakeBody) return this.hold(chunk, at, 0);
      else if (this.state === BODY || this.state === DISCARD) at = this.readBody(chunk, at, end);
      else if (this.state === WAIT) return this.hold(chunk, at, LIMITS.maxPending);
      else return;
    }
  }

  /** Keeps what cannot be served yet; the socket is not read while that is more than `most`. */
  private hold(chunk: Buffer, at: number, most: number): void {
    this.pending = at === 0 ? chunk : chunk.subarray(at);
    if (this.pending.length > most) this.pauseBody();
  }

  private readHead(chunk: Buffer, at: number, end: number): number {
    const headEnd = this.heads.read(chunk, at, end);
    if (headEnd > 0) {
      this.startExchange();
      return headEnd;
    }
    if (headEnd < 0) this.refuse(this.head.fault);
    else if (this.state === IDLE) {
      this.state = HEAD;
      this.plane.wheel.arm(this, this.plane.limits.headMs);
    }
    return end;
  }

  private startExchange(): void {
    const { head, plane } = this;
    this.requests += 1;
    this.state = head.body === NO_BODY ? WAIT : BODY;
    this.body.begin(head.body, head.contentLength);
    this.closeAfter =
      head.connection.close ||
      (head.minorVersion === 0 && !head.connection.keepAlive) ||
      this.requests >= plane.limits.requests ||
      plane.isDraining;
    this.writer.begin(head.minorVersion, head.acceptsTrailers);
    if (this.state === BODY) {
      this.rate.restart();
      plane.wheel.arm(this, plane.limits.bodyIdleMs);
    } else plane.wheel.disarm(this);
    this.exchange.begin(head);
  }

  /** Payload of the request: to the exchange, or thrown away once that is over. */
  private readBody(chunk: Buffer, at: number, end: number): number {
    const { body, plane } = this;
    const next = body.advance(chunk, at, end);
    if (body.isBroken) {
      if (this.state === DISCARD) this.close();
      else this.exchange.onClientFault('bad_chunk');
      return end;
    }
    if (this.state === DISCARD) {
      // X15: a response went out before the request was complete.
      this.discarded += next - at;
      if (body.isDone) this.carryOn();
      else if (this.discarded > LIMITS.lingerBytes) this.close();
      return next;
    }
    if (!this.rate.allows(next - at, plane.wheel.elapsedMs, plane.limits.bodyBytesPerSecond)) {
      this.closeAfter = true;
      this.exchange.onClientFault('body_too_slow');
      return end;
    }
    plane.wheel.arm(this, plane.limits.bodyIdleMs);
    if (body.dataEnd > body.dataStart) this.exchange.onRequestData(chunk, body.dataStart, body.dataEnd);
    if (body.isDone && this.state === BODY) {
      this.state = WAIT;
      plane.wheel.disarm(this);
      this.exchange.onRequestEnd();
      // Whoever waits for his answer is watched: he may leave.
      this.resume();
    }
    return next;
  }

  /** A request that cannot be served: answer, stop reading, close in time (T9). */
  private refuse(reason: FailureReason): void {
    this.heads.discard();
    this.closeAfter = true;
    this.state = WAIT;
    this.writer.begin(1, false);
    this.exchange.refuse(this.head, reason);
  }

  // The exchange's calls.

  sendInterim(status: number, reason: string, fields: string): void {
    this.writer.interim(status, reason, fields);
  }

  sendHead(response: ResponseMessage, extraFields: string): void {
    this.closeAfter ||= this.plane.isDraining || this.awaitsContinue;
    this.closeAfter = this.writer.head(response, extraFields, this.closeAfter);
  }

  sendData(buf: Buffer, start: number, end: number, isPooled: boolean): number {
    const result = this.writer.data(buf, start, end, isPooled);
    if ((result & BLOCKED) !== 0) this.plane.wheel.arm(this, this.plane.limits.stallMs);
    return result;
  }

  sendEnd(trailers: string): void {
    this.writer.end(trailers);
  }

  sendAnswer(answer: Answer, isHead: boolean): void {
    this.closeAfter ||= answer.close || this.awaitsContinue;
    this.writer.answer(answer, isHead, this.closeAfter);
  }

  /** E1: whoever waits for a 100 may or may not send its body after a final answer; only closing is unambiguous. */
  private get awaitsContinue(): boolean {
    return this.head.expectsContinue && this.state === BODY;
  }

  sendSwitch(response: ResponseMessage, tunnel: Tunnel): void {
    this.state = TUNNEL;
    this.plane.wheel.disarm(this);
    this.writer.switching(response);
    this.writer.flush();
    this.resume();
    this.tunnel = tunnel;
    tunnel.join(new SocketEnd(this.socket, this.peer.isTls));
    const { pending } = this;
    this.pending = undefined;
    if (pending !== undefined) tunnel.fromClient(pending, 0, pending.length, true);
    if (this.clientEnded) tunnel.clientEnded();
  }

  flush(): void {
    this.writer.flush();
  }

  cut(): void {
    // V5: no request behind it is served.
    this.closeAfter = true;
    this.writer.discard();
    // Where only the end delimits the payload, only a reset tells a cut from it (B11).
    if (this.writer.isUntilClose && !this.peer.isTls) this.socket.resetAndDestroy();
    else this.destroy();
  }

  resumeBody(): void {
    if (this.isProcessing || this.state !== BODY) return;
    this.continueWithPending();
  }

  exchangeDone(): void {
    if (this.state === CLOSED) return;
    // What became a tunnel ends with it.
    if (this.tunnel !== undefined) return;
    if (this.state === BODY && !this.closeAfter) {
      this.state = DISCARD;
      this.discarded = 0;
      this.plane.wheel.arm(this, LIMITS.lingerMs);
      this.continueWithPending();
    } else this.carryOn();
  }

  private carryOn(): void {
    const isLast = this.clientEnded && this.pending === undefined && !this.isProcessing;
    if (this.closeAfter || isLast) {
      this.close();
      return;
    }
    this.state = IDLE;
    this.plane.wheel.arm(this, this.plane.limits.keepAliveMs);
    this.continueWithPending();
  }

  /** Serves what was held; that may ask for the next pause, so reading resumes before. */
  private continueWithPending(): void {
    const { pending } = this;
    this.pending = undefined;
    this.resume();
    if (pending !== undefined) this.process(pending);
  }

  // Closing.

  /** Ends our side behind what is written; what the client still sends is thrown away (T9). */
  private close(): void {
    this.state = LINGER;
    this.discarded = 0;
    this.pending = undefined;
    this.writer.flush();
    this.plane.wheel.arm(this, this.plane.limits.stallMs);
    if (this.clientEnded) this.destroyAfterWrites();
    else {
      // Its time to close begins when our last byte has left, however slowly it reads (T14).
      this.socket.end(() => {
        if (this.state === LINGER) this.plane.wheel.arm(this, LIMITS.lingerMs);
      });
      this.resume();
    }
  }

  private destroyAfterWrites(): void {
    this.plane.wheel.arm(this, this.plane.limits.stallMs);
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
        // V6: a half-close; the answer is still delivered, and those to the requests behind it.
        if (this.pending === undefined) this.closeAfter = true;
        break;
      case TUNNEL:
        this.tunnel!.clientEnded();
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
    if (this.tunnel === undefined) this.exchange.onClientFault('client_gone');
    else this.tunnel.clientGone();
    this.facts.closed(this);
  }

  override onTimeout(): void {
    switch (this.state) {
      case HEAD:
        this.refuse('head_timeout');
        break;
      case BODY:
        this.closeAfter = true;
        // Paused: it is the server that does not take the payload.
        if (this.writer.isBlocked) this.exchange.onClientFault('client_stalled');
        else this.exchange.onClientFault(this.isPaused ? 'response_timeout' : 'body_timeout');
        break;
      case WAIT:
        this.exchange.onClientFault('client_stalled');
        break;
      default:
        this.destroy();
    }
  }

  private onDrain(): void {
    if (this.tunnel !== undefined) return this.tunnel.clientDrained();
    if (!this.writer.drained()) return;
    if (this.state === WAIT) this.plane.wheel.disarm(this);
    else if (this.state <= HEAD) this.continueWithPending();
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
    this.rate.restart();
    this.socket.resume();
  }
}
