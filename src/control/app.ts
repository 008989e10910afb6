import type { Server } from 'node:http';
import type { CertificateManager } from '../acme/certificate-manager.ts';
import { startAdmin } from '../admin/admin-server.ts';
import type { StaticConfig } from '../config/static-config.ts';
import type { RootLogger } from '../observe/pino-logger.ts';
import type { Provider, ProviderSink } from '../provider/provider.ts';
import { ConfigWatcher, type Published } from './config-watcher.ts';
import { createDataSide } from './data-side.ts';
import { descriptorWarning } from './descriptor-limit.ts';
import { EngineSink } from './engine-sink.ts';
import { createFirstWords } from './first-words.ts';
import { LastKnownGood, readBootId } from './last-known-good.ts';
import { LeavingServers } from './leaving-servers.ts';
import { probeAddresses } from './probe-addresses.ts';
import { Pauses } from './pauses.ts';
import { ProblemLog } from './problem-log.ts';
import { startProviders } from './providers.ts';
import { parseRootCas } from './root-ca-files.ts';
import { ServerJudge } from './server-judge.ts';
import { watchConfigFiles } from './watch-config-files.ts';
import type { WorkerPool } from './workers.ts';

/** How long the listeners wait for the first word of each provider, and then for the servers it named. */
const FIRST_CONFIG_MS = 2000;
const FIRST_READY_MS = 200;

/** A running router. */
export interface App {
  /** Stops accepting, finishes what runs, ends every part. */
  stop(): Promise<void>;
}

/** Faults that end the start, each with its fix. */
export class StartError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('; '));
    this.faults = faults;
  }
}

/**
 * Builds every part with explicit dependencies and starts them in order: certificates on disk, threads, providers, listeners,
 * then the CA. Rejects with a StartError when an address cannot be used; nothing else is fatal.
 */
export async function startApp(
  config: StaticConfig,
  logger: RootLogger,
  writeAccessLog: (lines: string) => void,
): Promise<App> {
  const startedAt = performance.now();
  const faults = [...(await probeAddresses(config.entrypoints, config.admin)), ...rootFaults(config)];
  if (faults.length > 0) throw new StartError(faults);
  const fewFiles = descriptorWarning(config.connections.total);
  if (fewFiles !== undefined) logger.warn({}, fewFiles);
  const side = await createDataSide(config, logger, writeAccessLog, () => judge);
  const { pool, certificates, userCertificates, names, localRoot } = side;
  pool.start();
  const watcher = new ConfigWatcher(config);
  const problems = new ProblemLog(logger);
  const judge: ServerJudge = new ServerJudge((changes) => pool.setStates(changes), logger);
  // Before the listeners, so that whoever asks meanwhile hears 503 and not a refused connection.
  const leaving = new LeavingServers();
  const pauses = new Pauses({
    snapshot: () => watcher.current,
    changed: (paused) => pool.setPaused(paused),
    now: () => performance.now(),
    logger,
  });
  const admin = await openAdmin(config, { watcher, judge, pool, leaving, pauses, certificates, localRoot });
  const apply = (published: Published, at: number): void => {
    problems.update(published.problems);
    leaving.note(published.snapshot.services);
    pauses.follow();
    // States first: a server that is healthy already serves with the snapshot that names it.
    pool.forgetStates(judge.reconcile(published.snapshot));
    if (published.isChanged) {
      void pool.publish(published.snapshot).then(() => logPublished(published, at));
    }
    // First the user's own certificates: no CA is to be asked for what they cover.
    const files = watcher.view.workloads.flatMap((workload) => workload.certificates ?? []);
    userCertificates
      .setFiles(files)
      .then(() => names.follow(published))
      .catch((error: unknown) => logger.error({ err: error }, 'wanted certificates not taken'));
  };
  const logPublished = ({ snapshot }: Published, at: number): void => {
    const sinceEventMs = Math.round(performance.now() - at);
    const routers = snapshot.routers.map((router) => router.name);
    logger.info({ routers: routers.slice(0, 20), count: routers.length, sinceEventMs }, 'routes live');
  };

  const stopWatching = watchConfigFiles(watcher, apply, logger);
  const first = createFirstWords();
  const memory = engineMemory(config, logger);
  const known = await memory?.load();
  const engines: EngineSink[] = [];
  const providers = startProviders(config, logger, (provider) => {
    first.expect(provider.name);
    const inner = sinkFor(provider, { watcher, judge, apply, heard: first.heard, logger });
    if (provider.name !== 'docker') return inner;
    const engine = new EngineSink({ inner, memory, known, now: () => performance.now(), logger });
    engines.push(engine);
    return engine;
  });
  await first.all(FIRST_CONFIG_MS);
  for (const engine of engines) engine.fallBack();
  await until(() => judge.unsettled === 0, FIRST_READY_MS);
  await pool.listen();
  certificates.releaseOrders();
  logger.info(
    {
      entrypoints: config.entrypoints.map(
        (e) => `${e.name} ${e.addresses.map((a) => `${a.host ?? ''}:${a.port}`).join(',')}`,
      ),
      workers: config.workers,
      mode: config.mode,
      ms: Math.round(performance.now() - startedAt),
    },
    'listening',
  );
  return {
    stop: () => {
      stopWatching();
      userCertificates.stop();
      for (const engine of engines) engine.stop();
      pauses.stop();
      names.stop();
      return stopAll({ admin, providers, memory, certificates, judge, pool, logger });
    },
  };
}

