import type { Workload } from '../config/workload.ts';
import type { Logger } from '../observe/logger.ts';
import type { ProviderSink } from '../provider/provider.ts';
import type { KnownWorkloads, LastKnownGood } from './last-known-good.ts';
import { Lingering } from './lingering.ts';

type ListFacts = Parameters<ProviderSink['workloads']>[1];

export interface EngineSinkParts {
  /** Hears everything that is said, as if the engine had. */
  readonly inner: ProviderSink;
  /** Keeps what the engine says; undefined: nobody does. */
  readonly memory: LastKnownGood | undefined;
  /** What it kept for us, if the engine does not answer. */
  readonly known: KnownWorkloads | undefined;
  /** Milliseconds of a clock that never goes back (performance.now). */
  readonly now: () => number;
  readonly logger: Logger;
}

/**
 * Between the Docker provider and the configuration: containers that have just gone linger, and while the engine has not said a word
 * yet, what it said last time stands.
 */
export class EngineSink implements ProviderSink {
  private readonly parts: EngineSinkParts;
  private readonly lingering = new Lingering();
  private known: KnownWorkloads | undefined;
  private facts: ListFacts | undefined = undefined;
  private timer: NodeJS.Timeout | undefined = undefined;

  constructor(parts: EngineSinkParts) {
    this.parts = parts;
    this.known = parts.known;
  }

  workloads(list: readonly Workload[], facts: ListFacts): void {
    this.known = undefined;
    this.parts.memory?.save(list, facts.place);
    this.tell(list, facts);
  }

  stopping(containerId: string): void {
    this.parts.inner.stopping(containerId);
  }

  started(containerId: string): void {
    this.parts.inner.started(containerId);
  }

  reachable(isReachable: boolean, detail: string): void {
    this.parts.inner.reachable(isReachable, detail);
    if (!isReachable) this.fallBack();
  }

  /** The engine does not answer: until it does, what it said last time holds, if it has not said anything to us yet. */
  fallBack(): void {
    const { known } = this;
    if (known === undefined || known.workloads.length === 0) return;
    this.known = undefined;
    const fields = { containers: known.workloads.length, ageSeconds: Math.round(known.ageMs / 1000) };
    this.parts.logger.warn(fields, 'docker does not answer: serving the containers that were known last');
    // What Docker thought of their health is as old; a probe is asked instead.
    const list = known.workloads.map((workload): Workload => ({ ...workload, health: 'none' }));
    this.tell(list, { at: this.parts.now(), place: known.place, problems: [] });
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private tell(list: readonly Workload[], facts: ListFacts): void {
    this.facts = facts;
    this.parts.inner.workloads(this.lingering.take(list, this.parts.now()), facts);
    this.schedule();
  }

  private schedule(): void {
    clearTimeout(this.timer);
    const { nextEnd } = this.lingering;
    if (nextEnd === undefined) return;
    this.timer = setTimeout(() => this.forgetGone(), Math.max(nextEnd - this.parts.now(), 1));
    this.timer.unref();
  }

  private forgetGone(): void {
    const at = this.parts.now();
    if (this.facts !== undefined) this.parts.inner.workloads(this.lingering.at(at), { ...this.facts, at });
    this.schedule();
  }
}
