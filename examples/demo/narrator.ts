/** Prints what happens, each line with the seconds since the start. */
export interface Narrator {
  say(text: string): void;
  /** Runs a step and says how long it took. Rejects at once when the demo was interrupted. */
  step<T>(text: string, work: () => Promise<T>): Promise<T>;
}

export function createNarrator(print: (line: string) => void, now: () => number, interruption: AbortSignal): Narrator {
  const begun = now();
  const seconds = (ms: number) => (ms / 1000).toFixed(2);
  const say = (text: string) => print(`${seconds(now() - begun).padStart(7)} s  ${text}`);
  return {
    say,
    step: async (text, work) => {
      interruption.throwIfAborted();
      const start = now();
      const result = await work();
      say(`${text} (${seconds(now() - start)} s)`);
      return result;
    },
  };
}
