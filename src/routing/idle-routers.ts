import type { DynamicConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/problem.ts';
import type { RouterSnapshot } from './snapshot.ts';

/** A configured router that no request can come to, and why. */
export interface IdleRouter {
  readonly name: string;
  readonly provider: string;
  readonly containers: readonly string[];
  readonly rule: string;
  readonly priority: number;
  readonly entryPoints: readonly string[];
  readonly middlewares: readonly string[];
  readonly service: string;
  readonly reason: string;
}

/**
 * The configured routers that the snapshot has no place for: their rule cannot be read, another one has their requests, or they
 * listen nowhere. By name.
 */
export function idleRouters(
  config: DynamicConfig,
  live: readonly RouterSnapshot[],
  conflicts: readonly Problem[],
): readonly IdleRouter[] {
  const served = new Set(live.map(({ of }) => of));
  const broken = config.broken
    .filter(({ name }) => !served.has(name))
    .map(({ name, provider, containers, rule, service, reason }) => {
      return { name, provider, containers, rule, service, reason, priority: 0, entryPoints: [], middlewares: [] };
    });
  const lost = new Map(conflicts.map((problem) => [problem.object, problem.message]));
  const placeless = config.routers
    .filter(({ name }) => !served.has(name))
    .map(({ name, provider, containers, rule, priority, entryPoints = [], middlewares, service, disabled }) => {
      const reason = lost.get(name) ?? disabled ?? 'none of its entrypoints exists';
      return { name, provider, containers, rule, priority, entryPoints, middlewares, service, reason };
    });
  return [...broken, ...placeless].sort((left, right) => (left.name < right.name ? -1 : 1));
}
