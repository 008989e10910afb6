import type { Target } from '../balance/composed.ts';
import { createStrategy } from '../balance/create-strategy.ts';
import { Service } from '../balance/service.ts';
import { StickyCookie } from '../balance/sticky.ts';
import type { Chance } from '../balance/strategy.ts';
import type { WaitingRooms } from '../balance/waiting-room.ts';
import { answeringNames, memberNames } from '../config/composed.ts';
import { DEFAULT_TRANSPORT } from '../config/default-transport.ts';
import type { StickyConfig, TransportConfig } from '../config/dynamic.ts';
import { plainServerId } from '../config/server-id.ts';
import type { Counters } from '../http/counters.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Route, RouteTable } from '../http/route.ts';
import type { UpstreamConnection } from '../http/upstream-connection.ts';
import { compileMiddleware } from '../middleware/catalog.ts';
import { buildPipeline } from '../middleware/pipeline.ts';
import type { SharedCounts } from '../lib/shared-counts.ts';
import { type CompiledRule, compileForIndex } from '../routing/candidate.ts';
import { HostIndex } from '../routing/host-index.ts';
import type { RouterSnapshot, ServiceSnapshot, Snapshot } from '../routing/snapshot.ts';
import { canAskClients } from './ask-client.ts';
import { buildComposed, type LiveComposed } from './build-composed.ts';
import { TlsPolicies } from './tls-policies.ts';
import type { UpstreamRegistry } from '../upstream/registry.ts';
import type { Upstream } from '../upstream/upstream.ts';

/** What a runtime is built over. */
export interface RuntimeParts {
  readonly registry: UpstreamRegistry<UpstreamConnection>;
  readonly counters: Counters;
  /** Requests in flight by server, of all workers. */
  readonly loads: SharedCounts;
  readonly chance: Chance;
  readonly rooms: WaitingRooms;
  /** Of sticky cookies; the same in all workers. */
  readonly stickyKey: Uint8Array;
  /** Hears of a router that cannot be built; the others do not notice. */
  readonly broken: (router: string, error: unknown) => void;
}

interface BuiltService {
  readonly snapshot: ServiceSnapshot;
  readonly transport: TransportConfig;
  readonly service: Service<UpstreamConnection>;
}

interface BuiltComposed {
  readonly snapshot: ServiceSnapshot;
  /** What it is made of, in the order of their names. */
  readonly parts: readonly Target<UpstreamConnection>[];
  readonly composed: LiveComposed;
}

interface BuiltRouter {
  readonly snapshot: RouterSnapshot;
  readonly rule: CompiledRule;
  readonly route: Route;
}

/** Services between two places where building may be interrupted. Routers have rules, and each may have dear expressions. */
const SERVICES_A_STEP = 20;

/**
 * The live counterpart of one snapshot: compiled rules, middlewares and services. Built whole beside the one in use and then
 * put in its place by a single assignment; a request keeps the route it was given.
 */
export class Runtime implements RouteTable {
  /** Kept apart: a router answers TLS requests or plain ones, never both. */
  private readonly plain = new Map<string, HostIndex<Route>>();
  private readonly tls = new Map<string, HostIndex<Route>>();
  private readonly routers = new Map<string, BuiltRouter>();
  private readonly services = new Map<string, BuiltService>();
  private readonly composed = new Map<string, BuiltComposed>();
  private readonly transports = new Map<string, TransportConfig>();
  private readonly parts: RuntimeParts;
  /** What clients have to fulfil. */
  readonly policies: TlsPolicies;

  private constructor(parts: RuntimeParts, tlsOptions: Snapshot['tlsOptions']) {
    this.parts = parts;
    this.policies = new TlsPolicies(tlsOptions, canAskClients);
  }

