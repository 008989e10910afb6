import type { ClientHttp2Stream } from 'node:http2';
import type { DataPlane } from '../http/data-plane.ts';
import type { Exchange } from '../http/exchange.ts';
import type { FailureReason } from '../http/failure.ts';
import { NO_BODY } from '../http/message.ts';
import type { UnseenBody } from '../http/unseen-body.ts';
import type { UpstreamConnection } from '../http/upstream-connection.ts';
import { keptTrailers } from '../http1/connection-options.ts';
import { LIMITS } from '../http1/limits.ts';
import { ResponseHead } from '../http1/response-head.ts';
import { TimerEntry } from '../lib/timer-wheel.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { ClientBody } from './client-body.ts';
import { listen } from './client-events.ts';
import type { ClientSession } from './client-session.ts';
import { ClientUpload } from './client-upload.ts';
import { flushSoon, type Gathering } from './flush-soon.ts';
import { CANCEL, END_STREAM, ENHANCE_YOUR_CALM, REFUSED_STREAM } from './frames.ts';
import { blockBytes, requestBlock } from './request-fields.ts';
import { parseResponse, parseResponseTrailers } from './response-text.ts';

/** For a connection that has room for it. */
const WAITING = 0;
/** The request is out, its response head is not there. */
const AWAIT_HEAD = 1;
const BODY = 2;
/** The exchange is over; the stream is about to be. */
const ENDING = 3;
const CLOSED = 4;

/** Whom a stream turns to while it waits. */
export interface StreamOwner {
  forget(stream: ClientStream): void;
}

/** One request to a server over HTTP/2 (RFC 9113 8.1): the server's half of its exchange, or HTTP/1.1's stand-in until that is chosen. */
export class ClientStream extends TimerEntry implements UpstreamConnection, Gathering {
  readonly isHttp2 = true;
  isReused = false;
  private readonly plane: DataPlane;
  private readonly upstream: Upstream<UpstreamConnection>;
  private readonly owner: StreamOwner;
  private readonly head = new ResponseHead();
  private session: ClientSession | undefined = undefined;
  private stream: ClientHttp2Stream | undefined = undefined;
  private exchange: Exchange | undefined = undefined;
  private state = WAITING;
  private readonly upload = new ClientUpload();
  private readonly body: ClientBody;
  private interims = 0;
  private trailers = '';
  private isPaused = false;
  isGathering = false;
  /** The request's HEADERS were never sent. */
  private isUnsent = false;

  constructor(plane: DataPlane, upstream: Upstream<UpstreamConnection>, owner: StreamOwner) {
    super();
    this.plane = plane;
    this.upstream = upstream;
    this.owner = owner;
    this.body = new ClientBody(plane.buffers);
    plane.wheel.arm(this, upstream.transport.timeouts.connectMs);
  }

  get hasResponded(): boolean {
    return this.upload.isSeen;
  }

  get unseenBody(): UnseenBody | undefined {
    return this.upload.unseen;
  }

  /** Somebody waits for the response, and has a deadline for it. */
  get isAwaited(): boolean {
    return this.exchange !== undefined;
  }

  // The pool's calls.

  /** There is a connection. */
  take(session: ClientSession): void {
    this.session = session;
    if (this.exchange !== undefined) this.begin();
  }

  /** The server speaks HTTP/1.1. */
  become(connection: UpstreamConnection): void {
    const { exchange } = this;
    this.leave();
    if (exchange === undefined) connection.close();
    else exchange.delivery.handOver(connection);
  }

  /** There is no connection. */
  refuse(reason: FailureReason): void {
    this.fault(reason, true);
  }

  // The exchange's calls.

  send(exchange: Exchange): void {
    this.exchange = exchange;
    if (this.session !== undefined) this.begin();
  }

  writeBody(buf: Buffer, start: number, end: number): boolean {
    // While the request is on its way the client's own time-out (T5) comes first.
    if (this.state === AWAIT_HEAD) this.awaitHead(this.plane.limits.bodyIdleMs);
    return this.upload.write(buf, start, end);
  }

  endBody(trailers: string): void {
    this.upload.end(trailers);
    if (this.state === AWAIT_HEAD) this.awaitHead(0);
  }

  /** node:http2 writes what a turn of the event loop brought at its end. */
  flush(): void {}

  /** The client does not read: its own deadline (T14) runs. */
  pause(): void {
    this.isPaused = true;
    this.plane.wheel.disarm(this);
    this.stream?.pause();
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    if (this.state !== BODY) return;
    this.plane.wheel.arm(this, this.exchange!.delivery.responseIdleMs);
    if (this.body.isSaved) this.readSaved();
    else this.stream!.resume();
  }

