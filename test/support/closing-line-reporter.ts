import type { Reporter, TestModule } from 'vitest/node';

/** Begins the list of failures: each behind a line of its own, whoever sees only the end of a long output needs them there. */
export const FAILURES_HEAD = 'Failures:';
const REASON_LINES = 12;

/**
 * Prints what failed, and `N passed, N failed` as the last line of a run, the form continuous integration reads.
 * A module that fails to load counts as one failure, so a syntax error cannot look like success.
 */
export class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<unknown>): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    let skipped = 0;
    const failures = unhandledErrors.map((error) => describe('outside any test', [error as Reason]));
    for (const module of modules) {
      if (module.errors().length > 0) {
        failed += 1;
        failures.push(describe(module.relativeModuleId, module.errors()));
      }
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        else if (state === 'failed') {
          failed += 1;
          failures.push(describe(`${module.relativeModuleId} > ${test.fullName}`, test.result().errors ?? []));
        } else skipped += 1;
      }
    }
    const tail = skipped > 0 ? `, ${skipped} skipped` : '';
    const list = failures.length > 0 ? `\n${FAILURES_HEAD}\n${failures.join('\n')}\n` : '';
    process.once('exit', () => process.stdout.write(`${list}\n${passed} passed, ${failed} failed${tail}\n`));
  }
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
