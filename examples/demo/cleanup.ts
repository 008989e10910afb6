/** What must be undone before the process ends. */
export interface Cleanup {
  /** Undone in reverse order. */
  add(what: string, undo: () => Promise<unknown>): void;
  /** Undoes what was added since the last run. A step that fails is told and does not stop the others. */
  run(): Promise<void>;
}

export function createCleanup(complain: (text: string) => void): Cleanup {
  const steps: { readonly what: string; readonly undo: () => Promise<unknown> }[] = [];
  return {
    add: (what, undo) => void steps.push({ what, undo }),
    run: async () => {
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
        try {
          await step.undo();
        } catch (error) {
          complain(`could not clean up ${step.what}: ${(error as Error).message}`);
        }
      }
    },
  };
}
