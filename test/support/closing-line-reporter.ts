import type { Reporter, TestModule } from 'vitest/node';

/** Begins the list of failures: each behind a line of its own, whoever sees only the end of a long output needs them there. */
export const FAILURES_HEAD = 'Failures:';
const UNSTEADY_HEAD = 'Passed at the second try only:';
const REASON_LINES = 12;

/**
 * Prints what failed or had to be tried twice, and `N passed, N failed` as the last line of a run, the form continuous integration reads.
 * A module that fails to load counts as one failure, so a syntax error cannot look like success.
 */
export class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<unknown>): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    let skipped = 0;
    const unsteady: string[] = [];
    const failures = unhandledErrors.map((error) => describe('outside any test', [error as Reason]));
    for (const module of modules) {
      if (module.errors().length > 0) {
        failed += 1;
        failures.push(describe(module.relativeModuleId, module.errors()));
      }
      for (const test of module.children.allTests()) {
        const { state, errors = [] } = test.result();
        const report = () => describe(`${module.relativeModuleId} > ${test.fullName}`, errors);
        if (state === 'passed') {
          passed += 1;
          if (test.diagnostic()?.flaky === true) unsteady.push(report());
        } else if (state === 'failed') {
          failed += 1;
          failures.push(report());
        } else skipped += 1;
      }
    }
    const tail = skipped > 0 ? `, ${skipped} skipped` : '';
    const list = block(UNSTEADY_HEAD, unsteady) + block(FAILURES_HEAD, failures);
    process.once('exit', () => process.stdout.write(`${list}\n${passed} passed, ${failed} failed${tail}\n`));
  }
}

function block(head: string, entries: readonly string[]): string {
  return entries.length > 0 ? `\n${head}\n${entries.join('\n')}\n` : '';
}

interface Reason {
  readonly message?: string;
  readonly stack?: string;
}

/** A failure's name and the first lines of its reasons. */
function describe(name: string, reasons: readonly Reason[]): string {
  const lines = reasons
    .flatMap((reason) => (reason.stack ?? reason.message ?? 'no reason given').split('\n'))
    .filter((line) => !line.includes('node_modules'));
  return [`  ${name}`, ...lines.slice(0, REASON_LINES).map((line) => `      ${line}`)].join('\n');
}
