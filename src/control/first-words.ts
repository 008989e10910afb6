/** Resolves once every expected provider has spoken. */
export function createFirstWords(): {
  expect(provider: string): void;
  heard(provider: string): void;
  all(patienceMs: number): Promise<void>;
} {
  const missing = new Set<string>();
  let done: (() => void) | undefined;
  return {
    expect: (provider) => void missing.add(provider),
    heard: (provider) => {
      missing.delete(provider);
      if (missing.size === 0) done?.();
    },
    all: (patienceMs) =>
      new Promise((resolve) => {
        if (missing.size === 0) resolve();
        const timer = setTimeout(resolve, patienceMs);
        done = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
  };
}
