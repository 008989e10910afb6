import { randomBytes } from 'node:crypto';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { AccessLog } from '../http/access-log.ts';
import { AuthorityCache } from '../http/authority.ts';
import { ChallengeTable } from '../http/challenge-table.ts';
import { Counters } from '../http/counters.ts';
import type { DataPlane } from '../http/data-plane.ts';
import { Mirrors } from '../http/mirrors.ts';
import { NetworkList } from '../http/network-list.ts';
import type { UpstreamConnection } from '../http/upstream-connection.ts';
import { dialUpstream } from '../http2/dial-upstream.ts';
import { unpackCertificates } from '../certs/packed-certificates.ts';
import { WaitingRooms } from '../balance/waiting-room.ts';
import { Passwords } from '../middleware/passwords/passwords.ts';
import { SharedCounts } from '../lib/shared-counts.ts';
import { TimerWheel } from '../lib/timer-wheel.ts';
import type { CounterReport, FromWorker, PendingChallenge, ToWorker, WorkerBoot } from '../protocol.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import { BufferPool } from '../upstream/buffer-pool.ts';
import { UpstreamRegistry } from '../upstream/registry.ts';
import { ConnectionGate } from './connection-gate.ts';
import { Entrypoint } from './entrypoint.ts';
import { hasFreeDescriptor } from './free-descriptor.ts';
import { MemoryWatch, residentBytes } from './memory-watch.ts';
import { Refusals } from './refusals.ts';
import { PausedServices } from './paused-services.ts';
import type { Runtime } from './runtime.ts';
import { SnapshotReceiver } from './snapshot-receiver.ts';
import { TlsContexts } from './tls.ts';
import type { TlsPolicies } from './tls-policies.ts';
import { AlpnChallenges, alpnProtocols } from './alpn.ts';
import { tryRequest } from './try-request.ts';

/** A data-plane thread: owns the current runtime, opens the entrypoints, obeys the control plane. */
class DataPlaneWorker {
  private readonly port: MessagePort;
  private readonly registry = new UpstreamRegistry<UpstreamConnection>();
  private readonly rooms = new WaitingRooms();
  private readonly plane: DataPlane;
  private readonly tls: TlsContexts;
  private ticketKeys: Uint8Array;
  private readonly alpn: AlpnChallenges;
  private readonly entrypoints: readonly Entrypoint[];
  private readonly refusals: Refusals;
  private readonly memory: MemoryWatch;
  /** Memory and file descriptors are the process's: one worker speaks of them for all. */
  private readonly isSpeaker: boolean;
  private readonly snapshots: SnapshotReceiver;
  private readonly paused = new PausedServices(() => this.heedPauses());
  /** Servers reported in this tick: one that is gone fails every request, and is news once. */
  private readonly failing = new Set<string>();

