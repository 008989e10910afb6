import type { Problem } from '../config/problem.ts';
import type { RoutingView } from '../routing/routing-view.ts';
import type { RouterSnapshot } from '../routing/snapshot.ts';

/** A router as `GET /api/routers` shows it. */
export interface RouterRow {
  readonly name: string;
  readonly provider: string;
  readonly rule: string;
  readonly priority: number;
  readonly entryPoints: readonly string[];
  readonly tls: boolean;
  readonly service: string;
  readonly middlewares: readonly string[];
  readonly containers: readonly string[];
  /** `disabled`: its requests get 503, or nothing comes to it. `warning`: it serves, and something is wrong. */
  readonly status: 'enabled' | 'warning' | 'disabled';
  /** Why it is disabled, or that its last good version serves. */
  readonly reason?: string;
  readonly problems: readonly Problem[];
}

/** Every router, live ones in the order in which requests try them, then those that have no place. */
export function routerRows(view: RoutingView): readonly RouterRow[] {
  const problems = problemsByObject(view.problems);
  const configured = new Map(view.config.routers.map((router) => [router.name, router]));
  const broken = new Map(view.config.broken.map((router) => [router.name, router]));
  const live = view.snapshot.routers.map((router): RouterRow => {
    const { name, of, rule, priority, entrypoints, tls, service, disabled } = router;
    const middlewares = router.middlewares.map((one) => one.name);
    const own = name.endsWith('@internal') ? [] : problemsOf(problems, [of, service, ...middlewares]);
    const reason =
      disabled ?? (view.kept.has(of) ? 'its labels are wrong now; the last good version serves' : undefined);
    return {
      name,
      provider: name.slice(name.lastIndexOf('@') + 1),
      rule,
      priority,
      entryPoints: entrypoints,
      tls,
      service,
      middlewares,
      containers: (configured.get(of) ?? broken.get(of))?.containers ?? [],
      status: statusOf(router, own),
      ...(reason === undefined ? {} : { reason }),
      problems: own,
    };
  });
  const idle = view.idle.map(({ reason, ...router }): RouterRow => {
    const own = problemsOf(problems, [router.name, router.service, ...router.middlewares]);
    return { ...router, tls: false, status: 'disabled', reason, problems: own };
  });
  return [...live, ...idle];
}

function statusOf({ disabled }: RouterSnapshot, problems: readonly Problem[]): RouterRow['status'] {
  if (disabled !== undefined) return 'disabled';
  return problems.length > 0 ? 'warning' : 'enabled';
}

/** Problems by the full name of what they disable or degrade. */
export function problemsByObject(problems: readonly Problem[]): ReadonlyMap<string, readonly Problem[]> {
  return Map.groupBy(
    problems.filter(({ object }) => object !== undefined),
    ({ object }) => object!,
  );
}

/** The problems of these objects, each once. */
export function problemsOf(
  byObject: ReadonlyMap<string, readonly Problem[]>,
  names: readonly string[],
): readonly Problem[] {
  return [...new Set(names.flatMap((name) => byObject.get(name) ?? []))];
}
