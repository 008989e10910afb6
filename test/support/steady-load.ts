import type { ClientAnswer, ClientRequestOptions, SiteClient } from './site-client.ts';

/** What became of one request. */
export interface LoadOutcome {
  /** Milliseconds of `performance.now` when it was sent. */
  readonly sentAt: number;
  readonly doneAt: number;
  readonly answer: ClientAnswer | undefined;
  /** Why there is no answer. */
  readonly error: Error | undefined;
}

/** Requests sent at a steady pace, whether earlier ones were answered or not. */
export interface SteadyLoad extends AsyncDisposable {
  /** Those that have ended. */
  readonly outcomes: readonly LoadOutcome[];
  /** Sends no more and waits for those on their way. */
  stop(): Promise<readonly LoadOutcome[]>;
}

/** Starts asking for `path` so many times a second, until stopped. */
export function startSteadyLoad(
  client: SiteClient,
  path: string,
  perSecond: number,
  options?: ClientRequestOptions,
): SteadyLoad {
  const outcomes: LoadOutcome[] = [];
  const running = new Set<Promise<void>>();
  const send = () => {
    const sentAt = performance.now();
    const note = (answer: ClientAnswer | undefined, error: Error | undefined) =>
      outcomes.push({ sentAt, doneAt: performance.now(), answer, error });
    const request: Promise<void> = client
      .ask(path, options)
      .then(
        (answer) => note(answer, undefined),
        (error: Error) => note(undefined, error),
      )
      .then(() => void running.delete(request));
    running.add(request);
  };
  const timer = setInterval(send, 1000 / perSecond);
  const stop = async () => {
    clearInterval(timer);
    await Promise.all(running);
    return outcomes;
  };
  return { outcomes, stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}

/** One line for each request that was not answered with 200. */
export function failuresOf(outcomes: readonly LoadOutcome[]): readonly string[] {
  return outcomes
    .filter(({ answer }) => answer?.status !== 200)
    .map(({ answer, error }) => (answer === undefined ? String(error) : `${answer.status} ${answer.body.trim()}`));
}
