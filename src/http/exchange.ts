import type { Upstream } from '../upstream/upstream.ts';
import { type Answer, failureAnswer, prefersHtml } from './answer.ts';
import { Delivery } from './delivery.ts';
import { BLOCKED } from './downstream.ts';
import { type FailureReason, FAILURES } from './failure.ts';
import { grpcAnswer } from './grpc.ts';
import { removeFields } from './header-edits.ts';
import { NO_BODY, type RequestMessage, type ResponseMessage } from './message.ts';
import { isPathFault, normalisePath } from './path.ts';
import { runSteps } from './request-steps.ts';
import { RequestView } from './request-view.ts';
import { addFields, editAnswer, editResponse, type ResponseEdits } from './response-edits.ts';
import type { Route } from './route.ts';
import { Tunnel, type TunnelEnd } from './tunnel.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/**
 * One request and its response, whatever protocols carry them. Its phases are the methods in order:
 * `begin` (challenge → normalise → match → request steps) → `delivery` (lease, send) → `onResponse` → pump → `finish`.
 * `finish` always runs, once. An exchange is used again for other requests.
 */
export class Exchange extends RequestView {
  /** The client's field lines as far as they are sent: middlewares may take some away. */
  fields = '';
  /** Field lines that middlewares add to the request. */
  addedFields = '';
  /** Names of our own forwarding lines that a middleware replaced or took away; undefined: none. */
  removedForwarding: ReadonlySet<string> | undefined = undefined;
  /** `Host` that a middleware put in place of the client's; empty: none did. */
  sentHost = '';
  /** Edits that a response sent from here on gets. */
  responseEdits: ResponseEdits = undefined;
  /** Who the visitor proved to be; empty: nobody asked. */
  user = '';
  route: Route | undefined = undefined;
  status = 0;
  bytesSent = 0;
  failure: FailureReason | undefined = undefined;
  requestId = '';
  /** The response head has been handed to the client's side. */
  hasStarted = false;
  /** The client's request is complete. */
  isRequestComplete = false;
  /** Payload of the request may be handed over now. */
  canTakeBody = false;
  /** The client has been told to go on with its payload. */
  private hasContinued = false;
  isActive = false;
  /** Changes with every request, so that what waited for an earlier one can tell. */
  generation = 0;
  /** Payload bytes that the client may still send, and the edits of the answer if it sends more. */
  private bodyLeft = Infinity;
  private bodyLimitEdits: ResponseEdits = undefined;
  private startedAt = 0;
  /** The server's half. */
  readonly delivery: Delivery = new Delivery(this);

  /** The server that the request was given to last, while it holds a lease on it. */
  get upstream(): Upstream<UpstreamConnection> | undefined {
    return this.delivery.upstream;
  }

  /** The forwarding lines for the server (F1, F2). */
  get forwardingFields(): string {
    const { request } = this;
    const lines = this.down.peer.forwardingFields(this.authority, request.minorVersion, request.forwarded);
    return this.removedForwarding === undefined ? lines : removeFields(lines, this.removedForwarding);
  }

  /** Starts the exchange for a parsed request head. May answer at once. */
  begin(request: RequestMessage): void {
    this.reset(request);
    const { plane } = this;
    plane.counters.requests += 1;
    plane.counters.inFlight += 1;
    if (plane.isOverloaded) return this.fail('overloaded');
    if (request.authority === '') {
      // A4: an empty Host is refused; HTTP/1.0 may leave it out and then only routers without a host can match.
      if (request.minorVersion === 1) return this.fail('bad_host');
    } else {
      this.authority = plane.authorities.get(request.authority);
      if (this.authority === undefined) return this.fail('bad_host');
    }
    // R7, H15.
    if (request.path === '*' || request.isLastHop) {
      return this.answer({ status: 204, fields: '', body: '', close: false });
    }
    if (plane.challenges.isChallengePath(request.path)) {
      const answer = plane.challenges.answer(request.method, request.path, this.host, this.down.peer.address);
      if (answer !== undefined) return this.answer(answer);
    }
    if (request.isPathUnclean) {
      // R8: only absolute-form can name a scheme.
      if (request.targetScheme === 'https' && !this.down.peer.isTls) return this.fail('https_on_plain_port');
      const normal = normalisePath(request.path);
      if (isPathFault(normal)) return this.fail('bad_path');
      this.path = normal;
    }
    if (request.method === 'TRACE') return this.fail('method_refused');
    if (request.hops > MAX_HOPS) return this.fail('loop_detected');
    const route = plane.routes.match(this);
    if (route === undefined) return this.fail('no_router');
    this.route = route;
    route.counters.requests += 1;
    if (route.disabled !== undefined) return this.fail('router_disabled');
    // A5, A7: what its clients have to fulfil was not asked of this one.
    if (route.tlsOptions !== this.down.peer.tlsOptions) return this.fail('wrong_tls_options');
    if (route.requestSteps.length > 0) return runSteps(this, 0);
    this.responseEdits = route.responseEdits;
    return this.delivery.start();
  }

