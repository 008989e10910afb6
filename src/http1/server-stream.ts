import type { Answer } from '../http/answer.ts';
import type { DataPlane } from '../http/data-plane.ts';
import { BLOCKED, type Downstream } from '../http/downstream.ts';
import { Exchange } from '../http/exchange.ts';
import type { FailureReason } from '../http/failure.ts';
import type { Peer } from '../http/forwarded.ts';
import { NO_BODY, type ResponseMessage } from '../http/message.ts';
import type { Tunnel } from '../http/tunnel.ts';
import { BodyRate } from './body-rate.ts';
import { BodyReader } from './body-reader.ts';
import { keptTrailers } from './connection-options.ts';
import { HeadReader } from './head-reader.ts';
import { LIMITS } from './limits.ts';
import type { ServerConnection } from './server-connection.ts';

/** Inside the request's head. */
const HEAD = 0;
/** The exchange runs; the request's payload is still coming. */
const BODY = 1;
/** The exchange runs; the request is complete. */
const WAIT = 2;
/** The exchange is over, the payload is not: read and thrown away within T9 (X15). */
const DISCARD = 3;

/**
 * One request and its response on a client's connection: reads the message from the connection's bytes and is the client's half of
 * the exchange. A connection has one at a time, and none while it is idle.
 */
export class ServerStream implements Downstream {
  readonly takesLarge = true;
  private readonly plane: DataPlane;
  private readonly exchange: Exchange;
  private readonly heads = new HeadReader();
  private readonly head = this.heads.head;
  private readonly body = new BodyReader();
  private readonly rate = new BodyRate();
  private connection!: ServerConnection;
  private state = HEAD;
  /** T4 runs: the head did not come in one piece. */
  private isHeadTimed = false;
  private discarded = 0;

