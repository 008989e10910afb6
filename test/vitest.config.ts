import { defineConfig } from 'vitest/config';
import { ClosingLineReporter } from './support/closing-line-reporter.ts';

const project = (name: string, extra: object = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], globals: false, ...extra },
});

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    reporters: ['default', new ClosingLineReporter()],
    passWithNoTests: false,
    projects: [
      { test: { name: 'architecture', include: ['test/architecture.test.ts'] } },
      // Time-outs end what hangs; a machine that is busy with other things is no fault of a test.
      project('unit', { testTimeout: 30_000 }),
      // What fails once and passes then is named at the end of the run: it is a race, the test's or ours, and is to be mended.
      project('integration', { testTimeout: 60_000, hookTimeout: 60_000, retry: 1 }),
      // One engine, one Pebble, two cores: the end-to-end files run one after another.
      project('e2e', {
        testTimeout: 120_000,
        hookTimeout: 240_000,
        retry: 1,
        fileParallelism: false,
        globalSetup: ['test/support/lab/global-setup.ts'],
      }),
    ],
  },
});