  /** Builds in one go. */
  static build(snapshot: Snapshot, parts: RuntimeParts): Runtime {
    const steps = Runtime.steps(snapshot, parts, undefined);
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
    }
  }

  /**
   * Builds step by step, so that whoever builds can serve requests between. What is the same object as in the snapshot of `previous` is
   * taken over: services with their balancing state, routers with their compiled rules and middlewares.
   */
  static *steps(
    snapshot: Snapshot,
    parts: RuntimeParts,
    previous: Runtime | undefined,
  ): Generator<undefined, Runtime, undefined> {
    const runtime = new Runtime(parts, snapshot.tlsOptions);
    runtime.takeTransports(snapshot.transports, previous?.transports);
    const composed = new Map<string, ServiceSnapshot>();
    for (const [index, service] of snapshot.services.entries()) {
      if (service.composed === undefined) runtime.addService(service, previous?.services.get(service.name));
      else composed.set(service.name, service);
      if (index % SERVICES_A_STEP === 0) yield;
    }
    for (const name of composed.keys()) runtime.addComposed(name, composed, previous);
    for (const router of snapshot.routers) {
      try {
        runtime.addRouter(router, previous?.routers.get(router.name));
      } catch (error) {
        parts.broken(router.name, error);
      }
      yield;
    }
    return runtime;
  }

  /** Every upstream that a service may lease. */
  get upstreams(): ReadonlySet<Upstream<UpstreamConnection>> {
    return new Set([...this.services.values()].flatMap(({ service }) => service.upstreams));
  }

  /** It is the current one from now on: who waits for a server waits for its servers. */
  takeOver(now: number): void {
    const { rooms } = this.parts;
    // Also of those that hold no requests: earlier versions of them may have done so.
    for (const [name, { service }] of this.services) rooms.of(name).adopt(service, now);
    for (const [name, { composed }] of this.composed) rooms.of(name).adopt(composed, now);
    rooms.retain({ has: (name) => this.services.has(name) || this.composed.has(name) });
  }

  match(exchange: Exchange): Route | undefined {
    const { down } = exchange;
    return (down.peer.isTls ? this.tls : this.plain).get(down.entrypoint)?.match(exchange);
  }

  private addRouter(snapshot: RouterSnapshot, known: BuiltRouter | undefined): void {
    const service = this.services.get(snapshot.service)?.service;
    const composed = this.composed.get(snapshot.service)?.composed;
    const targetService = composed === undefined ? { service } : { service, composed };
    const target = { ...targetService, tlsOptions: this.policies.idOf(snapshot) };
    const built = known?.snapshot === snapshot ? withTarget(known, target) : this.buildRouter(snapshot, target);
    this.policies.add(snapshot);
    this.routers.set(snapshot.name, built);
    const tables = snapshot.tls ? this.tls : this.plain;
    for (const entrypoint of snapshot.entrypoints) {
      tables.getOrInsertComputed(entrypoint, () => new HostIndex<Route>()).add(built.rule, built.route);
    }
  }

  private buildRouter(snapshot: RouterSnapshot, target: RouteTarget): BuiltRouter {
    const { counters, broken } = this.parts;
    const rule = compileForIndex(snapshot.matcher);
    let pipeline = buildPipeline([]);
    let { disabled } = snapshot;
    try {
      pipeline = buildPipeline(snapshot.middlewares.map(({ options }) => compileMiddleware(options)));
    } catch (error) {
      // A middleware may be the site's protection: without it the router must not serve.
      disabled ??= 'a middleware cannot be built';
      broken(snapshot.name, error);
    }
    const { name } = snapshot;
    const route = { name, disabled, ...pipeline, ...target, counters: counters.router(name) };
    return { snapshot, rule, route };
  }

  private addService(snapshot: ServiceSnapshot, known: BuiltService | undefined): void {
    const transport = this.transportOf(snapshot);
    if (known?.snapshot === snapshot && known.transport === transport) {
      this.services.set(snapshot.name, known);
      return;
    }
    const upstreams = snapshot.servers.map((server) => this.parts.registry.get(server, transport));
    const strategy = createStrategy(snapshot.balance, snapshot.servers, this.parts.chance);
    if (strategy.usesLoad === true) for (const upstream of upstreams) this.shareLoad(upstream);
    const { name, passHostHeader, holdMs, ejection } = snapshot;
    const retryBudget = known?.service.retryBudget;
    const room = this.parts.rooms.of(name);
    const { pause } = room;
    const hold = holdMs === undefined ? undefined : { room, ms: holdMs };
    const sticky = snapshot.sticky && this.stickyCookie(snapshot.sticky, snapshot);
    const service = new Service(name, upstreams, strategy, {
      passHostHeader,
      hold,
      retryBudget,
      pause,
      ejection,
      sticky,
    });
    this.services.set(snapshot.name, { snapshot, transport, service });
  }

  /** Its members first; the control plane has seen to it that none leads back. */
  private addComposed(
    name: string,
    all: ReadonlyMap<string, ServiceSnapshot>,
    previous: Runtime | undefined,
  ): Target<UpstreamConnection> {
    const done = this.composed.get(name)?.composed ?? this.services.get(name)?.service;
    const snapshot = all.get(name);
    if (done !== undefined || snapshot?.composed === undefined) return done;
    const found = new Map(memberNames(snapshot.composed).map((one) => [one, this.addComposed(one, all, previous)]));
    const parts = [...found.values()];
    const known = previous?.composed.get(name);
    const isSame = known?.snapshot === snapshot && parts.every((part, index) => part === known.parts[index]);
    const before = known?.snapshot === snapshot ? known.composed : undefined;
    const composed = isSame
      ? known.composed
      : buildComposed(name, snapshot.composed, (one) => found.get(one), this.parts.stickyKey, before);
    const holds = answeringNames(snapshot.composed).map((one) => found.get(one)?.hold?.ms ?? 0);
    const ms = Math.max(0, ...holds);
    composed.hold = ms === 0 ? undefined : { room: this.parts.rooms.of(name), ms };
    this.composed.set(name, { snapshot, parts, composed });
    return composed;
  }

  private stickyCookie(config: StickyConfig, { name, servers }: ServiceSnapshot): StickyCookie {
    const ids = servers.map(({ id }) => plainServerId(id));
    return new StickyCookie(config, name, ids, this.parts.stickyKey);
  }

  private shareLoad(upstream: Upstream<UpstreamConnection>): void {
    upstream.shareLoad(this.parts.loads.counterOf([...Buffer.from(upstream.id)]));
  }

  /** An equal transport stays the same object, so that the services over it are taken over as they are. */
  private takeTransports(
    next: Snapshot['transports'],
    previous: ReadonlyMap<string, TransportConfig> | undefined,
  ): void {
    for (const [name, transport] of Object.entries(next)) {
      const known = previous?.get(name);
      this.transports.set(name, JSON.stringify(known) === JSON.stringify(transport) ? known! : transport);
    }
  }

  private transportOf({ name, transport }: ServiceSnapshot): TransportConfig {
    if (transport === undefined) return DEFAULT_TRANSPORT;
    const found = this.transports.get(transport);
    // Never the defaults instead: they may verify less, or otherwise.
    if (found === undefined) throw new Error(`no transport ${transport} for the service ${name}`);
    return found;
  }
}

type RouteTarget = Pick<Route, 'service' | 'composed' | 'tlsOptions'>;

function withTarget(known: BuiltRouter, target: RouteTarget): BuiltRouter {
  const { service, composed, tlsOptions } = known.route;
  const isSame = service === target.service && composed === target.composed && tlsOptions === target.tlsOptions;
  if (isSame) return known;
  return { ...known, route: { ...known.route, composed: undefined, ...target } };
}
