import { watch, type FSWatcher } from 'node:fs';
import { dirname } from 'node:path';
import type { Provider, ProviderSink } from '../provider.ts';
import { type FileForm, ServicesFiles } from './services-files.ts';

export interface FileProviderOptions {
  /** A YAML file or a folder of them. It may appear later. */
  readonly path: string;
  /** Absent: services without containers, in our own form. */
  readonly form?: FileForm;
  /** False: read once, at the start. */
  readonly watch?: boolean;
  /** Quiet time after a change before the files are read: editors write in several steps. */
  readonly settleMs?: number;
  /** How often the files are looked at in any case: bind mounts and network folders send no events. */
  readonly pollMs?: number;
}

/**
 * The file provider (design section 7). Tells the sink the whole truth whenever it changed; a broken or missing file
 * keeps its last good content and adds a problem.
 */
export function createFileProvider(options: FileProviderOptions): Provider {
  const { path, form, watch: isWatching = true, settleMs = 50, pollMs = 1000 } = options;
  const files = new ServicesFiles(path, form);
  let sink: ProviderSink | undefined;
  let watchers: readonly FSWatcher[] = [];
  let poll: NodeJS.Timeout | undefined;
  let settle: NodeJS.Timeout | undefined;
  let fingerprint: string | undefined;
  let told: string | undefined;
  let isReachable = true;

  function noticeChange(): void {
    const at = performance.now();
    settle ??= setTimeout(() => {
      settle = undefined;
      readIfChanged(at);
    }, settleMs);
  }

  function readIfChanged(at: number): void {
    const current = files.fingerprint();
    if (current === fingerprint) return;
    fingerprint = current;
    if (isWatching) watchAgain();
    tell(at);
  }

  function tell(at: number): void {
    const { workloads, problems, missing } = files.read();
    if (isReachable !== (missing === undefined)) {
      isReachable = missing === undefined;
      sink?.reachable(isReachable, missing ?? `${path} is there again`);
    }
    const content = JSON.stringify([workloads, problems]);
    if (content === told) return;
    told = content;
    // A file does not stand in any network: what it names is reached by URL.
    sink?.workloads(workloads, { at, place: { networks: undefined }, problems });
  }

  /** The folder above is watched too: an atomic replacement happens there, and the watch of the old file goes blind. */
  function watchAgain(): void {
    for (const watcher of watchers) watcher.close();
    watchers = [path, dirname(path)].flatMap((target) => {
      try {
        const watcher = watch(target, { persistent: false }, noticeChange);
        // The target was removed; the folder above or the poll sees what comes next.
        watcher.on('error', () => watcher.close());
        return [watcher];
      } catch {
        // Not there yet: the poll finds it.
        return [];
      }
    });
  }

  return {
    name: 'file',
    start(newSink) {
      sink = newSink;
      readIfChanged(performance.now());
      if (!isWatching) return;
      poll = setInterval(() => {
        if (files.fingerprint() !== fingerprint) noticeChange();
      }, pollMs).unref();
    },
    async stop() {
      clearInterval(poll);
      clearTimeout(settle);
      for (const watcher of watchers) watcher.close();
      watchers = [];
      sink = undefined;
    },
  };
}
