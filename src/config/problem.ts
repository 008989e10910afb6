import type { ProblemCode } from './problem-codes.ts';

export type { ProblemCode };

/** A configuration fault as data: never thrown, shown in the log, the admin API and by `sluice check`. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  /** The kind; `hint` always names a fix. */
  readonly code: ProblemCode;
  /** `docker`, `file`, … */
  readonly provider: string;
  /** Container name, or the entry's name in a file. */
  readonly container?: string;
  /** Full name of the router, service or middleware this disables or degrades. */
  readonly object?: string;
  readonly label?: string;
  /** 1-based column inside the label's value. */
  readonly column?: number;
  readonly message: string;
  readonly hint: string;
}
