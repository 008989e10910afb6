import type { EjectionConfig } from '../config/dynamic.ts';

/** A share of fewer answers says nothing. */
export const MIN_ANSWERS = 20;

/** What became of the requests that one worker gave to a server, as far as it matters for its ejection. */
export class Outcomes {
  private inARow = 0;
  private answers = 0;
  private failures = 0;
  /** Beginning of the window, which is that of the first failure in it. */
  private since = -Infinity;

  answered(): void {
    this.answers += 1;
    this.inARow = 0;
  }

  /** Which limit this failure has reached, in words; undefined: none. Where one is reached, counting begins anew. `now` in milliseconds. */
  failed({ consecutive, count, percent, windowMs }: EjectionConfig, now: number): string | undefined {
    if (now - this.since > windowMs) this.begin(now);
    this.inARow += 1;
    this.answers += 1;
    this.failures += 1;
    const { inARow, answers, failures } = this;
    const isMany = count > 0 && failures >= count;
    const isLargeShare = percent > 0 && answers >= MIN_ANSWERS && failures * 100 >= answers * percent;
    const isRow = consecutive > 0 && inARow >= consecutive;
    if (!isRow && !isMany && !isLargeShare) return undefined;
    this.begin(now);
    this.inARow = 0;
    if (isRow) return `${inARow} failures in a row`;
    return `${failures} failures of ${answers} answers within ${windowMs} ms`;
  }

  private begin(now: number): void {
    this.since = now;
    this.answers = 0;
    this.failures = 0;
  }
}
