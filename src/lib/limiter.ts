/** Runs at most `size` tasks at once; the others wait in order. A task that fails makes room like any other. */
export function createLimiter(size: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running >= size) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      // The place is handed over, so that nobody who comes now can take it.
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
