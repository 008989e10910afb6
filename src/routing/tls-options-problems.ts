import type { RouterConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/problem.ts';
import { hostsOf } from '../rule/hosts-of.ts';
import { routerProblem } from './router-problem.ts';
import { type SniRouter, SniTable } from './sni-table.ts';

/** A TLS router with the id of its options; empty: the default ones. */
export interface RouterWithOptions extends SniRouter {
  readonly router: RouterConfig;
}

/**
 * Routers that connections with their TLS options cannot come to, because the name of the server decides before any request is known
 * (A5, A6): another router of the host has other options, or the rule needs no host. Both answer 421, and never without what they ask for.
 */
export function tlsOptionsProblems(routers: readonly RouterWithOptions[]): readonly Problem[] {
  if (routers.every(({ options }) => options === '')) return [];
  const table = new SniTable();
  for (const one of routers) table.add(one);
  return routers.filter(({ options }) => options !== '').flatMap((one) => problemsOf(one, table));
}

function problemsOf(one: RouterWithOptions, table: SniTable): readonly Problem[] {
  const { router, matcher } = one;
  const label = router.labels.tlsOptions ?? router.labels.tls;
  const contested = table.contestedHosts(one);
  const conflict = {
    severity: 'error',
    code: 'tls_options_conflict',
    message: `other routers of ${contested.slice(0, 3).join(', ')} have other TLS options, so the default ones hold there and this router answers 421`,
    hint: 'give all routers of a host the same TLS options, or give this one a host of its own',
  } as const;
  const unnamed = {
    severity: 'warning',
    code: 'tls_options_conflict',
    message: 'its rule matches hosts that it does not name; connections for those have other TLS options and get 421',
    hint: 'name each host with Host(`…`)',
  } as const;
  return [
    ...(contested.length === 0 ? [] : [routerProblem(router, conflict, label)]),
    ...(hostsOf(matcher).isComplete ? [] : [routerProblem(router, unnamed, label)]),
  ];
}