  constructor(port: MessagePort, boot: WorkerBoot) {
    this.port = port;
    const counters = new Counters();
    for (const [id, state] of boot.states) this.registry.setState(id, state);
    const parts = {
      registry: this.registry,
      counters,
      loads: new SharedCounts(boot.serverLoads, boot.index),
      chance: { now: () => performance.now(), random: () => Math.random() },
      rooms: this.rooms,
      stickyKey: boot.stickyKey,
      broken: this.brokenRouter,
    };
    this.snapshots = new SnapshotReceiver(boot.snapshot, parts, {
      live: this.swap,
      failed: (error) => this.reportFault('snapshot cannot be built', error, {}),
    });
    this.snapshots.runtime.takeOver(performance.now());
    this.paused.set(boot.paused);
    const plane: DataPlane = {
      routes: this.snapshots.runtime,
      dateLine: dateLine(),
      isDraining: false,
      isOverloaded: false,
      limits: boot.limits,
      wheel: new TimerWheel(),
      buffers: new BufferPool(),
      authorities: new AuthorityCache(),
      trusted: new NetworkList(boot.trustedProxies),
      challenges: new ChallengeTable(this.challengeServed),
      counters,
      accessLog:
        boot.accessLog === 'off'
          ? undefined
          : new AccessLog(boot.accessLog, (lines) => this.post({ type: 'access-log', lines })),
      passwords: new Passwords(),
      mirrors: new Mirrors(counters, async () => (await import('../http1/mirror-sender.ts')).sendMirror),
      dial: (upstream, isUpgrade) => dialUpstream(plane, upstream, isUpgrade),
      connectFailed: (upstream, reason, detail) => this.reportUpstream(upstream.id, reason, detail),
      serverFailing: ({ id }, { baseMs, maxMs }, detail) =>
        this.post({ type: 'server-failing', serverId: id, detail, baseMs, maxMs }),
      internalFault: (error, requestId) => this.reportFault('internal fault in a request', error, { requestId }),
      requestId: () => randomBytes(6).toString('base64url'),
    };
    this.plane = plane;
    this.alpn = new AlpnChallenges(this.challengeServed);
    for (const challenge of boot.challenges) this.addChallenge(challenge);
    const unknownName = (name: string): void => this.post({ type: 'unknown-name', name });
    const protocols = alpnProtocols(boot.http2);
    this.tls = new TlsContexts(unpackCertificates(boot.certificates), boot.defaultCertificate, unknownName, protocols);
    this.refusals = new Refusals(counters, (message) => this.post(message));
    this.memory = new MemoryWatch(boot.memoryBound, residentBytes);
    this.isSpeaker = boot.index === 0;
    const counts = new SharedCounts(boot.connectionCounts, boot.index);
    const gate = new ConnectionGate(boot.connectionLimits, counts, plane.trusted);
    this.ticketKeys = boot.ticketKeys;
    this.takePolicies(this.snapshots.runtime.policies);
    const { tls, alpn, refusals } = this;
    const doors = { plane, tls, alpn, ticketKeys: boot.ticketKeys, gate, refusals, h2c: boot.h2c };
    this.entrypoints = boot.entrypoints.map((config) => new Entrypoint(config, doors));
  }

  /** Time passes from here; connections come with `listen`. */
  start(): void {
    this.plane.wheel.start(() => {
      this.plane.dateLine = dateLine();
      this.plane.accessLog?.flush();
      this.failing.clear();
      this.plane.buffers.trim();
      this.watchMemory();
      if (this.isSpeaker && !hasFreeDescriptor()) this.refusals.note('out_of_descriptors', '');
      this.refusals.flush();
    });
  }

  /** Near its bound the process takes no new requests, so that those it has can end (overload never ends in a crash). */
  private watchMemory(): void {
    const { plane } = this;
    const wasOver = plane.isOverloaded;
    plane.isOverloaded = this.memory.look(plane.counters.inFlight === 0);
    if (plane.isOverloaded === wasOver) return;
    if (plane.isOverloaded) for (const entrypoint of this.entrypoints) entrypoint.shed();
    if (!this.isSpeaker) return;
    const fields = { usedBytes: this.memory.used, boundBytes: this.memory.bound };
    if (plane.isOverloaded) {
      const message =
        'memory runs out: new requests get 503; give the container more memory or lower --max-connections';
      this.post({ type: 'log', level: 'warn', message, fields });
    } else this.post({ type: 'log', level: 'info', message: 'new requests are served again', fields });
  }

  private async listen(): Promise<void> {
    for (const entrypoint of this.entrypoints) await entrypoint.listen();
    this.post({ type: 'listening' });
  }

  /** A message that cannot be obeyed leaves everything as it was. */
  heed(message: ToWorker): void {
    try {
      this.obey(message);
    } catch (error) {
      this.reportFault('message not obeyed', error, { type: message.type });
    }
  }

