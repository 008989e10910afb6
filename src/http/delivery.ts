import { type Composed, Course, type Target } from '../balance/composed.ts';
import { removeCookie } from '../balance/cookies.ts';
import { type Hold, release, Service } from '../balance/service.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { awaitLeaving } from './await-leaving.ts';
import type { Exchange } from './exchange.ts';
import { type FailureReason, SERVER_FAULTS } from './failure.ts';
import { DEADLINE_GRACE_MS, grpcDeadlineMs, grpcHeadMs, streamIdleMs } from './grpc.ts';
import { HeldRequest } from './held-request.ts';
import { CHUNKED, type ResponseMessage, UNTIL_CLOSE } from './message.ts';
import type { RequestCopy } from './mirrors.ts';
import { isRepeatable, retryVerdict } from './retry.ts';
import { UnseenBody } from './unseen-body.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** How a server that knows no upgrades, or only HTTP/2, may take one. */
const UPGRADE_FAULTS: ReadonlySet<FailureReason> = new Set(['upstream_invalid', 'upstream_reset', 'upstream_tls']);
const EVENTS = /(?:^|\n)content-type:[\t ]*text\/event-stream/i;

/**
 * A request's way to a server: lease, or wait for one; send; and once more elsewhere where that is safe (design section 8). It is an
 * exchange's server half and is used again with it.
 */
export class Delivery {
  /** The server that a lease is held on. */
  upstream: Upstream<UpstreamConnection> | undefined = undefined;
  connection: UpstreamConnection | undefined = undefined;
  /** The service that is leased from: the route's, or a later version of it after a wait. */
  service: Service<UpstreamConnection> | undefined = undefined;
  private readonly exchange: Exchange;
  /** What says which service that is, if the route's is made of services. */
  private composed: Composed<UpstreamConnection> | undefined = undefined;
  private held: HeldRequest | undefined = undefined;
  private tried: Upstream<UpstreamConnection>[] | undefined = undefined;
  private attempts = 0;
  /** Attempts in which a server got something of the request. */
  private sends = 0;
  private hasAwaitedNews = false;
  /** How long the server may take for its head (T12), and between two pieces of its payload (T13). */
  responseHeadMs = 0;
  responseIdleMs = 0;
  /** When its caller gives the request up, as `performance.now()` tells the time. */
  private deadlineAt = Infinity;
  /** A server had to answer for a failure of this request. */
  private isBlamed = false;
  /** When the server got its turn, for a service that wants to know; else negative. */
  private sentAt = -1;
  /** What was decided on the way through composed services. */
  private course: Course<UpstreamConnection> | undefined = undefined;
  /** Kept for mirrors until the request is complete. */
  copy: RequestCopy | undefined = undefined;
  /** Payload that was taken and goes to the next connection that can take it. */
  private unseen: UnseenBody | undefined = undefined;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  reset(): void {
    this.upstream = undefined;
    this.connection = undefined;
    this.service = undefined;
    this.composed = undefined;
    this.held = undefined;
    this.tried = undefined;
    this.attempts = 0;
    this.sends = 0;
    this.hasAwaitedNews = false;
    this.isBlamed = false;
    this.sentAt = -1;
    this.course = undefined;
    this.copy = undefined;
    this.unseen = undefined;
  }

  /** The request is on its way from here. */
  start(): void {
    const { service, composed } = this.exchange.route!;
    this.service = service;
    if (composed !== undefined) this.choose(composed);
    this.service?.retryBudget.deposit();
    const mirrors = this.course?.mirrors;
    if (mirrors !== undefined && mirrors.length > 0)
      this.copy = this.exchange.plane.mirrors.copy(this.exchange, mirrors);
    this.send(false);
  }

  /** Lets a composed service say which one the request goes to. */
  private choose(composed: Composed<UpstreamConnection>): void {
    const { exchange } = this;
    const course = (this.course ??= new Course<UpstreamConnection>(!exchange.request.isUpgrade));
    course.bindings.length = 0;
    this.composed = composed;
    this.service = composed.choose(exchange, this.tried, course);
    course.isCounted = false;
    for (const { sticky } of course.bindings) exchange.fields = removeCookie(exchange.fields, sticky.name);
  }

  get isHeld(): boolean {
    return this.held !== undefined;
  }

  /** Takes a lease and sends the request, or waits for a server. `isFresh`: not on a pooled connection. */
  private send(isFresh: boolean): void {
    const { exchange } = this;
    let upstream = this.service?.lease(this.tried, exchange);
    // Another part of a composed service may have a server left.
    if (upstream === undefined && this.tried !== undefined && this.composed !== undefined) {
      this.choose(this.composed);
      upstream = this.service?.lease(this.tried, exchange);
    }
    if (upstream === undefined) return this.hold();
    const service = this.service!;
    exchange.failure = undefined;
    this.upstream = upstream;
    // F9: the cookie is between the visitor and us.
    if (service.sticky !== undefined) exchange.fields = removeCookie(exchange.fields, service.sticky.name);
    this.sentAt = service.isTimed ? performance.now() : -1;
    this.attempts += 1;
    const connection =
      (isFresh ? undefined : upstream.take()) ?? exchange.plane.dial(upstream, exchange.request.isUpgrade);
    this.connection = connection;
    this.setPatience(upstream);
    if (this.copy !== undefined && exchange.isRequestComplete) this.endCopy();
    return connection.send(exchange);
  }

