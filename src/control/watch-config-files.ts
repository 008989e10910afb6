import type { Logger } from '../observe/logger.ts';
import type { ConfigWatcher, Published } from './config-watcher.ts';

/** Bind mounts send no events, so the files are looked at; none is named in most configurations. */
const LOOK_EVERY_MS = 5000;

/** Applies the configuration again when a file that labels name (roots, users) has changed. Returns the function that ends it. */
export function watchConfigFiles(
  watcher: ConfigWatcher,
  apply: (published: Published, at: number) => void,
  logger: Logger,
  everyMs = LOOK_EVERY_MS,
): () => void {
  const timer = setInterval(() => {
    // Our own fault must not take the routes down: the last snapshot stays.
    try {
      const published = watcher.refresh();
      if (published !== undefined) apply(published, performance.now());
    } catch (error) {
      logger.error({ err: error }, 'configuration not applied');
    }
  }, everyMs);
  return () => clearInterval(timer);
}
