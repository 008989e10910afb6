import type { Problem } from '../config/problem.ts';
import { printMiddleware } from '../routing/print-middleware.ts';
import type { RoutingView } from '../routing/routing-view.ts';
import { problemsByObject, problemsOf } from './router-rows.ts';

/** A middleware as `GET /api/middlewares` shows it. */
export interface MiddlewareRow {
  readonly name: string;
  readonly provider: string;
  readonly type: string;
  /** Its settings in a few words, without secrets. */
  readonly summary: string;
  readonly containers: readonly string[];
  readonly usedBy: readonly string[];
  readonly status: 'enabled' | 'warning' | 'disabled';
  readonly problems: readonly Problem[];
}

/** Every configured middleware. `disabled`: routers that name it do not serve. */
export function middlewareRows(view: RoutingView): readonly MiddlewareRow[] {
  const problems = problemsByObject(view.problems);
  const users = new Map<string, string[]>();
  for (const { name, middlewares } of view.config.routers) {
    for (const one of middlewares) users.getOrInsertComputed(one, () => []).push(name);
  }
  return view.config.middlewares.map(({ name, provider, containers, options }) => {
    const own = problemsOf(problems, [name]);
    const isUnusable = options.type === 'unusable';
    return {
      name,
      provider,
      type: options.type,
      summary: summaryOf(options),
      containers,
      usedBy: users.get(name) ?? [],
      status: isUnusable ? 'disabled' : own.length > 0 ? 'warning' : 'enabled',
      problems: own,
    };
  });
}

function summaryOf(options: RoutingView['config']['middlewares'][number]['options']): string {
  if (options.type === 'unusable') return options.reason;
  if (options.type === 'chain') return options.middlewares.join(' ');
  return printMiddleware(options);
}