  /** A caller's word that it is gRPC counts where the server can speak it: for everybody else silence has its usual end. */
  get isGrpc(): boolean {
    return this.connection?.isHttp2 === true && this.exchange.request.isGrpc;
  }

  private setPatience({ transport: { timeouts } }: Upstream<UpstreamConnection>): void {
    const { request, plane } = this.exchange;
    const { isGrpc } = this;
    const headMs = isGrpc ? grpcHeadMs(timeouts, plane.limits.tunnelIdleMs) : timeouts.responseHeadMs;
    const deadlineMs = isGrpc ? grpcDeadlineMs(request.fields) : Infinity;
    this.responseHeadMs = Math.min(headMs, deadlineMs + DEADLINE_GRACE_MS);
    this.deadlineAt = deadlineMs === Infinity ? Infinity : performance.now() + deadlineMs;
    this.responseIdleMs = isGrpc ? streamIdleMs(timeouts, plane.limits.tunnelIdleMs) : timeouts.responseIdleMs;
  }

  /** T13, for this response from here on: events of a server come when there are some. */
  idleMsOf({ body, fields }: ResponseMessage): number {
    if ((body === CHUNKED || body === UNTIL_CLOSE) && EVENTS.test(fields)) {
      this.responseIdleMs = streamIdleMs(this.upstream!.transport.timeouts, this.exchange.plane.limits.tunnelIdleMs);
    }
    return this.responseIdleMs;
  }

  /** Waits where that may help; the payload of the request stays with the client meanwhile (design section 8). */
  private hold(): void {
    const { exchange, service, composed } = this;
    const { failure } = exchange;
    const isPaused = service?.pause.isOn === true;
    // A part that is paused is waited for, else whichever is ready first.
    const hold = isPaused || composed === undefined ? service?.hold : composed.hold;
    if (hold === undefined) return exchange.fail(isPaused ? 'paused' : (failure ?? 'no_server'));
    const newest = newestOf(hold);
    if (!isPaused && newest !== (composed ?? service) && newest?.hasReady(this.tried) === true) {
      this.goTo(newest);
      return this.send(true);
    }
    if (!isPaused && !isWorthWaiting(hold, failure)) return this.giveUp(failure ?? 'no_server');
    const held = new HeldRequest(exchange, hold);
    if (!hold.room.enter(held)) return exchange.fail('hold_full');
    this.held = held;
    return exchange.plane.wheel.arm(held, hold.ms);
  }

  /** The wait is over: a server is ready, or `failure` says why there is none. */
  onHoldOver(hold: Hold, failure: FailureReason | undefined): void {
    this.held = undefined;
    if (failure !== undefined) return this.exchange.fail(failure);
    this.tried = undefined;
    this.goTo(newestOf(hold));
    return this.send(false);
  }

  private goTo(target: Target<UpstreamConnection>): void {
    if (target instanceof Service) this.service = target;
    else if (target !== undefined) this.choose(target);
  }

  /** The request has reached its end, and is now what its server gets. */
  private endCopy(): void {
    this.copy?.complete();
    this.copy = undefined;
  }

  endBody(trailers: string): void {
    this.endCopy();
    // A slow upload is not the server's slowness.
    if (this.sentAt >= 0) this.sentAt = performance.now();
    if (this.exchange.canTakeBody) this.connection?.endBody(trailers);
    else (this.unseen ??= new UnseenBody()).end(trailers);
  }

  /** The connection takes payload from here on: first what another one was given in vain. */
  onSendable(): void {
    const { unseen } = this;
    this.unseen = undefined;
    unseen?.giveTo(this.connection!);
  }

  /** Another connection takes the place of one that was given the request and has sent nothing of it. */
  handOver(connection: UpstreamConnection): void {
    this.connection = connection;
    this.setPatience(this.upstream!);
    connection.send(this.exchange);
    connection.flush();
  }

  /** The server begins its response. */
  onAnswer(status: number): void {
    if (this.sentAt >= 0) this.timeServer(false);
    const { ejection } = this.service!;
    if (ejection === undefined) return;
    if (status < ejection.fromStatus) this.upstream!.outcomes.answered();
    else this.countFailure(`the last one: status ${status}`);
  }

