import type { ResponseEdit } from '../http/response-edits.ts';
import type { RequestStep } from '../http/route.ts';

/** A middleware of one router, ready to act. */
export interface CompiledMiddleware {
  readonly request?: RequestStep;
  /** In the order in which they are applied. */
  readonly response?: readonly ResponseEdit[];
}
