import type { RouterPlace, Workload } from '../../config/workload.ts';
import { backoffDelay, type BackoffSchedule } from '../../lib/backoff.ts';
import type { Provider, ProviderSink } from '../provider.ts';
import { describeDockerFault } from './describe-fault.ts';
import type { DockerApi } from './docker-api.ts';
import { followEngine } from './docker-session.ts';
import { EventCursor } from './event-cursor.ts';
import { decidePlace, type SelfFacts } from './own-place.ts';

/** The engine is usually on this machine and restarted by hand: looking again each second or two costs nothing. */
const RECONNECT: BackoffSchedule = { stepsMs: [100, 200, 400, 800, 1500], capMs: 2000, jitter: [0.5, 1] };

/**
 * An engine that is lost again and again within this time of being reached is asked at growing distances, and called
 * reachable only when it stayed: each round would fill the log.
 */
const STABLE_MS = 10_000;

export interface DockerProviderDeps {
  readonly api: DockerApi;
  readonly self: SelfFacts;
  /** Milliseconds of a clock that never goes back (performance.now). */
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

/**
 * The containers of one Docker engine as workloads. Waits for an engine that is absent and returns to one that was lost;
 * meanwhile the last list stands. A list equal to the last one told is not told again.
 */
export function createDockerProvider(deps: DockerProviderDeps): Provider {
  const stopping = new AbortController();
  let ended: Promise<void> = Promise.resolve();
  return {
    name: 'docker',
    start: (sink) => {
      ended = run(deps, sink, stopping.signal);
    },
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}

async function run(deps: DockerProviderDeps, sink: ProviderSink, signal: AbortSignal): Promise<void> {
  const { api, now } = deps;
  const reachable = createReachability(sink);
  const isNews = createNewsCheck();
  const cursor = new EventCursor();
  let failures = 0;
  /** Sessions in a row that listed and were lost soon. */
  let shortSessions = 0;
  while (!signal.aborted) {
    const session = new AbortController();
    let listedAt: number | undefined;
    try {
      await followEngine(
        api,
        {
          stopping: (id) => sink.stopping(id),
          started: (id) => sink.started(id),
          listed: (list, at) => {
            if (listedAt === undefined) {
              const holdMs = shortSessions < 2 ? 0 : STABLE_MS;
              void sayReached(api, reachable, { holdMs, signal: AbortSignal.any([signal, session.signal]) });
            }
            listedAt ??= now();
            const place = decidePlace(list, deps.self);
            if (isNews(list, place)) sink.workloads(list, { at, place, problems: [] });
          },
        },
        { now, signal, cursor },
      );
    } catch (error) {
      if (signal.aborted) return;
      session.abort();
      reachable(false, describeDockerFault(api.endpoint, error));
    }
    if (listedAt !== undefined) {
      shortSessions = now() - listedAt < STABLE_MS ? shortSessions + 1 : 0;
      failures = shortSessions;
      // Perhaps it is what the stream is asked for that ends it.
      if (shortSessions > 3) cursor.forget();
    } else failures += 1;
    await pause(backoffDelay(RECONNECT, failures, deps.random()), signal);
  }
}

/** The version is for the reader of the log only: an engine that keeps it to itself is as good. */
async function sayReached(
  api: DockerApi,
  reachable: (isReachable: boolean, detail: string) => void,
  { holdMs, signal }: { readonly holdMs: number; readonly signal: AbortSignal },
): Promise<void> {
  await pause(holdMs, signal);
  const version = await api.version(AbortSignal.any([signal, AbortSignal.timeout(2000)])).catch(() => undefined);
  if (!signal.aborted) reachable(true, version === undefined ? api.endpoint : `${api.endpoint}: ${version}`);
}

/** Tells the sink about changes only, a new reason for being unreachable included. */
function createReachability(sink: ProviderSink): (isReachable: boolean, detail: string) => void {
  let last: string | undefined;
  return (isReachable, detail) => {
    const state = `${isReachable} ${detail}`;
    if (state !== last) sink.reachable(isReachable, detail);
    last = state;
  };
}

/** Whether list or place differ from those of the last call. The first list is news, also an empty one. */
function createNewsCheck(): (list: readonly Workload[], place: RouterPlace) => boolean {
  let last: string | undefined;
  return (list, place) => {
    // Lists are ordered, and the engine orders the labels, so equal facts give equal text.
    const text = JSON.stringify([list, place]);
    const isNew = text !== last;
    last = text;
    return isNew;
  };
}

async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, delayMs);
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
}