  /** Field lines that bind the visitor to the server that answers (F9); empty: none are needed. */
  bindingFields(): string {
    const { exchange, service, course } = this;
    const sticky = service!.sticky;
    if (sticky === undefined && course === undefined) return '';
    const isSecure = exchange.scheme === 'https';
    const own = sticky?.bind(service!.upstreams.indexOf(this.upstream!), exchange, isSecure) ?? '';
    const outer = course?.bindings.map((one) => one.sticky.bind(one.index, exchange, isSecure)) ?? [];
    return own + outer.join('');
  }

  /** The server broke its response off. */
  onCut(reason: FailureReason): void {
    this.countFault(reason);
  }

  /** The connection failed before any response: once more where that is safe, else the client hears of it. */
  onFault(connection: UpstreamConnection, reason: FailureReason, nothingSent: boolean): void {
    const { exchange } = this;
    const upstream = this.upstream!;
    if (this.sentAt >= 0) this.timeServer(true);
    if (nothingSent) this.unseen = connection.unseenBody ?? this.unseen;
    else this.sends += 1;
    // Says nothing of the request, and many servers may leave in one moment.
    if (reason === 'server_left') this.attempts -= 1;
    const verdict = retryVerdict({
      reason,
      method: exchange.request.method,
      body: exchange.request.body,
      nothingSent,
      wasReused: connection.isReused,
      hasResponded: connection.hasResponded,
      attempts: this.attempts,
      sends: this.sends,
    });
    // That a used connection was closed says nothing of the server: what comes of the fresh one does.
    if (verdict !== 'fresh' && !this.isBlamed) {
      this.countFault(reason);
      // One that breaks servers must not take out all of them.
      this.isBlamed = !nothingSent;
    }
    if (verdict === 'never') return this.giveUp(reason);
    // Without a budget it is sent again only when the server is gone: then it is no second load for anybody.
    if (!nothingSent && !this.service!.retryBudget.withdraw(performance.now())) return this.giveUp(reason);
    this.endLease();
    exchange.canTakeBody = false;
    exchange.failure = reason;
    if (verdict === 'another') (this.tried ??= []).push(upstream);
    return this.send(true);
  }

  /**
   * The failure stands, unless it may be that of a server that was told to stop, which breaks off what it has before we hear of it: when
   * no other server was involved, the news is waited for.
   */
  private giveUp(reason: FailureReason): void {
    const { exchange, tried } = this;
    const upstream = this.upstream ?? tried?.[0];
    const isOnlyOne = upstream !== undefined && tried?.every((one) => one === upstream) !== false;
    const isWorthIt = reason === 'upstream_reset' && !this.hasAwaitedNews && isRepeatable(exchange.request);
    if (!isOnlyOne || !isWorthIt) return exchange.fail(reason);
    this.hasAwaitedNews = true;
    this.endLease();
    exchange.failure = reason;
    awaitLeaving(exchange, upstream, (hasLeft) => {
      if (hasLeft) this.send(true);
      else exchange.fail(reason);
    });
    return undefined;
  }

  /** Gives the connection up: nothing more is wanted of the server. */
  abort(): void {
    this.connection?.abort();
    this.connection = undefined;
  }

  /** The exchange is over. */
  end(): void {
    this.held?.cancel();
    this.held = undefined;
    this.copy?.cancel();
    this.copy = undefined;
    this.endLease();
  }

  private countFault(reason: FailureReason): void {
    // What any caller can bring about says nothing of the server: some break a call off when its time is up.
    const isLate = this.deadlineAt < Infinity && performance.now() >= this.deadlineAt;
    const isProvoked = isLate || (this.exchange.request.isUpgrade && UPGRADE_FAULTS.has(reason));
    if (SERVER_FAULTS.has(reason) && !isProvoked) this.countFailure(`the last one: ${reason}`);
  }

  private countFailure(last: string): void {
    const { ejection } = this.service!;
    const upstream = this.upstream!;
    if (ejection === undefined || upstream.state !== 'ready') return;
    const reached = upstream.outcomes.failed(ejection, performance.now());
    if (reached !== undefined) this.exchange.plane.serverFailing(upstream, ejection, `${reached}, ${last}`);
  }

  private timeServer(hasFailed: boolean): void {
    const now = performance.now();
    this.upstream?.responseTime.add(now - this.sentAt, now, hasFailed);
    this.sentAt = -1;
  }

  private endLease(): void {
    if (this.upstream === undefined) return;
    release(this.upstream);
    this.upstream = undefined;
  }
}

/** What the room is of, in its newest version: servers may have come since the request was given its route. */
function newestOf({ room }: Hold): Target<UpstreamConnection> {
  return room.current as Target<UpstreamConnection>;
}

/** A refusal takes the server out of service until it accepts again. Any other fault of a ready one would be the same after a wait. */
function isWorthWaiting({ room, ms }: Hold, failure: FailureReason | undefined): boolean {
  if (!room.isOpen(performance.now(), ms)) return false;
  const isTransient = failure === undefined || failure === 'upstream_refused' || failure === 'server_left';
  return isTransient || !room.hasReady();
}
