import type { Problem } from '../config/problem.ts';
import type { Logger } from '../observe/logger.ts';

/** A thousand containers with one mistake are one mistake; the rest is at the admin address. */
const MAX_LINES = 50;

/** Logs each problem when it appears and when it is gone, never again between (design section 6). */
export class ProblemLog {
  private known = new Map<string, Problem>();
  private readonly logger: Logger;

  constructor(logger: Logger) {
    this.logger = logger;
  }

  get current(): readonly Problem[] {
    return [...this.known.values()];
  }

  update(problems: readonly Problem[]): void {
    const next = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
    const fresh = [...next].filter(([key]) => !this.known.has(key)).map(([, problem]) => problem);
    for (const { message, severity, ...fields } of fresh.slice(0, MAX_LINES)) {
      if (severity === 'error') this.logger.error(fields, message);
      else this.logger.warn(fields, message);
    }
    const gone = [...this.known].filter(([key]) => !next.has(key)).map(([, problem]) => problem);
    for (const { code, container, object, label } of gone.slice(0, MAX_LINES)) {
      this.logger.info({ code, container, object, label }, 'problem gone');
    }
    const untold = Math.max(fresh.length - MAX_LINES, 0);
    if (untold > 0) this.logger.warn({ untold, problems: next.size }, 'more problems: GET /api/problems has them all');
    this.known = next;
  }
}
