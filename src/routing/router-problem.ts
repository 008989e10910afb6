import type { RouterConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/problem.ts';

/** A fault of a router found while the snapshot is built, with the place where it was written. */
export function routerProblem(
  router: RouterConfig,
  fault: Pick<Problem, 'severity' | 'code' | 'message' | 'hint'>,
  label: string | undefined,
): Problem {
  const [container] = router.containers;
  return {
    severity: fault.severity,
    code: fault.code,
    provider: router.provider,
    ...(container === undefined ? {} : { container }),
    object: router.name,
    ...(label === undefined ? {} : { label }),
    message: fault.message,
    hint: fault.hint,
  };
}
