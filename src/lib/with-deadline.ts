/** What the work comes to, or undefined when it takes longer. It goes on, and what it rejects with later is dropped. */
export async function withDeadline<T>(work: Promise<T>, deadlineMs: number): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, deadlineMs, undefined);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
