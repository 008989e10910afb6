import { randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { Certificate } from '../certs/certificate.ts';
import type { StaticConfig } from '../config/static-config.ts';
import type { Logger } from '../observe/logger.ts';
import { createSharedCounts } from '../lib/shared-counts.ts';
import type {
  CounterReport,
  FromWorker,
  PendingChallenge,
  ServerState,
  ToWorker,
  TrialRequest,
  TrialVerdict,
  WorkerBoot,
} from '../protocol.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import { CertificateFeed } from './certificate-feed.ts';
import type { PausedUntil } from './pauses.ts';
import { SnapshotFeed } from './snapshot-feed.ts';

/** How long the CA is made to wait for a worker that does not confirm a challenge (acme.md section 10.7). */
const ACK_MS = 500;
/** A worker that dies right after its start is not replaced in a tight loop. */
const RESPAWN_MS = 100;
const CRASH_LOOP_MS = 1000;
/**
 * V8's young generation of a worker: semi-spaces of 1 MiB. What a request leaves behind dies at once, so a larger one only spreads
 * it over more memory: 16 MiB cost 15 MiB of resident memory and, for bodies of 10 KB, 10 % of CPU (cold read buffers).
 */
const YOUNG_MB = 3;
const TICKET_ROTATION_MS = 12 * 3_600_000;

interface Thread {
  readonly index: number;
  readonly worker: Worker;
  readonly startedAt: number;
  readonly feed: SnapshotFeed;
  isListening: boolean;
  isDrained: boolean;
}

export interface WorkerPoolOptions {
  readonly config: Pick<
    StaticConfig,
    'entrypoints' | 'http2' | 'h2c' | 'limits' | 'trustedProxies' | 'connections' | 'accessLog' | 'graceMs' | 'workers'
  >;
  /** Bytes the process may use. */
  readonly memoryBound: number;
  /** Of sticky cookies. */
  readonly stickyKey: Uint8Array;
  readonly defaultCertificate: Certificate;
  readonly certificates: readonly Certificate[];
  readonly logger: Logger;
  /** Messages the pool does not handle itself. */
  readonly onMessage: (message: FromWorker) => void;
}

/** The data-plane threads: one state for all, handed whole to each new one before it listens. */
export class WorkerPool {
  private readonly options: WorkerPoolOptions;
  private readonly threads = new Map<number, Thread>();
  private readonly states = new Map<string, ServerState>();
  private readonly challenges = new Map<string, PendingChallenge>();
  private readonly waiting = new Map<number, { readonly left: Set<number>; readonly done: () => void }>();
  private readonly reports = new Map<number, { readonly got: CounterReport[]; missing: number; done: () => void }>();
  private readonly trials = new Map<number, (verdict: TrialVerdict | undefined) => void>();
  private readonly connectionCounts: SharedArrayBuffer;
  private readonly serverLoads: SharedArrayBuffer;
  private snapshot: Snapshot = { routers: [], services: [], transports: {} };
  private readonly certificates = new CertificateFeed();
  private defaultCertificate: Certificate;
  private paused: PausedUntil = [];
  private ticketKeys = randomBytes(48);
  private rotation: NodeJS.Timeout | undefined;
  private nextAck = 1;
  private mayListen = false;
  private isStopping = false;
  private listening: (() => void) | undefined;
  private drained: (() => void) | undefined;

  constructor(options: WorkerPoolOptions) {
    this.options = options;
    this.certificates.update(options.certificates);
    this.defaultCertificate = options.defaultCertificate;
    this.connectionCounts = createSharedCounts(options.config.workers);
    this.serverLoads = createSharedCounts(options.config.workers);
  }

  /** Starts the threads; they load their code but do not listen before `listen`. */
  start(): void {
    for (let index = 0; index < this.options.config.workers; index++) this.spawn(index);
    this.rotation = setInterval(() => {
      this.ticketKeys = randomBytes(48);
      this.broadcast({ type: 'ticket-keys', keys: this.ticketKeys });
    }, TICKET_ROTATION_MS);
    this.rotation.unref();
  }

  /** Opens the entrypoints; resolves when every worker listens. */
  async listen(): Promise<void> {
    this.mayListen = true;
    const all = new Promise<void>((resolve) => {
      this.listening = resolve;
    });
    this.broadcast({ type: 'listen' });
    await all;
  }

  get isListening(): boolean {
    return this.threads.size === this.options.config.workers && [...this.threads.values()].every((t) => t.isListening);
  }

  /** Takes a settled snapshot (`settleSnapshot`); resolves when every worker serves it or a later one. */
  async publish(snapshot: Snapshot): Promise<void> {
    this.snapshot = snapshot;
    await Promise.all([...this.threads.values()].map((thread) => thread.feed.offer(snapshot)));
  }

  setStates(states: readonly (readonly [string, ServerState])[]): void {
    for (const [id, state] of states) this.states.set(id, state);
    this.broadcast({ type: 'server-states', states });
  }

  forgetStates(ids: readonly string[]): void {
    if (ids.length === 0) return;
    for (const id of ids) this.states.delete(id);
    this.broadcast({ type: 'forget-states', servers: ids });
  }

  /** Requests of these services wait until then, in milliseconds of `performance.now`; those of others do not. */
  setPaused(paused: PausedUntil): void {
    this.paused = paused;
    this.broadcast({ type: 'paused', services: leftOf(paused) });
  }

  setCertificates(certificates: readonly Certificate[]): void {
    const change = this.certificates.update(certificates);
    if (change !== undefined) this.broadcast({ type: 'certificates', ...change });
  }

  /** For clients that ask for no name, or for an unknown one. An equal one changes nothing. */
  setDefaultCertificate(certificate: Certificate): void {
    if (certificate.id === this.defaultCertificate.id) return;
    this.defaultCertificate = certificate;
    this.broadcast({ type: 'default-certificate', certificate });
  }

  /** Resolves when every live worker answers the challenge, or after half a second when at least the others do. */
  async addChallenge(challenge: PendingChallenge): Promise<void> {
    this.challenges.set(challenge.token, challenge);
    const ack = this.nextAck++;
    const confirmed = new Promise<void>((resolve) => {
      this.waiting.set(ack, { left: new Set(this.threads.keys()), done: resolve });
    });
    const patience = setTimeout(() => this.waiting.get(ack)?.done(), ACK_MS);
    this.broadcast({ type: 'challenge-add', challenge, ack });
    await confirmed;
    clearTimeout(patience);
    this.waiting.delete(ack);
  }

  removeChallenge(token: string): void {
    this.challenges.delete(token);
    this.broadcast({ type: 'challenge-remove', token });
  }

  /** Counters of all workers that answer within half a second. */
  async collect(): Promise<readonly CounterReport[]> {
    const ack = this.nextAck++;
    const got: CounterReport[] = [];
    const all = new Promise<void>((resolve) => {
      this.reports.set(ack, { got, missing: this.threads.size, done: resolve });
    });
    const patience = setTimeout(() => this.reports.get(ack)?.done(), ACK_MS);
    this.broadcast({ type: 'collect', ack });
    await all;
    clearTimeout(patience);
    this.reports.delete(ack);
    return got;
  }

  /** What a worker would do with the request; undefined when none answers within half a second. */
  async tryRequest(request: TrialRequest): Promise<TrialVerdict | undefined> {
    const [thread] = this.threads.values();
    const ack = this.nextAck++;
    const { promise, resolve } = Promise.withResolvers<TrialVerdict | undefined>();
    this.trials.set(ack, resolve);
    const patience = setTimeout(resolve, ACK_MS, undefined);
    thread?.worker.postMessage({ type: 'trial', ack, request } satisfies ToWorker);
    const verdict = await promise;
    clearTimeout(patience);
    this.trials.delete(ack);
    return verdict;
  }

  /** Stops accepting, lets running requests finish within the grace, then ends the threads. */
  async stop(): Promise<void> {
    this.isStopping = true;
    clearInterval(this.rotation);
    const all = new Promise<void>((resolve) => {
      this.drained = resolve;
    });
    const patience = setTimeout(() => this.drained?.(), this.options.config.graceMs);
    this.broadcast({ type: 'shutdown' });
    if (this.threads.size > 0) await all;
    clearTimeout(patience);
    await Promise.all([...this.threads.values()].map((thread) => thread.worker.terminate()));
  }

  private spawn(index: number): void {
    const { config } = this.options;
    const boot: WorkerBoot = {
      index,
      entrypoints: config.entrypoints,
      limits: config.limits,
      trustedProxies: config.trustedProxies,
      connectionLimits: config.connections,
      connectionCounts: this.connectionCounts,
      serverLoads: this.serverLoads,
      memoryBound: this.options.memoryBound,
      accessLog: config.accessLog,
      ticketKeys: this.ticketKeys,
      stickyKey: this.options.stickyKey,
      snapshot: this.snapshot,
      states: [...this.states],
      certificates: this.certificates.whole(),
      http2: config.http2 !== false,
      h2c: config.h2c === true,
      defaultCertificate: this.defaultCertificate,
      challenges: [...this.challenges.values()],
      paused: leftOf(this.paused),
    };
    const worker = new Worker(new URL('../worker/worker.ts', import.meta.url), {
      workerData: boot,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    const feed = new SnapshotFeed(
      this.snapshot,
      (message) => worker.postMessage(message),
      () => this.nextAck++,
    );
    const startedAt = performance.now();
    const thread: Thread = { index, worker, startedAt, feed, isListening: false, isDrained: false };
    this.threads.set(index, thread);
    worker.on('message', (message: FromWorker) => this.receive(thread, message));
    worker.on('error', (error) => this.options.logger.error({ worker: index, err: error }, 'worker failed'));
    worker.on('exit', (code) => this.exited(thread, code));
    // Messages queue until the thread has loaded, so this reaches it after its boot data.
    if (this.mayListen) worker.postMessage({ type: 'listen' } satisfies ToWorker);
  }

  private receive(thread: Thread, message: FromWorker): void {
    switch (message.type) {
      case 'listening':
        thread.isListening = true;
        if (this.isListening) this.listening?.();
        break;
      case 'ack': {
        thread.feed.acknowledged(message.ack);
        const waiting = this.waiting.get(message.ack);
        waiting?.left.delete(thread.index);
        if (waiting?.left.size === 0) waiting.done();
        break;
      }
      case 'counters': {
        const report = this.reports.get(message.ack);
        if (report === undefined) break;
        report.got.push(message.report);
        report.missing -= 1;
        if (report.missing <= 0) report.done();
        break;
      }
      case 'verdict':
        this.trials.get(message.ack)?.(message.verdict);
        break;
      case 'drained':
        thread.isDrained = true;
        this.checkDrained();
        break;
      default:
        this.options.onMessage(message);
    }
  }

  private exited(thread: Thread, code: number): void {
    if (this.threads.get(thread.index) !== thread) return;
    this.threads.delete(thread.index);
    thread.feed.close();
    if (this.isStopping) return this.checkDrained();
    const livedMs = performance.now() - thread.startedAt;
    const waitMs = livedMs < CRASH_LOOP_MS ? CRASH_LOOP_MS : RESPAWN_MS;
    this.options.logger.error({ worker: thread.index, code, replacedInMs: waitMs }, 'worker died');
    for (const waiting of this.waiting.values()) {
      waiting.left.delete(thread.index);
      if (waiting.left.size === 0) waiting.done();
    }
    setTimeout(() => {
      if (!this.isStopping) this.spawn(thread.index);
    }, waitMs);
    return undefined;
  }

  private checkDrained(): void {
    if ([...this.threads.values()].every((thread) => thread.isDrained)) this.drained?.();
  }

  private broadcast(message: ToWorker): void {
    for (const thread of this.threads.values()) thread.worker.postMessage(message);
  }
}

/** Threads have clocks of their own, so they are told how long and not until when. */
function leftOf(paused: PausedUntil): readonly (readonly [string, number])[] {
  const now = performance.now();
  return paused.map(([service, until]) => [service, Math.max(until - now, 0)]);
}
