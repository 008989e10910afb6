import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { openLocalAuthority } from '../../src/certs/local-authority.ts';
import type { Certificate } from '../../src/certs/certificate.ts';
import { type ClientLimits, DEFAULT_CLIENT_LIMITS } from '../../src/config/client-limits.ts';
import { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS } from '../../src/config/connection-limits.ts';
import type { EntrypointConfig } from '../../src/config/static-config.ts';
import type { ServerConfig } from '../../src/config/dynamic.ts';
import { createSharedCounts, SharedCounts } from '../../src/lib/shared-counts.ts';
import type { CounterReport, FromWorker, ToWorker, WorkerBoot } from '../../src/protocol.ts';
import { parseRule } from '../../src/rule/parse.ts';
import { settleSnapshot } from '../../src/routing/settle-snapshot.ts';
import { diffSnapshots } from '../../src/routing/snapshot-patch.ts';
import type { RouterSnapshot, Snapshot } from '../../src/routing/snapshot.ts';
import { freePort } from './free-port.ts';

export { server } from './server-config.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
let shared: Promise<{ readonly certificate: Certificate; readonly rootPem: string }> | undefined;

/** One local authority for a whole test run: its default certificate names localhost. */
export function testCertificate(): Promise<{ readonly certificate: Certificate; readonly rootPem: string }> {
  shared ??= (async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'sluice-plane-'));
    const authority = await openLocalAuthority({ dataDir, now: () => Date.now(), logger: silent });
    await rm(dataDir, { recursive: true });
    return { certificate: authority.defaultCertificate, rootPem: authority.rootPem };
  })();
  return shared;
}

/** A router with everything defaulted but its rule. */
export function router(rule: string, overrides: Partial<RouterSnapshot> = {}): RouterSnapshot {
  const parsed = parseRule(rule);
  if (!('kind' in parsed)) throw new Error(parsed.message);
  return {
    name: 'r@test',
    of: overrides.name ?? 'r@test',
    rule,
    matcher: parsed,
    priority: rule.length,
    entrypoints: ['http'],
    tls: false,
    middlewares: [],
    service: 's@test',
    disabled: undefined,
    ...overrides,
  };
}

/** A snapshot with one router for `a.test` on both entrypoints and one service of these servers. */
export function oneService(servers: readonly ServerConfig[], routers?: readonly RouterSnapshot[]): Snapshot {
  return {
    routers: routers ?? [
      router('Host(`a.test`)'),
      router('Host(`a.test`) || Host(`localhost`)', { name: 't@test', entrypoints: ['https'], tls: true }),
    ],
    services: [{ name: 's@test', servers, passHostHeader: true }],
    transports: {},
  };
}

/** A data-plane worker on free loopback ports, without a control plane. */
export interface TestDataPlane {
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly rootPem: string;
  readonly messages: readonly FromWorker[];
  post(message: ToWorker): void;
  publish(snapshot: Snapshot): void;
  /** Connections that the worker counts as open (T19). */
  openConnections(): number;
  /** Those of one address, given as its bytes; of IPv6 the first eight. */
  connectionsOf(address: readonly number[]): number;
  /** All servers of the snapshot become this state. */
  counters(): Promise<CounterReport>;
  stop(): Promise<void>;
}

