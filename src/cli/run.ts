import type { StaticConfig } from '../config/static-config.ts';
import { type App, StartError, startApp } from '../control/app.ts';
import { createLogger, type RootLogger } from '../observe/pino-logger.ts';

/**
 * `sluice run`: the router until SIGTERM or SIGINT. The first signal stops it gracefully, the second at once. Exit code 0 after
 * a stop, 1 when it could not start or a fault of ours ended it.
 */
export async function runRouter(config: StaticConfig, notices: readonly string[]): Promise<number> {
  // Whoever read our log may go away; that must not end the router, nor make it log its own failure to log.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const logger = createLogger(config, (line) => void process.stdout.write(line));
  for (const notice of notices) logger.warn({}, notice);
  const broken = new Promise<'broken'>((resolve) => {
    process.on('uncaughtException', (error) => {
      logger.fatal({ err: error }, 'internal fault');
      resolve('broken');
    });
  });
  const signals = watchSignals();
  const ending = Promise.race([signals.first, broken]);
  let app: App | NodeJS.Signals | 'broken';
  try {
    // A start may wait long, for an engine or a port: an end comes before it, and nobody is served yet.
    app = await Promise.race([startApp(config, logger, (lines) => void process.stdout.write(lines)), ending]);
  } catch (error) {
    reportStartFault(error, logger);
    return 1;
  }
  const cause = typeof app === 'string' ? app : await ending;
  if (cause === 'broken') return 1;
  logger.info({ signal: cause, graceMs: config.graceMs }, 'stopping');
  if (typeof app !== 'string') await Promise.race([app.stop(), signals.second]);
  return 0;
}

function reportStartFault(error: unknown, logger: RootLogger): void {
  if (error instanceof StartError) for (const fault of error.faults) logger.fatal({}, fault);
  else logger.fatal({ err: error }, 'start failed');
}

function watchSignals(): { readonly first: Promise<NodeJS.Signals>; readonly second: Promise<NodeJS.Signals> } {
  const first = Promise.withResolvers<NodeJS.Signals>();
  const second = Promise.withResolvers<NodeJS.Signals>();
  let count = 0;
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      count += 1;
      (count === 1 ? first : second).resolve(name);
    });
  }
  return { first: first.promise, second: second.promise };
}
