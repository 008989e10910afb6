import type { DynamicConfig, MiddlewareConfig, RouterConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/problem.ts';
import { nearest } from '../lib/suggest.ts';
import { routerProblem } from './router-problem.ts';
import { NOOP_SERVICE, type RouterSnapshot } from './snapshot.ts';

export interface References {
  readonly middlewares: RouterSnapshot['middlewares'];
  readonly service: string;
  readonly disabled: string | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Looks up what a router names. A middleware or service that is not there disables it (fail closed): it keeps its requests
 * and answers them with the reason. `before` are middlewares of the entrypoint.
 */
export function resolveReferences(config: DynamicConfig, router: RouterConfig, before: readonly string[]): References {
  const problems: Problem[] = [];
  const middlewares: RouterSnapshot['middlewares'][number][] = [];
  let { disabled } = router;
  const wanted = [
    ...before.map((name) => (name.includes('@') ? name : `${name}@${router.provider}`)),
    ...router.middlewares,
  ];
  for (const name of wanted) {
    const found = config.middlewares.find((one) => one.name === name);
    if (found !== undefined && found.options.type !== 'unusable') {
      middlewares.push({ name, options: found.options });
      continue;
    }
    const problem = middlewareProblem(config, router, name, found);
    problems.push(problem);
    disabled ??= problem.message;
  }
  const isThere = router.service === NOOP_SERVICE || config.services.some(({ name }) => name === router.service);
  // A router that is disabled already has said why; its service may be missing for the same reason.
  if (!isThere && disabled === undefined) {
    const problem = serviceProblem(config, router);
    problems.push(problem);
    disabled = problem.message;
  }
  return { middlewares, service: isThere ? router.service : NOOP_SERVICE, disabled, problems };
}

function middlewareProblem(
  config: DynamicConfig,
  router: RouterConfig,
  name: string,
  found: MiddlewareConfig | undefined,
): Problem {
  const label = router.labels.middlewares;
  if (found === undefined || found.options.type !== 'unusable') {
    const guess = nearest(
      name,
      config.middlewares.map((one) => one.name),
    );
    const hint = guess === undefined ? 'define it, or remove its name' : `did you mean ${guess}?`;
    const message = `there is no middleware ${name}`;
    return routerProblem(router, { severity: 'error', code: 'middleware_missing', message, hint }, label);
  }
  const { code, reason } = found.options;
  const isUnsupported = code === 'middleware_unsupported';
  return routerProblem(
    router,
    {
      severity: 'error',
      code: isUnsupported ? 'middleware_unsupported' : 'middleware_missing',
      message: `the middleware ${name} cannot work: ${reason}`,
      hint: isUnsupported ? 'remove its name only if the router may serve without it' : 'mend the middleware',
    },
    label,
  );
}

function serviceProblem(config: DynamicConfig, router: RouterConfig): Problem {
  const guess = nearest(
    router.service,
    config.services.map((one) => one.name),
  );
  const hint = guess === undefined ? 'define it, or name another service' : `did you mean ${guess}?`;
  const message = `there is no service ${router.service}`;
  return routerProblem(router, { severity: 'error', code: 'service_missing', message, hint }, router.labels.service);
}