  constructor(plane: DataPlane) {
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

  /** The request is complete: what follows belongs to the next one. */
  get isRequestComplete(): boolean {
    return this.state === WAIT;
  }

  // The connection's calls.

  /** Begins with a request whose first byte is there. */
  open(connection: ServerConnection): void {
    this.connection = connection;
    this.state = HEAD;
    this.head.trustsForwarded = connection.peer.isTrusted;
    this.isHeadTimed = false;
  }

  /** The connection goes on without it. */
  close(): void {
    this.heads.discard();
  }

  /** Reads on from `chunk[at, end)`. Returns the offset reached, which is `at` while nothing can be taken. */
  read(chunk: Buffer, at: number, end: number): number {
    switch (this.state) {
      case HEAD:
        return this.readHead(chunk, at, end);
      case BODY:
        return this.exchange.canTakeBody ? this.readBody(chunk, at, end) : at;
      case DISCARD:
        return this.readDiscarded(chunk, at, end);
      default:
        return at;
    }
  }

  /** The connection read again after a pause: the time between was not the client's. */
  onResumed(): void {
    this.rate.restart();
  }

  onDrain(): void {
    if (this.state === WAIT) this.plane.wheel.disarm(this.connection);
    else if (this.state === BODY) this.plane.wheel.arm(this.connection, this.plane.limits.bodyIdleMs);
    this.exchange.onDownstreamDrain();
  }

  /** The client's FIN. False: the connection may close, nothing is owed. */
  onClientEnd(): boolean {
    if (this.state === BODY) {
      // X7: the payload ended before its time.
      this.fault('body_cut_short');
      return true;
    }
    if (this.state === WAIT && this.exchange.delivery.isHeld) {
      // Nothing was done for it yet, and most who end here have left: a request that waits in vain would be made for nobody.
      this.exchange.onClientFault('client_gone');
      return false;
    }
    return this.state === WAIT;
  }

  onClientGone(): void {
    this.exchange.onClientFault('client_gone');
  }

  /** A fault of ours; returns the id of the request it met. */
  onInternalFault(): string {
    if (this.exchange.isActive) this.exchange.onClientFault('internal');
    else this.connection.destroy();
    return this.exchange.requestId;
  }

  onTimeout(): void {
    switch (this.state) {
      case HEAD:
        this.refuse('head_timeout');
        break;
      case BODY:
        // Nobody takes the payload of a request that waits for a server, and the wait has an end of its own.
        if (this.exchange.delivery.isHeld) this.plane.wheel.arm(this.connection, this.plane.limits.bodyIdleMs);
        else if (this.connection.writer.isBlocked) this.fault('client_stalled');
        // Paused: it is the server that does not take the payload.
        else this.fault(this.connection.isPaused ? 'response_timeout' : 'body_timeout');
        break;
      case WAIT:
        this.exchange.onClientFault('client_stalled');
        break;
      default:
        this.connection.close();
    }
  }

  flushRequest(): void {
    if (this.exchange.isActive) this.exchange.flushRequest();
  }

  // Reading.

  private readHead(chunk: Buffer, at: number, end: number): number {
    const headEnd = this.heads.read(chunk, at, end);
    if (headEnd > 0) {
      this.startExchange();
      return headEnd;
    }
    if (headEnd < 0) this.refuse(this.head.fault);
    else if (!this.isHeadTimed) {
      this.isHeadTimed = true;
      this.plane.wheel.arm(this.connection, this.plane.limits.headMs);
    }
    return end;
  }

  private startExchange(): void {
    const { head, plane, connection } = this;
    connection.requests += 1;
    this.state = head.body === NO_BODY ? WAIT : BODY;
    this.body.begin(head.body, head.contentLength);
    connection.closeAfter =
      head.connection.close ||
      (head.minorVersion === 0 && !head.connection.keepAlive) ||
      connection.requests >= plane.limits.requests ||
      plane.isDraining;
    connection.writer.begin(head.minorVersion, head.acceptsTrailers);
    if (this.state === BODY) {
      this.rate.restart();
      plane.wheel.arm(connection, plane.limits.bodyIdleMs);
    } else plane.wheel.disarm(connection);
    this.exchange.begin(head);
  }

  private readBody(chunk: Buffer, at: number, end: number): number {
    const { body, plane, connection } = this;
    const next = body.advance(chunk, at, end);
    if (body.isBroken) {
      this.fault('bad_chunk');
      return end;
    }
    if (!this.rate.allows(next - at, plane.wheel.elapsedMs, plane.limits.bodyBytesPerSecond)) {
      this.fault('body_too_slow');
      return end;
    }
    // While the client does not take its response, that deadline holds (T14).
    if (!connection.writer.isBlocked) plane.wheel.arm(connection, plane.limits.bodyIdleMs);
    if (body.dataEnd > body.dataStart) this.exchange.onRequestData(chunk, body.dataStart, body.dataEnd);
    if (body.isDone && this.state === BODY) {
      this.state = WAIT;
      if (!connection.writer.isBlocked) plane.wheel.disarm(connection);
      this.exchange.onRequestEnd(keptTrailers(body.trailers, this.head.connection));
      // Whoever waits for his answer is watched: he may leave.
      connection.resume();
    }
    return next;
  }

  /** X15: a response went out before the request was complete. */
  private readDiscarded(chunk: Buffer, at: number, end: number): number {
    const { body } = this;
    const next = body.advance(chunk, at, end);
    this.discarded += next - at;
    if (body.isDone) this.connection.streamDone();
    else if (body.isBroken || this.discarded > LIMITS.lingerBytes) this.connection.close();
    return next;
  }

  /** A request that cannot be served: answer, stop reading, close in time (T9). */
  private refuse(reason: FailureReason): void {
    const { connection } = this;
    this.heads.discard();
    connection.closeAfter = true;
    this.state = WAIT;
    connection.writer.begin(1, false);
    this.exchange.refuse(this.head, reason);
  }

  /** The client broke off or broke its payload. */
  private fault(reason: FailureReason): void {
    this.connection.closeAfter = true;
    this.exchange.onClientFault(reason);
  }

  // The exchange's calls.

  sendInterim(status: number, reason: string, fields: string): void {
    this.connection.writer.interim(status, reason, fields);
  }

  sendHead(response: ResponseMessage): void {
    const { connection } = this;
    const close = connection.closeAfter || this.plane.isDraining || this.awaitsContinue;
    connection.closeAfter = connection.writer.head(response, close);
  }

  sendData(buf: Buffer, start: number, end: number, isPooled: boolean): number {
    const result = this.connection.writer.data(buf, start, end, isPooled);
    if ((result & BLOCKED) !== 0) this.plane.wheel.arm(this.connection, this.plane.limits.stallMs);
    return result;
  }

  sendEnd(trailers: string): void {
    this.connection.writer.end(trailers);
  }

  sendAnswer(answer: Answer, isHead: boolean): void {
    const { connection } = this;
    connection.closeAfter ||= answer.close || this.awaitsContinue;
    connection.writer.answer(answer, isHead, connection.closeAfter);
  }

  /** E1: whoever waits for a 100 may or may not send its body after a final answer; only closing is unambiguous. */
  private get awaitsContinue(): boolean {
    return this.head.expectsContinue && this.state === BODY;
  }

  sendSwitch(response: ResponseMessage, tunnel: Tunnel): void {
    this.connection.writer.switching(response);
    this.connection.becomeTunnel(tunnel);
  }

  flush(): void {
    this.connection.writer.flush();
  }

  cut(): void {
    this.connection.cut();
  }

  resumeBody(): void {
    if (this.state === BODY && !this.connection.isProcessing) this.connection.readOn();
  }

  pauseBody(): void {
    this.connection.pause();
  }

  exchangeDone(): void {
    const { connection } = this;
    if (this.state !== BODY || connection.closeAfter) {
      connection.streamDone();
      return;
    }
    this.state = DISCARD;
    this.discarded = 0;
    this.plane.wheel.arm(connection, LIMITS.lingerMs);
    connection.readOn();
  }
}