  private obey(message: ToWorker): void {
    switch (message.type) {
      case 'listen':
        // A fault here (a port taken since the probe) ends the thread; the control plane reports and tries again.
        this.listen().catch((error: unknown) => {
          setImmediate(() => {
            throw error;
          });
        });
        break;
      case 'snapshot':
        this.snapshots.take(message.patch, message.isLast, () => this.post({ type: 'ack', ack: message.ack }));
        break;
      case 'server-states':
        for (const [id, state] of message.states) this.registry.setState(id, state);
        // What is told of a server from here on is news again.
        this.failing.clear();
        this.rooms.wake();
        break;
      case 'forget-states':
        for (const id of message.servers) this.registry.forgetState(id);
        break;
      case 'paused':
        this.paused.set(message.services);
        break;
      case 'certificates':
        this.tls.update(unpackCertificates(message.added), message.removed);
        break;
      case 'default-certificate':
        this.tls.setDefaultCertificate(message.certificate);
        this.makeTls();
        break;
      case 'challenge-add':
        this.addChallenge(message.challenge);
        this.post({ type: 'ack', ack: message.ack });
        break;
      case 'challenge-remove':
        this.plane.challenges.remove(message.token);
        this.alpn.remove(message.token);
        break;
      case 'ticket-keys':
        this.ticketKeys = message.keys;
        for (const entrypoint of this.entrypoints) entrypoint.setTicketKeys(message.keys);
        break;
      case 'collect':
        this.post({ type: 'counters', ack: message.ack, report: this.report() });
        break;
      case 'trial':
        this.post({
          type: 'verdict',
          ack: message.ack,
          verdict: tryRequest(message.request, this.plane, this.tls.policies),
        });
        break;
      case 'shutdown':
        this.drain();
        break;
      default:
        message satisfies never;
    }
  }

  /** One assignment makes the new table current; what only the old one named is dropped after it, never before. */
  private readonly swap = (runtime: Runtime, { routers }: Snapshot): void => {
    this.plane.routes = runtime;
    this.heedTlsOptions(runtime);
    // Before servers that only the old one named are dropped: that they were ready counts.
    runtime.takeOver(performance.now());
    this.registry.retain(runtime.upstreams);
    this.plane.counters.retain(new Set(routers.map(({ name }) => name)));
    this.heedPauses();
  };

  private addChallenge(challenge: PendingChallenge): void {
    if ('serverName' in challenge) this.alpn.add(challenge);
    else this.plane.challenges.add(challenge);
  }

  private readonly challengeServed = ({ token, host }: PendingChallenge, remote: string): void => {
    this.post({ type: 'challenge-served', token, host, remote });
  };

  /** True: the listeners have to be told of them. */
  private takePolicies(policies: TlsPolicies): boolean {
    if (this.isSpeaker && policies.unusable !== undefined && this.tls.policies.unusable === undefined) {
      this.post({ type: 'log', level: 'error', message: policies.unusable, fields: {} });
    }
    return this.tls.setPolicies(policies);
  }

  private heedTlsOptions({ policies }: Runtime): void {
    if (this.takePolicies(policies)) this.makeTls();
  }

  private makeTls(): void {
    for (const entrypoint of this.entrypoints) entrypoint.makeTls(this.ticketKeys);
  }

  private heedPauses(): void {
    this.rooms.pause((service) => this.paused.has(service));
    this.rooms.wake();
  }

  private report(): CounterReport {
    return { ...this.plane.counters.report(), leaving: this.registry.leaving };
  }

  private drain(): void {
    this.plane.isDraining = true;
    for (const entrypoint of this.entrypoints) entrypoint.drain();
    const check = setInterval(() => {
      if (this.entrypoints.some((entrypoint) => entrypoint.openConnections > 0)) return;
      clearInterval(check);
      this.plane.accessLog?.flush();
      this.post({ type: 'drained' });
    }, 20);
  }

  private readonly brokenRouter = (router: string, error: unknown): void => {
    this.reportFault('router cannot be built', error, { router });
  };

  private reportUpstream(serverId: string, code: string, detail: string): void {
    const key = `${code} ${serverId}`;
    if (this.failing.has(key)) return;
    this.failing.add(key);
    this.post({ type: 'connect-failed', serverId, code, detail });
  }

  private reportFault(message: string, error: unknown, fields: Readonly<Record<string, string>>): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.post({ type: 'log', level: 'error', message, fields: { ...fields, error: text } });
  }

  private post(message: FromWorker): void {
    this.port.postMessage(message);
  }
}

function dateLine(): string {
  return `Date: ${new Date().toUTCString()}\r\n`;
}

if (parentPort !== null) {
  const port = parentPort;
  const worker = new DataPlaneWorker(port, workerData as WorkerBoot);
  port.on('message', (message: ToWorker) => worker.heed(message));
  worker.start();
}