  /** Answers a request whose head was refused; nothing of it is routed. */
  refuse(request: RequestMessage, reason: FailureReason): void {
    this.reset(request);
    this.plane.counters.requests += 1;
    this.plane.counters.inFlight += 1;
    this.fail(reason);
  }

  // From the client's side.

  /** Payload of the request. Only while `canTakeBody`. */
  onRequestData(buf: Buffer, start: number, end: number): void {
    this.bodyLeft -= end - start;
    if (this.bodyLeft < 0) {
      if (!this.hasStarted) this.responseEdits = this.bodyLimitEdits;
      return this.onClientFault('body_too_large');
    }
    if (this.delivery.copy !== undefined) this.delivery.copy.add(buf, start, end);
    if (this.delivery.connection?.writeBody(buf, start, end) === false) this.down.pauseBody();
    return undefined;
  }

  /** `trailers`: field lines that passed the strict grammar (X12). */
  onRequestEnd(trailers: string): void {
    this.isRequestComplete = true;
    this.delivery.endBody(trailers);
  }

  /** Hands over what was gathered for the server in this turn. */
  flushRequest(): void {
    this.delivery.connection?.flush();
  }

  /** The client went away, stalled, or broke its own body. */
  onClientFault(reason: FailureReason): void {
    if (!this.isActive) return;
    this.delivery.abort();
    const { status } = FAILURES[reason];
    if (!this.hasStarted) {
      if (status !== 499) return this.fail(reason);
      this.status = status;
    }
    this.failure = reason;
    this.plane.counters.failed(reason);
    this.down.cut();
    return this.finish();
  }

  onDownstreamDrain(): void {
    this.delivery.connection?.resume();
  }

  // From the server's side.

  /** The connection stands and the head is on its way. */
  onSendable(): void {
    if (this.canTakeBody) return;
    this.canTakeBody = true;
    this.delivery.onSendable();
    if (!this.isRequestComplete) this.down.resumeBody();
  }

  onUpstreamDrain(): void {
    if (!this.isRequestComplete) this.down.resumeBody();
  }

  onInterim(status: number, reason: string, fields: string): void {
    if (status === 100) {
      // E1, E4: only to a client that asked, and once.
      if (!this.request.expectsContinue || this.hasContinued) return;
      this.hasContinued = true;
    }
    this.down.sendInterim(status, reason, fields);
  }

  onResponse(response: ResponseMessage): void {
    this.delivery.onAnswer(response.status);
    this.status = response.status;
    this.hasStarted = true;
    this.down.sendHead(this.edited(response));
  }

  /** `101` of the protocol we asked for (B7): the connection has become `server`, an end of the tunnel it gets back. */
  onSwitch(response: ResponseMessage, server: TunnelEnd): Tunnel {
    this.delivery.onAnswer(response.status);
    this.delivery.connection = undefined;
    // What the client is told: HTTP/2 has no 101 (U4).
    this.status = this.down.peer.isHttp2 ? 200 : response.status;
    this.hasStarted = true;
    const upstream = this.upstream!;
    const tunnel = new Tunnel(this.plane, server, upstream, (reason) => this.onTunnelOver(tunnel.bytesSent, reason));
    this.down.sendSwitch(this.edited(response), tunnel);
    return tunnel;
  }

  /** A server's head as the client gets it. */
  private edited(response: ResponseMessage): ResponseMessage {
    const edited = editResponse(response, this.responseEdits, this);
    const binding = this.delivery.bindingFields();
    return binding === '' ? edited : addFields(edited, binding);
  }

