import type { Problem } from '../config/problem.ts';
import type { StaticConfig } from '../config/static-config.ts';
import type { PlacedRouter } from './host-conflicts.ts';
import { routerProblem } from './router-problem.ts';

/** Routers that want certificates on demand while nobody can be asked: those get none. */
export function onDemandProblems(placed: readonly PlacedRouter[], { askUrl }: StaticConfig): readonly Problem[] {
  if (askUrl !== undefined) return [];
  const routers = placed.filter(({ listener }) => listener.tls?.onDemand === true).map(({ router }) => router);
  return [...new Set(routers)].map((router) =>
    routerProblem(
      router,
      {
        severity: 'warning',
        code: 'on_demand_off',
        message: 'certificates on demand need somebody who is asked which names are allowed',
        hint: 'set --acme-ask to a URL that answers 200 for them',
      },
      router.labels.tls,
    ),
  );
}
