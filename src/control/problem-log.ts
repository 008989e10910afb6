import type { Problem } from '../config/problem.ts';
import type { Logger } from '../observe/logger.ts';

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
    for (const [key, problem] of next) {
      if (this.known.has(key)) continue;
      const { message, severity, ...fields } = problem;
      if (severity === 'error') this.logger.error(fields, message);
      else this.logger.warn(fields, message);
    }
    for (const [key, problem] of this.known) {
      if (next.has(key)) continue;
      const { code, container, object, label } = problem;
      this.logger.info({ code, container, object, label }, 'problem gone');
    }
    this.known = next;
  }
}