  private onTunnelOver(bytesSent: number, reason: FailureReason | undefined): void {
    this.bytesSent = bytesSent;
    if (reason !== undefined) {
      this.failure = reason;
      this.plane.counters.failed(reason);
    }
    this.finish();
  }

  /** Payload of the response; returns the bits of `Downstream.sendData`. */
  onData(buf: Buffer, start: number, end: number, isPooled: boolean): number {
    this.bytesSent += end - start;
    const result = this.down.sendData(buf, start, end, isPooled);
    if ((result & BLOCKED) !== 0) this.delivery.connection?.pause();
    return result;
  }

  /** The response is complete; the connection has already taken itself away. */
  onEnd(trailers: string): void {
    this.delivery.connection = undefined;
    this.down.sendEnd(trailers);
    this.finish();
  }

  /** Hands over what was gathered for the client in this turn. */
  flushResponse(): void {
    this.down.flush();
  }

  /** The connection is unusable: refused, reset, timed out, or it sent nonsense. */
  onUpstreamFault(connection: UpstreamConnection, reason: FailureReason, nothingSent: boolean): void {
    if (this.delivery.connection !== connection) return;
    this.delivery.connection = undefined;
    if (!this.hasStarted) return this.delivery.onFault(connection, reason, nothingSent);
    this.delivery.onCut(reason);
    this.failure = reason;
    this.plane.counters.failed(reason);
    this.down.cut();
    return this.finish();
  }

  // For middlewares.

  /** The page of a failure (design section 10), counted and logged as that; to be answered with. */
  refusal(reason: FailureReason, changes?: Pick<Partial<Answer>, 'status' | 'fields'>): Answer {
    this.failure = reason;
    this.plane.counters.failed(reason);
    this.requestId = this.plane.requestId();
    if (this.request.isGrpc) return grpcAnswer(reason, this.requestId, changes?.status);
    return failureAnswer(reason, this.requestId, prefersHtml(this.request.fields), changes);
  }

  /** From here on a payload with more bytes is refused or, once a response has begun, cut; the lowest of several counts. */
  limitBody(bytes: number): void {
    if (bytes >= this.bodyLeft) return;
    this.bodyLeft = bytes;
    this.bodyLimitEdits = this.responseEdits;
  }

  // Ends.

  fail(reason: FailureReason): void {
    this.answer(this.refusal(reason));
  }

  answer(answer: Answer): void {
    // A gRPC client is told in trailers; whoever reads the log or the counters, by the status that it stands for.
    this.status = this.request.isGrpc && this.failure !== undefined ? FAILURES[this.failure].status : answer.status;
    this.bytesSent = answer.body.length;
    this.hasStarted = true;
    this.delivery.abort();
    this.down.sendAnswer(editAnswer(answer, this.responseEdits, this), this.request.method === 'HEAD');
    this.finish();
  }

  private finish(): void {
    if (!this.isActive) return;
    this.isActive = false;
    this.canTakeBody = false;
    const { counters, accessLog } = this.plane;
    counters.inFlight -= 1;
    const row = this.route?.counters.status;
    if (row !== undefined) row[(this.status / 100) | 0]! += 1;
    if (accessLog !== undefined) accessLog.record(this, performance.now() - this.startedAt);
    this.delivery.end();
    this.down.exchangeDone();
  }

  private reset(request: RequestMessage): void {
    this.request = request;
    this.authority = undefined;
    this.path = request.path;
    this.fields = request.fields;
    this.addedFields = '';
    this.removedForwarding = undefined;
    this.sentHost = '';
    this.responseEdits = undefined;
    this.user = '';
    this.route = undefined;
    this.status = 0;
    this.bytesSent = 0;
    this.failure = undefined;
    this.requestId = '';
    this.hasStarted = false;
    this.isRequestComplete = request.body === NO_BODY;
    this.canTakeBody = false;
    this.hasContinued = false;
    this.isActive = true;
    this.generation += 1;
    this.bodyLeft = Infinity;
    this.bodyLimitEdits = undefined;
    this.delivery.reset();
    if (this.plane.accessLog !== undefined) this.startedAt = performance.now();
  }
}

const MAX_HOPS = 10;
