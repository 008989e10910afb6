import type { Server } from 'node:http';
import { startAdmin } from '../admin/admin-server.ts';
import { type CertificateManager, createCertificateManager } from '../acme/certificate-manager.ts';
import { openLocalAuthority } from '../certs/local-authority.ts';
import { createCertificateStore } from '../certs/store.ts';
import type { StaticConfig } from '../config/static-config.ts';
import { type JudgedService, ServerStates } from '../health/server-states.ts';
import type { Logger } from '../observe/logger.ts';
import type { RootLogger } from '../observe/pino-logger.ts';
import type { FromWorker } from '../protocol.ts';
import type { Provider, ProviderSink } from '../provider/provider.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import { ConfigWatcher, type Published } from './config-watcher.ts';
import { ConnectFailureLog } from './connect-failure-log.ts';
import { descriptorWarning } from './descriptor-limit.ts';
import { EngineSink } from './engine-sink.ts';
import { LastKnownGood, readBootId } from './last-known-good.ts';
import { LeavingServers } from './leaving-servers.ts';
import { memoryBound } from './memory-bound.ts';
import { probeAddresses } from './probe-addresses.ts';
import { Pauses } from './pauses.ts';
import { ProblemLog } from './problem-log.ts';
import { startProviders } from './providers.ts';
import { RefusalLog } from './refusal-log.ts';
import { parseRootCas } from './root-ca-files.ts';
import { watchConfigFiles } from './watch-config-files.ts';
import { openStickyKey } from './sticky-key.ts';
import { WorkerPool } from './workers.ts';

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
  const refused = (server: string): void => states.refused(server);
  const { pool, certificates } = await createDataSide(config, logger, writeAccessLog, refused);
  pool.start();
  const watcher = new ConfigWatcher(config);
  const problems = new ProblemLog(logger);
  const states = new ServerStates({
    changed: (changes) => {
      pool.setStates(changes);
      for (const [server, state] of changes) logger.debug({ server, state }, 'server state');
    },
    report: ({ isUp, ...fields }) => {
      if (isUp) logger.info(fields, 'server is up');
      else logger.warn(fields, 'server is down');
    },
  });
  // Before the listeners, so that whoever asks meanwhile hears 503 and not a refused connection.
  const leaving = new LeavingServers();
  const pauses = new Pauses({
    snapshot: () => watcher.current,
    changed: (paused) => pool.setPaused(paused),
    now: () => performance.now(),
    logger,
  });
  const admin = await openAdmin(config, { watcher, states, pool, leaving, pauses, certificates });
  const apply = (published: Published, at: number): void => {
    problems.update(published.problems);
    leaving.note(published.snapshot.services);
    pauses.follow();
    // States first: a server that is healthy already serves with the snapshot that names it.
    pool.forgetStates(states.reconcile(judgedServices(published.snapshot)));
    if (published.isChanged) {
      void pool.publish(published.snapshot).then(() => logPublished(published, at));
    }
    certificates.setWanted(published.wanted);
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
    const inner = sinkFor(provider, { watcher, states, apply, heard: first.heard, logger });
    if (provider.name !== 'docker') return inner;
    const engine = new EngineSink({ inner, memory, known, now: () => performance.now(), logger });
    engines.push(engine);
    return engine;
  });
  await first.all(FIRST_CONFIG_MS);
  for (const engine of engines) engine.fallBack();
  await until(() => states.unsettled === 0, FIRST_READY_MS);
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
      for (const engine of engines) engine.stop();
      pauses.stop();
      return stopAll({ admin, providers, memory, certificates, states, pool, logger });
    },
  };
}

/** Servers with what a check needs to know of the way to them. */
function judgedServices({ services, transports }: Snapshot): readonly JudgedService[] {
  return services.map(({ servers, transport }) => {
    const tls = transport === undefined ? undefined : transports[transport]?.tls;
    return tls === undefined ? { servers } : { servers, tls };
  });
}

