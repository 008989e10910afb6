import type { Workload } from '../../config/workload.ts';
import { buildWorkloads } from './container.ts';
import type { DockerApi } from './docker-api.ts';
import { classifyEvent, createLineSplitter } from './event.ts';
import type { EventCursor } from './event-cursor.ts';
import { createRefresher } from './refresher.ts';
import { isStopSignal } from './stop-signal.ts';

/** A list or a subscription that takes longer means the engine hangs. */
const CALL_TIMEOUT_MS = 30_000;
/** Some events come before the engine's own list shows the change, so one more list is taken after the last event. */
const SETTLE_MS = 100;
/** A list now and then also finds a connection that died without a word. */
const RESYNC_MS = 60_000;

export interface SessionListener {
  listed(workloads: readonly Workload[], at: number): void;
  stopping(containerId: string): void;
  started(containerId: string): void;
}

/**
 * Follows an engine until it fails: subscribes to its events, lists, then lists again at each change.
 * Subscribing comes first, so that nothing falls between the list and the stream, and begins where an earlier stream
 * was lost. Resolves when `signal` aborts; rejects when the stream ends or a call fails.
 */
export async function followEngine(
  api: DockerApi,
  listener: SessionListener,
  deps: { readonly now: () => number; readonly signal: AbortSignal; readonly cursor: EventCursor },
): Promise<void> {
  const { now, signal, cursor } = deps;
  const end = new AbortController();
  const failed = Promise.withResolvers<never>();
  // Nobody may be waiting for it yet when it rejects.
  failed.promise.catch(() => undefined);
  const within = () => AbortSignal.any([signal, end.signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]);
  const ended = createEndedContainers();
  let starts = 0;
  const refresher = createRefresher({
    now,
    refresh: async (at) => {
      try {
        const rows = await api.list(within());
        if (!end.signal.aborted && !signal.aborted) listener.listed(ended.correct(buildWorkloads(rows)), at);
      } catch (error) {
        failed.reject(error);
      }
    },
  });
  const later = createDelayed(() => refresher.request(now()));
  const resync = setInterval(() => refresher.request(now()), RESYNC_MS);
  try {
    const splitLines = createLineSplitter();
    const onText = (text: string): void => {
      try {
        for (const line of splitLines(text)) handleLine(line);
      } catch (error) {
        failed.reject(error);
      }
    };
    const opened = await resume(api, AbortSignal.any([signal, end.signal]), onText, cursor);
    refresher.request(now());
    later.start(SETTLE_MS);
    await Promise.race([opened.closed, failed.promise]);
    if (!signal.aborted) throw new Error('the event stream ended');
  } finally {
    refresher.stop();
    later.cancel();
    clearInterval(resync);
    end.abort();
  }

  /** What began meanwhile is not what got the signal. */
  async function settleSignal(containerId: string, name: string): Promise<void> {
    const before = starts;
    const isStop = await isStopSignal(api, containerId, name);
    if (isStop && starts === before && !end.signal.aborted) listener.stopping(containerId);
  }

  function handleLine(line: string): void {
    cursor.note(line);
    const meaning = classifyEvent(line);
    if (meaning.type === 'ignore') return;
    if (meaning.type === 'stopping') {
      listener.stopping(meaning.containerId);
      return;
    }
    if (meaning.type === 'signalled') {
      void settleSignal(meaning.containerId, meaning.signal);
      return;
    }
    if (meaning.type === 'ended') ended.add(meaning.containerId);
    if (meaning.type === 'started') {
      starts += 1;
      ended.remove(meaning.containerId);
      listener.started(meaning.containerId);
    }
    refresher.request(now());
    later.start(SETTLE_MS);
  }
}

/**
 * Containers known to have ended from their `die`, which engines send before their list shows it (20.10 by a tenth
 * of a second and more). Until the list has caught up, the event is right and the list is wrong.
 */
function createEndedContainers(): {
  add(id: string): void;
  remove(id: string): void;
  correct(list: readonly Workload[]): readonly Workload[];
} {
  const ended = new Set<string>();
  return {
    add: (id) => void ended.add(id),
    remove: (id) => void ended.delete(id),
    correct: (list) => {
      const running = new Set(list.filter((workload) => workload.running).map((workload) => workload.id));
      for (const id of ended) if (!running.has(id)) ended.delete(id);
      if (ended.size === 0) return list;
      return list.map((workload) =>
        ended.has(workload.id) ? { ...workload, running: false, networks: [] } : workload,
      );
    },
  };
}

/** Subscribes behind the last event seen; an engine that answers with a fault may not understand that, so next time it is not asked to. */
async function resume(
  api: DockerApi,
  signal: AbortSignal,
  onText: (text: string) => void,
  cursor: EventCursor,
): Promise<{ readonly closed: Promise<void> }> {
  const { since } = cursor;
  try {
    return await subscribe(api, signal, onText, since);
  } catch (error) {
    if (since !== undefined && isAnswered(error)) cursor.forget();
    throw error;
  }
}

/** The engine itself said no. A proxy before it says 502, 503 or 504 while the engine is away, whatever is asked. */
function isAnswered(error: unknown): boolean {
  const { statusCode } = error as { readonly statusCode?: unknown };
  return typeof statusCode === 'number' && statusCode < 502;
}

/** The stream itself may stay silent for days; only its opening is timed. */
async function subscribe(
  api: DockerApi,
  signal: AbortSignal,
  onText: (text: string) => void,
  since: string | undefined,
): Promise<{ readonly closed: Promise<void> }> {
  const opening = new AbortController();
  const timer = setTimeout(
    () => opening.abort(new Error(`no event stream within ${CALL_TIMEOUT_MS} ms`)),
    CALL_TIMEOUT_MS,
  );
  try {
    return await api.subscribe(AbortSignal.any([signal, opening.signal]), onText, since);
  } finally {
    clearTimeout(timer);
  }
}

/** Calls `action` once, after the latest delay asked for. */
function createDelayed(action: () => void): { start(delayMs: number): void; cancel(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    start: (delayMs) => {
      clearTimeout(timer);
      timer = setTimeout(action, delayMs);
    },
    cancel: () => clearTimeout(timer),
  };
}
