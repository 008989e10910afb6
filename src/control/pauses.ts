import type { PauseOutcome } from '../admin/admin-facts.ts';
import { answeringNames, withMembers } from '../config/composed.ts';
import { nearest } from '../lib/suggest.ts';
import type { Logger } from '../observe/logger.ts';
import { NOOP_SERVICE, type RouterSnapshot, type Snapshot } from '../routing/snapshot.ts';
import { hostsOf } from '../rule/hosts-of.ts';

/** Services that are paused, and until when, in milliseconds of the clock that was handed in. */
export type PausedUntil = readonly (readonly [service: string, until: number])[];

export interface PausesParts {
  /** What the data plane has. */
  readonly snapshot: () => Pick<Snapshot, 'routers' | 'services'>;
  /** Hears of every change: all services that are paused now. */
  readonly changed: (paused: PausedUntil) => void;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly logger: Logger;
}

/**
 * The hosts that an operator has paused. What waits are the requests of the services behind them, also those that come by another host of
 * the same service; which these are follows the routes.
 */
export class Pauses {
  private readonly parts: PausesParts;
  private readonly hosts = new Map<string, number>();
  private services: ReadonlyMap<string, number> = new Map();
  private timer: NodeJS.Timeout | undefined = undefined;

  constructor(parts: PausesParts) {
    this.parts = parts;
  }

  /** Pauses a canonical host or `*.wildcard` from now on; again: from now on for so long. */
  pause(host: string, forMs: number): PauseOutcome {
    const services = this.servicesOf(host);
    if (services.length === 0) return { fault: this.notNamed(host) };
    this.hosts.set(host, this.parts.now() + forMs);
    this.parts.logger.info({ host, services, forMs }, 'paused: requests wait');
    this.settle();
    return { services };
  }

  resume(host: string): PauseOutcome {
    if (!this.hosts.delete(host)) return { fault: `${host} is not paused${this.pausedHosts()}` };
    const services = this.servicesOf(host);
    this.parts.logger.info({ host, services }, 'resumed: requests go on');
    this.settle();
    return { services };
  }

  /** The routes have changed. */
  follow(): void {
    if (this.hosts.size > 0) this.settle();
  }

  /** Milliseconds until the requests of a service go on; undefined: they do not wait. */
  leftOf(service: string): number | undefined {
    const until = this.services.get(service);
    return until === undefined ? undefined : Math.max(until - this.parts.now(), 0);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private settle(): void {
    clearTimeout(this.timer);
    const next = new Map<string, number>();
    for (const [host, until] of this.hosts) {
      for (const service of this.servicesOf(host)) next.set(service, Math.max(until, next.get(service) ?? 0));
    }
    const isSame = next.size === this.services.size && [...next].every(([name, at]) => this.services.get(name) === at);
    this.services = next;
    if (!isSame) this.parts.changed([...next]);
    if (this.hosts.size === 0) return;
    const first = Math.min(...this.hosts.values());
    this.timer = setTimeout(() => this.expire(), Math.max(first - this.parts.now(), 1));
    this.timer.unref();
  }

  private expire(): void {
    const now = this.parts.now();
    for (const [host, until] of this.hosts) {
      if (until > now) continue;
      this.hosts.delete(host);
      this.parts.logger.info({ host }, 'the time of a pause is over: requests go on');
    }
    this.settle();
  }

  /** Services of routers whose rule names the host, and those that answer for them; routers that take any host do not name it. */
  private servicesOf(host: string): readonly string[] {
    const { routers, services } = this.parts.snapshot();
    const served = routers.filter(({ service }) => service !== NOOP_SERVICE);
    const named = served.filter((router) => namesOf(router).includes(host)).map(({ service }) => service);
    return [...withMembers(services, named, answeringNames)];
  }

  private notNamed(host: string): string {
    const near = nearest(host, this.parts.snapshot().routers.flatMap(namesOf));
    const hint = near === undefined || near === host ? '' : `; did you mean ${near}?`;
    return `no router with a service names ${host}${hint}`;
  }

  private pausedHosts(): string {
    return this.hosts.size === 0 ? '' : `; paused are ${[...this.hosts.keys()].join(', ')}`;
  }
}

function namesOf({ matcher }: RouterSnapshot): readonly string[] {
  const { exact, wildcards } = hostsOf(matcher);
  return [...exact, ...wildcards];
}