/** Starts a worker with this snapshot, every server `ready`. */
export async function startDataPlane(
  snapshot: Snapshot,
  options: {
    readonly limits?: Partial<ClientLimits>;
    readonly trustedProxies?: readonly string[];
    readonly connections?: Partial<ConnectionLimits>;
    readonly memoryBound?: number;
    readonly http2?: boolean;
    readonly h2c?: boolean;
    readonly accessLog?: WorkerBoot['accessLog'];
    readonly entrypoints?: readonly EntrypointConfig[];
    readonly execArgv?: string[];
  } = {},
): Promise<TestDataPlane> {
  const { certificate, rootPem } = await testCertificate();
  const [httpPort, httpsPort] = [await freePort(), await freePort()];
  // A second part that nobody writes is the test's place to read from.
  const connectionCounts = createSharedCounts(2);
  const counts = new SharedCounts(connectionCounts, 1);
  const boot: WorkerBoot = {
    index: 0,
    entrypoints: options.entrypoints ?? [
      { name: 'http', addresses: [{ host: '127.0.0.1', port: httpPort }], transport: 'plain', redirect: undefined },
      { name: 'https', addresses: [{ host: '127.0.0.1', port: httpsPort }], transport: 'tls', redirect: undefined },
    ],
    limits: { ...DEFAULT_CLIENT_LIMITS, ...options.limits },
    trustedProxies: options.trustedProxies ?? [],
    connectionLimits: { ...DEFAULT_CONNECTION_LIMITS, ...options.connections },
    connectionCounts,
    serverLoads: createSharedCounts(1),
    memoryBound: options.memoryBound ?? Infinity,
    accessLog: options.accessLog ?? 'off',
    http2: options.http2 !== false,
    h2c: options.h2c === true,
    ticketKeys: randomBytes(48),
    stickyKey: new Uint8Array(32),
    snapshot,
    states: readyStates(snapshot),
    certificates: [],
    defaultCertificate: certificate,
    challenges: [],
    paused: [],
  };
  const worker = new Worker(new URL('../../src/worker/worker.ts', import.meta.url), {
    workerData: boot,
    ...(options.execArgv === undefined ? {} : { execArgv: options.execArgv }),
  });
  const messages: FromWorker[] = [];
  worker.on('message', (message: FromWorker) => messages.push(message));
  const post = (message: ToWorker): void => worker.postMessage(message);
  const listening = waitFor(worker, (message) => message.type === 'listening');
  post({ type: 'listen' });
  await listening;
  let ack = 0;
  let published = snapshot;
  const toPublish: Snapshot[] = [];
  let isBuilding = false;
  // As the control plane does it: a worker builds one snapshot at a time.
  const publishNext = (): void => {
    const next = isBuilding ? undefined : toPublish.shift();
    if (next === undefined) return;
    isBuilding = true;
    const before = published;
    const wanted = ++ack;
    published = settleSnapshot(before, next);
    worker.on('message', function listener(message: FromWorker) {
      if (message.type !== 'ack' || message.ack !== wanted) return;
      worker.off('message', listener);
      isBuilding = false;
      publishNext();
    });
    post({ type: 'snapshot', patch: diffSnapshots(before, published), isLast: true, ack: wanted });
    post({ type: 'server-states', states: readyStates(next) });
  };
  return {
    httpPort,
    httpsPort,
    rootPem,
    messages,
    post,
    openConnections: () => counts.total,
    connectionsOf: (address) => counts.of(address),
    publish: (next) => {
      toPublish.push(next);
      publishNext();
    },
    counters: async () => {
      const wanted = ++ack;
      const answered = waitFor(worker, (message) => message.type === 'counters' && message.ack === wanted);
      post({ type: 'collect', ack: wanted });
      const message = await answered;
      if (message.type !== 'counters') throw new Error('unreachable');
      return message.report;
    },
    stop: async () => {
      await worker.terminate();
    },
  };
}

function readyStates(snapshot: Snapshot): [string, 'ready'][] {
  return snapshot.services.flatMap((service) => service.servers.map(({ id }): [string, 'ready'] => [id, 'ready']));
}

async function waitFor(worker: Worker, accepts: (message: FromWorker) => boolean): Promise<FromWorker> {
  return new Promise((resolve, reject) => {
    const heed = (message: FromWorker): void => {
      if (!accepts(message)) return;
      worker.off('message', heed);
      worker.off('error', reject);
      resolve(message);
    };
    worker.on('message', heed);
    worker.once('error', reject);
  });
}
