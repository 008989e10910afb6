import type { Checker, CheckOutcome } from '../../src/health/checker.ts';

/** A checker whose outcomes a test says; it throws when a check begins before the last one has ended. */
export class ScriptedChecker implements Checker {
  /** What the next checks find: it passes, it fails, or nothing comes until `answer`. */
  next: 'pass' | 'fail' | 'hang' = 'pass';
  /** How many began. */
  count = 0;
  /** How often its connections were closed. */
  closed = 0;
  #answer: ((outcome: CheckOutcome) => void) | undefined = undefined;

  check(): Promise<CheckOutcome> {
    if (this.#answer !== undefined) throw new Error('a check began before the last one ended');
    this.count += 1;
    return new Promise((resolve) => {
      this.#answer = (outcome) => {
        this.#answer = undefined;
        resolve(outcome);
      };
      if (this.next !== 'hang') this.answer(this.next === 'pass');
    });
  }

  answer(passed: boolean): void {
    this.#answer?.({ passed, detail: passed ? 'answered 200' : 'answered 500' });
  }

  close(): void {
    this.closed += 1;
    this.#answer?.({ passed: false, detail: 'ended' });
  }
}