  /** M13, toward the server: what nobody waits for is called off; the connection lives on. */
  abort(): void {
    this.leave();
  }

  close(): void {
    this.leave();
  }

  // Sending.

  private begin(): void {
    const exchange = this.exchange!;
    const session = this.session!;
    const { body } = exchange.request;
    const isBodyToCome = body !== NO_BODY;
    this.isReused = session.requests > 0;
    this.upload.isWritten = !isBodyToCome;
    this.state = AWAIT_HEAD;
    this.awaitHead(isBodyToCome ? this.plane.limits.bodyIdleMs : 0);
    // Whether there will be trailers shows at the end only.
    const options = { endStream: !isBodyToCome, waitForTrailers: isBodyToCome };
    try {
      const block = requestBlock(exchange, this.upstream.authority, exchange.delivery.service!.passHostHeader);
      // The server would reset it, or the whole connection.
      if (blockBytes(block) > session.maxHead) return exchange.onClientFault('head_too_large');
      this.stream = session.begin(this).request(block, options);
      this.upload.begin(this.stream);
      listen(this.stream, this);
      exchange.onSendable();
    } catch (error) {
      session.end(this, false);
      this.onInternalFault(error);
    }
  }

  private awaitHead(moreMs: number): void {
    this.plane.wheel.arm(this, this.exchange!.delivery.responseHeadMs + moreMs);
  }

  // What node:http2 tells.

  onWantTrailers(): void {
    this.upload.sendTrailers();
  }

  onDrain(): void {
    this.exchange?.onUpstreamDrain();
  }

  /** The server takes no more of the request. Whoever waited for it to take more sends the rest to nobody, and gets the response. */
  onCalledOff(): void {
    if (this.state === BODY) this.exchange?.onUpstreamDrain();
  }

  onInterim(block: readonly string[]): void {
    const exchange = this.heard();
    if (exchange === undefined || this.state !== AWAIT_HEAD) return;
    this.interims += 1;
    const { head } = this;
    const isFit = this.interims <= LIMITS.maxInterim && parseResponse(head, block, exchange.request.method, false);
    // RFC 9113 8.6: there is no 101.
    if (!isFit || head.status >= 200 || head.status === 101) return this.fault('upstream_invalid', false);
    exchange.onInterim(head.status, head.reason, head.fields);
    return exchange.flushResponse();
  }

  onResponse(block: readonly string[], flags: number): void {
    const exchange = this.heard();
    if (exchange === undefined || this.state !== AWAIT_HEAD) return;
    const { head, stream } = this;
    const isLast = (flags & END_STREAM) !== 0;
    const isFit = parseResponse(head, block, exchange.request.method, isLast);
    if (!isFit || head.status < 200 || (isLast && head.body !== NO_BODY)) return this.fault('upstream_invalid', false);
    this.state = BODY;
    this.body.begin(head);
    this.plane.wheel.arm(this, exchange.delivery.idleMsOf(head));
    exchange.onResponse(head);
    if (this.exchange !== exchange) return undefined;
    if (isLast || head.body === NO_BODY) return this.complete();
    if (!this.isPaused) stream!.resume();
    // node:http2 tells of a reset at once, and of the head that came before it later.
    if (stream!.aborted) this.onCalledOff();
    return flushSoon(this);
  }

  onData(chunk: Buffer): void {
    // What is saved comes once more when its turn has come.
    if (!this.body.isSaved && this.heard() !== undefined) this.deliver(chunk);
  }

  onTrailers(block: readonly string[]): void {
    const exchange = this.heard();
    if (exchange === undefined) return undefined;
    const lines = parseResponseTrailers(block, exchange.request.isGrpc);
    if (lines === undefined) return this.fault(this.state === BODY ? 'upstream_cut_short' : 'upstream_invalid', false);
    this.trailers = keptTrailers(lines, this.head.connection);
    return undefined;
  }

  /** END_STREAM came; what came before it may not have been read yet. */
  onWhole(): void {
    this.body.isWhole = true;
  }

  /** Everything was read. */
  onEnd(): void {
    if (!this.body.isSaved) this.conclude();
  }

  onUnsent(): void {
    this.isUnsent = true;
  }