async function openAdmin(
  config: StaticConfig,
  parts: {
    readonly watcher: ConfigWatcher;
    readonly states: ServerStates;
    readonly pool: WorkerPool;
    readonly leaving: LeavingServers;
    readonly pauses: Pauses;
    readonly certificates: CertificateManager;
  },
): Promise<Server | undefined> {
  const { watcher, states, pool, leaving, pauses, certificates } = parts;
  if (config.admin === undefined) return undefined;
  return startAdmin(config.admin, {
    mode: config.mode,
    entrypoints: config.entrypoints,
    isListening: () => pool.isListening,
    view: () => watcher.view,
    serverJudgement: (id) => states.judgementOf(id),
    certificates: () => certificates.status(),
    leavingServers: async () => leaving.list(await pool.collect(), (id) => states.stateOf(id)),
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

/** Certificates first: what is on disk serves from the first handshake, and the CA is not asked before anybody is served. */
async function createDataSide(
  config: StaticConfig,
  logger: RootLogger,
  writeAccessLog: (lines: string) => void,
  refused: (server: string) => void,
): Promise<{ readonly pool: WorkerPool; readonly certificates: CertificateManager }> {
  const now = (): number => Date.now();
  const { dataDir } = config;
  const localAuthority = await openLocalAuthority({ dataDir, now, logger: logger.child({ component: 'certs' }) });
  const store = createCertificateStore({ dataDir, now, logger: logger.child({ component: 'store' }) });
  const certificates: CertificateManager = createCertificateManager({
    store,
    localAuthority,
    acme: config.acme,
    challenges: {
      publish: (challenge) => pool.addChallenge(challenge),
      withdraw: (token) => pool.removeChallenge(token),
    },
    now,
    random: Math.random,
    holdOrders: true,
    logger: logger.child({ component: 'acme' }),
    onCertificates: (list) => pool.setCertificates(list),
  });
  const data = logger.child({ component: 'worker' });
  const refusals = new RefusalLog(data);
  const failures = new ConnectFailureLog(data);
  const pool: WorkerPool = new WorkerPool({
    config,
    memoryBound: memoryBound(),
    stickyKey: await openStickyKey(dataDir, data),
    defaultCertificate: localAuthority.defaultCertificate,
    certificates: certificates.certificates(),
    logger: data,
    onMessage: (message) => heed(message, data, { refusals, failures, refused }, writeAccessLog),
  });
  await certificates.start();
  pool.setCertificates(certificates.certificates());
  return { pool, certificates };
}

/** What workers report beside acknowledgements and counters. */
function heed(
  message: FromWorker,
  logger: Logger,
  {
    refusals,
    failures,
    refused,
  }: {
    readonly refusals: RefusalLog;
    readonly failures: ConnectFailureLog;
    readonly refused: (server: string) => void;
  },
  writeAccessLog: (lines: string) => void,
): void {
  switch (message.type) {
    case 'access-log':
      writeAccessLog(message.lines);
      break;
    case 'challenge-served':
      logger.info({ host: message.host, token: message.token.slice(0, 6), remote: message.remote }, 'challenge served');
      break;
    case 'connect-failed':
      failures.add(message);
      if (message.code === 'upstream_refused') refused(message.serverId);
      break;
    case 'refused':
      refusals.add(message);
      break;
    case 'unknown-name':
      logger.debug({ name: message.name }, 'handshake for a name nobody serves');
      break;
    case 'log':
      logger[message.level](message.fields, message.message);
      break;
    default:
  }
}

function engineMemory({ dataDir, docker }: StaticConfig, logger: RootLogger): LastKnownGood | undefined {
  if (docker === undefined) return undefined;
  const now = (): number => Date.now();
  return new LastKnownGood({ dataDir, endpoint: docker.endpoint, bootId: readBootId(), now, logger });
}

interface SinkParts {
  readonly watcher: ConfigWatcher;
  readonly states: ServerStates;
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
    stopping: (containerId) => parts.states.stopping(containerId),
    started: (containerId) => parts.states.started(containerId),
    reachable: (isReachable, detail) => {
      if (isReachable) logger.info({ detail }, `${provider.name} reachable`);
      else {
        logger.warn({ detail }, `${provider.name} unreachable: the last routes stay, trying again`);
        parts.heard(provider.name);
      }
    },
  };
}

/** Resolves once every expected provider has spoken. */
function createFirstWords(): {
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
  readonly states: ServerStates;
  readonly pool: WorkerPool;
  readonly logger: RootLogger;
}): Promise<void> {
  const { admin, providers, memory, certificates, states, pool, logger } = parts;
  await Promise.all([pool.stop(), certificates.stop(), ...providers.map((provider) => provider.stop())]);
  await memory?.stop();
  states.stop();
  admin?.close();
  admin?.closeAllConnections();
  logger.info({}, 'stopped');
}
