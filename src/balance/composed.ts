import type { MirrorConfig } from '../config/dynamic.ts';
import type { IdleConnection, Upstream } from '../upstream/upstream.ts';
import { type Hold, Service } from './service.ts';
import type { StickyCookie } from './sticky.ts';
import type { LeaseRequest } from './strategy.ts';
import { Turns } from './turns.ts';

/** What requests may be sent to: servers, or services that share them. Undefined: a part that is not there. */
export type Target<C extends IdleConnection = IdleConnection> = Service<C> | Composed<C> | undefined;

type Tried<C extends IdleConnection> = readonly Upstream<C>[] | undefined;

/** A service made of services. It has no servers and leases nothing: it says which service a request goes to. */
export interface Composed<C extends IdleConnection = IdleConnection> {
  readonly name: string;
  /** Servers that may answer its requests. */
  readonly upstreams: readonly Upstream<C>[];
  /** Where requests wait while none of its parts has a ready server. Undefined: nobody waits. */
  hold: Hold | undefined;
  hasReady(tried: Tried<C>): boolean;
  /** The service with servers that this request goes to; what else is decided about it is noted on `course`. */
  choose(request: LeaseRequest, tried: Tried<C>, course: Course<C>): Service<C> | undefined;
}

/** A service that gets copies, with what its mirroring service says of them. */
export interface Mirror<C extends IdleConnection = IdleConnection> extends MirrorConfig {
  readonly target: Target<C>;
  /** A request with a longer payload is not copied. */
  readonly maxBodyBytes: number;
  /** Copies have the payload. */
  readonly hasBody: boolean;
}

/** What was decided about one request on its way through composed services. */
export class Course<C extends IdleConnection = IdleConnection> {
  readonly bindings: { readonly sticky: StickyCookie; readonly index: number }[] = [];
  readonly mirrors: Mirror<C>[] = [];
  /** Copies are wanted; each request counts once, and copies are not copied. */
  isCounted: boolean;

  constructor(isCounted: boolean) {
    this.isCounted = isCounted;
  }
}

function upstreamsOf<C extends IdleConnection>(...targets: readonly Target<C>[]): readonly Upstream<C>[] {
  return targets.flatMap((target) => target?.upstreams ?? []);
}

/** Some server of it, outside `tried`, can take a request. */
export function hasReady<C extends IdleConnection>(target: Target<C>, tried: Tried<C>): boolean {
  return target?.hasReady(tried) === true;
}

/** The service with servers that a request to `target` goes to. */
export function chooseService<C extends IdleConnection>(
  target: Target<C>,
  request: LeaseRequest,
  tried: Tried<C>,
  course: Course<C>,
): Service<C> | undefined {
  return target === undefined || target instanceof Service ? target : target.choose(request, tried, course);
}

/**
 * Shares requests among services in smooth turns. One without a ready server is passed over while another has one; if none has, its turn
 * counts, and requests wait for whichever is ready first. A weight of 0: never.
 */
export class WeightedService<C extends IdleConnection = IdleConnection> implements Composed<C> {
  readonly name: string;
  readonly upstreams: readonly Upstream<C>[];
  hold: Hold | undefined = undefined;
  /** State that outlives a change of the members' servers. */
  readonly turns: Turns;
  private readonly members: readonly Target<C>[];
  private readonly weights: readonly number[];
  private readonly sticky: StickyCookie | undefined;

  constructor(
    name: string,
    members: readonly { readonly target: Target<C>; readonly weight: number }[],
    sticky: StickyCookie | undefined,
    turns = new Turns(members.length),
  ) {
    this.name = name;
    this.members = members.map(({ target }) => target);
    this.weights = members.map(({ weight }) => weight);
    this.upstreams = upstreamsOf(...this.members.filter((_, index) => this.weights[index]! > 0));
    this.sticky = sticky;
    this.turns = turns;
  }

  hasReady(tried: Tried<C>): boolean {
    return this.members.some((member, index) => this.weights[index]! > 0 && hasReady(member, tried));
  }

  choose(request: LeaseRequest, tried: Tried<C>, course: Course<C>): Service<C> | undefined {
    const index = this.boundTo(request, tried) ?? this.next(tried);
    if (this.sticky !== undefined && index >= 0) course.bindings.push({ sticky: this.sticky, index });
    return chooseService(this.members[index], request, tried, course);
  }

  private boundTo(request: LeaseRequest, tried: Tried<C>): number | undefined {
    const index = this.sticky?.memberOf(request) ?? -1;
    return index >= 0 && this.weights[index]! > 0 && hasReady(this.members[index], tried) ? index : undefined;
  }

  private next(tried: Tried<C>): number {
    const ready = this.turn((member) => hasReady(member, tried));
    return ready >= 0 ? ready : this.turn(() => true);
  }

  private turn(takesPart: (member: Target<C>) => boolean): number {
    const { turns, weights, members } = this;
    turns.begin();
    for (let index = 0; index < members.length; index++) {
      if (weights[index]! > 0 && takesPart(members[index])) turns.join(index, weights[index]!);
    }
    return turns.end();
  }
}

/** One service while it has a ready server, else another. With neither, requests wait for whichever is ready first. */
export class FailoverService<C extends IdleConnection = IdleConnection> implements Composed<C> {
  readonly name: string;
  readonly upstreams: readonly Upstream<C>[];
  hold: Hold | undefined = undefined;
  private readonly first: Target<C>;
  private readonly fallback: Target<C>;

  constructor(name: string, first: Target<C>, fallback: Target<C>) {
    this.name = name;
    this.first = first;
    this.fallback = fallback;
    this.upstreams = upstreamsOf(first, fallback);
  }

  hasReady(tried: Tried<C>): boolean {
    return hasReady(this.first, tried) || hasReady(this.fallback, tried);
  }

  choose(request: LeaseRequest, tried: Tried<C>, course: Course<C>): Service<C> | undefined {
    const isLost = !hasReady(this.first, tried) && hasReady(this.fallback, tried);
    return chooseService(isLost ? this.fallback : this.first, request, tried, course);
  }
}

/** One service answers; others get copies, each of its share of the requests, exact over time. */
export class MirroringService<C extends IdleConnection = IdleConnection> implements Composed<C> {
  readonly name: string;
  readonly upstreams: readonly Upstream<C>[];
  hold: Hold | undefined = undefined;
  /** What each mirror has saved up, in percent. Outlives a change of the members' servers. */
  readonly credits: number[];
  private readonly main: Target<C>;
  private readonly mirrors: readonly Mirror<C>[];

  constructor(name: string, main: Target<C>, mirrors: readonly Mirror<C>[], credits = mirrors.map(() => 0)) {
    this.name = name;
    this.main = main;
    this.upstreams = upstreamsOf(main);
    this.mirrors = mirrors;
    this.credits = credits;
  }

  hasReady(tried: Tried<C>): boolean {
    return hasReady(this.main, tried);
  }

  choose(request: LeaseRequest, tried: Tried<C>, course: Course<C>): Service<C> | undefined {
    if (course.isCounted) this.count(course);
    return chooseService(this.main, request, tried, course);
  }

  private count(course: Course<C>): void {
    for (const [index, mirror] of this.mirrors.entries()) {
      const credit = this.credits[index]! + mirror.percent;
      this.credits[index] = credit >= 100 ? credit - 100 : credit;
      if (credit >= 100) course.mirrors.push(mirror);
    }
  }
}