  /** The stream is gone, for whatever reason. */
  onClose(): void {
    const { session, stream, exchange, state } = this;
    const { id, rstCode } = stream!;
    // Behind a GOAWAY node:http2 gives every stream its code.
    const isRefused = rstCode === REFUSED_STREAM && session!.refusesFrom === Infinity;
    const isUnseen = isRefused || this.isUnsent || id === undefined || id >= session!.refusesFrom;
    this.stream = undefined;
    this.upload.detach();
    const isTooMuch = isRefused || rstCode === ENHANCE_YOUR_CALM;
    // Without its last request the connection may be closed.
    const { isStanding } = session!;
    session!.end(this, isTooMuch);
    if (exchange === undefined) this.finish();
    else if (this.body.isSaved) return;
    else if (state === BODY) this.fault('upstream_cut_short', false);
    else if (isUnseen && this.upload.isKept) {
      // Not here, but on a connection of this server or another one.
      this.isReused = true;
      this.fault('upstream_reset', true);
    } else {
      // One that is reset on a connection that goes on was not lost with the connection (B9): the server has failed.
      if (isStanding && !isTooMuch) this.isReused = false;
      this.fault('upstream_reset', false);
    }
  }

  /** The connection ends. A response that is complete is kept for a client that has not read it. */
  save(): void {
    const { stream } = this;
    if (this.state === BODY && stream !== undefined && this.body.save(stream) && !this.isPaused) this.readSaved();
  }

  /** The turn is over. What is complete by now has left already. */
  flushGathered(): void {
    const { exchange } = this;
    if (exchange === undefined) return;
    try {
      this.body.giveTo(exchange);
      if (this.exchange === exchange) exchange.flushResponse();
    } catch (error) {
      this.onInternalFault(error);
    }
  }

  onInternalFault(error: unknown): void {
    const requestId = this.exchange?.requestId ?? '';
    this.fault('internal', false);
    this.plane.internalFault(error, requestId);
  }

  override onTimeout(): void {
    switch (this.state) {
      case WAITING:
        this.fault('connect_timeout', true);
        break;
      case AWAIT_HEAD:
        this.fault('response_timeout', false);
        break;
      case BODY:
        this.fault('upstream_body_timeout', false);
        break;
      default:
        this.finish();
    }
  }

  // Ending.

  private heard(): Exchange | undefined {
    this.upload.seen();
    this.session!.heard();
    return this.exchange;
  }

  private deliver(chunk: Buffer): void {
    const { exchange } = this;
    if (exchange === undefined || this.state !== BODY) return undefined;
    // A piece before this one may have asked for the pause: then T14 holds.
    if (!this.isPaused) this.plane.wheel.arm(this, exchange.delivery.responseIdleMs);
    if (!this.body.add(chunk, exchange)) return this.fault('upstream_cut_short', false);
    return flushSoon(this);
  }

  /** There is no more of the response. */
  private conclude(): void {
    const { exchange } = this;
    if (exchange === undefined || this.state !== BODY) return undefined;
    // A reset looks like an end, whatever its code is (B11).
    if (!this.body.isComplete) return this.fault('upstream_cut_short', false);
    this.body.giveTo(exchange);
    return this.exchange === exchange ? this.complete() : undefined;
  }

  private readSaved(): void {
    try {
      while (!this.isPaused && this.state === BODY) {
        const piece = this.body.nextSaved();
        if (piece === undefined) this.conclude();
        else this.deliver(piece);
      }
    } catch (error) {
      this.onInternalFault(error);
    }
  }

  /** The response is complete: the exchange goes on, and the stream ends when the server has ended it as well. */
  private complete(): void {
    const exchange = this.exchange!;
    this.exchange = undefined;
    this.state = ENDING;
    if (!this.upload.isWritten) this.finish();
    else if (this.stream !== undefined) {
      this.plane.wheel.arm(this, LIMITS.lingerMs);
      this.stream.resume();
    }
    exchange.onEnd(this.trailers);
    exchange.flushResponse();
  }

  private fault(reason: FailureReason, nothingSent: boolean): void {
    const { exchange } = this;
    this.leave();
    exchange?.onUpstreamFault(this, reason, nothingSent);
    exchange?.flushResponse();
  }

  /** The exchange is not served from here any more. */
  private leave(): void {
    this.exchange = undefined;
    if (this.state === WAITING) this.owner.forget(this);
    this.finish();
  }

  private finish(): void {
    this.state = CLOSED;
    this.plane.wheel.disarm(this);
    this.body.drop();
    const { stream } = this;
    // One that has ended, and was not read to its end, is thrown away.
    if (stream === undefined) return;
    if (stream.closed) return void stream.destroy();
    stream.close(CANCEL);
    this.session!.countCalledOff();
  }
}