async function openAdmin(
  config: StaticConfig,
  parts: {
    readonly watcher: ConfigWatcher;
    readonly judge: ServerJudge;
    readonly pool: WorkerPool;
    readonly leaving: LeavingServers;
    readonly pauses: Pauses;
    readonly certificates: CertificateManager;
    readonly localRoot: string;
  },
): Promise<Server | undefined> {
  const { watcher, judge, pool, leaving, pauses, certificates, localRoot } = parts;
  if (config.admin === undefined) return undefined;
  return startAdmin(config.admin, {
    mode: config.mode,
    entrypoints: config.entrypoints,
    isListening: () => pool.isListening,
    view: () => watcher.view,
    serverJudgement: (id) => judge.judgementOf(id),
    certificates: () => certificates.status(),
    localRoot,
    cas: () => certificates.cas(),
    renewCertificates: (names) => certificates.renewNow(names),
    rollAccountKey: () => certificates.rollAccountKey(),
    leavingServers: async () => leaving.list(await pool.collect(), (id) => judge.judgementOf(id)?.state),
    pausedUntil: (service) => {
      const left = pauses.leftOf(service);
      return left === undefined ? undefined : Date.now() + left;
    },
    pause: (host, forMs) => pauses.pause(host, forMs),
    resume: (host) => pauses.resume(host),
    tryRequest: (request) => pool.tryRequest(request),
  });
}

/** Roots of the default transport were read with the options; now they are looked into. */
function rootFaults({ transport }: StaticConfig): readonly string[] {
  const roots = transport?.tls.rootCAs;
  const parsed = roots === undefined ? undefined : parseRootCas(roots, 'what it names');
  return parsed === undefined || 'pem' in parsed
    ? []
    : [`--serverstransport.rootcas: ${parsed.message}; ${parsed.hint}`];
}

function engineMemory({ dataDir, docker }: StaticConfig, logger: RootLogger): LastKnownGood | undefined {
  if (docker === undefined) return undefined;
  const now = (): number => Date.now();
  return new LastKnownGood({ dataDir, endpoint: docker.endpoint, bootId: readBootId(), now, logger });
}

interface SinkParts {
  readonly watcher: ConfigWatcher;
  readonly judge: ServerJudge;
  readonly apply: (published: Published, at: number) => void;
  readonly heard: (provider: string) => void;
  readonly logger: RootLogger;
}

function sinkFor(provider: Provider, parts: SinkParts): ProviderSink {
  const logger = parts.logger.child({ component: provider.name });
  return {
    workloads: (list, { at, place, problems }) => {
      // Our own fault must not take the routes down: the last snapshot stays.
      try {
        parts.apply(parts.watcher.update(provider.name, list, place, problems), at);
      } catch (error) {
        logger.error({ err: error }, 'configuration not applied');
      }
      parts.heard(provider.name);
    },
    stopping: (containerId) => parts.judge.stopping(containerId),
    started: (containerId) => parts.judge.started(containerId),
    reachable: (isReachable, detail) => {
      if (isReachable) logger.info({ detail }, `${provider.name} reachable`);
      else {
        logger.warn({ detail }, `${provider.name} unreachable: the last routes stay, trying again`);
        parts.heard(provider.name);
      }
    },
  };
}

async function until(isTrue: () => boolean, patienceMs: number): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!isTrue() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Data plane first, so that nothing new begins; the rest has no client waiting. */
async function stopAll(parts: {
  readonly admin: Server | undefined;
  readonly providers: readonly Provider[];
  readonly memory: LastKnownGood | undefined;
  readonly certificates: CertificateManager;
  readonly judge: ServerJudge;
  readonly pool: WorkerPool;
  readonly logger: RootLogger;
}): Promise<void> {
  const { admin, providers, memory, certificates, judge, pool, logger } = parts;
  await Promise.all([pool.stop(), certificates.stop(), ...providers.map((provider) => provider.stop())]);
  await memory?.stop();
  judge.stop();
  admin?.close();
  admin?.closeAllConnections();
  logger.info({}, 'stopped');
}
