import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls, type TlsOptions } from 'node:tls';
import { expect, vi } from 'vitest';
import { DEFAULT_CONNECTION_LIMITS } from '../../src/config/connection-limits.ts';
import { DEFAULT_TRANSPORT } from '../../src/config/default-transport.ts';
import type { UpstreamConnection } from '../../src/http/upstream-connection.ts';
import type { ServerConnection } from '../../src/http1/server-connection.ts';
import { createSharedCounts, SharedCounts } from '../../src/lib/shared-counts.ts';
import type { Timed, TimerWheel } from '../../src/lib/timer-wheel.ts';
import { Upstream } from '../../src/upstream/upstream.ts';
import { ConnectionGate } from '../../src/worker/connection-gate.ts';
import { Entrypoint } from '../../src/worker/entrypoint.ts';
import { Refusals } from '../../src/worker/refusals.ts';
import { TlsContexts } from '../../src/worker/tls.ts';
import { testCertificate } from './data-plane.ts';
import { freePort } from './free-port.ts';
import { heldPlane, type HeldPlane } from './held-client.ts';
import { RawClient, readMessages } from './raw-http.ts';
import { answering, ScriptedBackend } from './scripted-backend.ts';
import { server } from './server-config.ts';

export type Way = 'plain' | 'TLS';

export const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/**
 * The parts of a worker in the test's own thread, from the listener to the pool, with real sockets on both sides. Time stands still
 * but for `held.tick`, and whatever a worker holds can be counted.
 */
export interface FaultLab {
  readonly backend: ScriptedBackend;
  readonly held: HeldPlane;
  readonly port: number;
  open(): Promise<FaultClient>;
  /** The router's ends of the clients' connections, oldest first. */
  connections(): readonly ServerConnection[];
  /** Nothing is held for anybody but idle connections to the server; waits for that. */
  expectNothingHeld(): Promise<void>;
  stop(): Promise<void>;
}

/** A client of the lab. */
export class FaultClient extends RawClient {
  /** Ends it as a TCP reset, also below TLS. */
  readonly reset: () => void;

  constructor(...[socket, reset]: [...ConstructorParameters<typeof RawClient>, () => void]) {
    super(socket);
    this.reset = reset;
  }

  /** What it got: statuses in order, `cut` behind one whose message is not whole. */
  get outcome(): string {
    const messages = this.received === '' ? [] : readMessages(this.received, 'response');
    return messages
      .map(({ startLine, isComplete }) => `${startLine.slice(9, 12)}${isComplete ? '' : ' cut'}`)
      .join(', ');
  }

  /** Waits for this outcome, which later bytes must not change. */
  async got(outcome: string): Promise<void> {
    await this.until(() => this.hasEnded || this.outcome === outcome, outcome);
    expect(this.outcome).toBe(outcome);
  }
}

/** Starts a router with one server, both behind TLS or not. `tls`: the pair of a server behind TLS. */
export async function startFaultLab(down: Way, up: Way, tls: TlsOptions): Promise<FaultLab> {
  const backend = await new ScriptedBackend(answering(OK), up === 'TLS' ? tls : undefined).listen();
  const config = server(backend.port, { scheme: up === 'TLS' ? 'https' : 'http' });
  const transport = { ...DEFAULT_TRANSPORT, tls: { insecureSkipVerify: true } };
  const upstream = new Upstream<UpstreamConnection>(config, transport);
  const held = heldPlane(backend.port, upstream);
  const { certificate, rootPem } = await testCertificate();
  const port = await freePort();
  const counts = new SharedCounts(createSharedCounts(1), 0);
  const { plane } = held;
  const entrypoint = new Entrypoint(
    {
      name: 'http',
      addresses: [{ host: '127.0.0.1', port }],
      transport: down === 'TLS' ? 'tls' : 'plain',
      redirect: undefined,
    },
    {
      plane,
      tls: new TlsContexts([], certificate, () => {}),
      ticketKeys: randomBytes(48),
      gate: new ConnectionGate(DEFAULT_CONNECTION_LIMITS, counts, plane.trusted),
      refusals: new Refusals(plane.counters, () => {}),
    },
  );
  await entrypoint.listen();
  // What nobody outside may touch, a test must be able to count.
  const inside = entrypoint as unknown as {
    readonly connections: ReadonlySet<ServerConnection>;
    readonly streams: { readonly spare: readonly object[] };
  };
  const clients = new Set<FaultClient>();
  const holdings = (): object => ({
    clientConnections: counts.total + entrypoint.openConnections + plane.counters.connections,
    inFlight: plane.counters.inFlight,
    leases: upstream.inFlight,
    serverConnectionsOutsideThePool: backend.sockets.size - upstream.idleCount,
    timersBesideThePool: entriesOn(held.wheel) - upstream.idleCount,
    readBuffers: (plane.buffers as unknown as { readonly lent: number }).lent,
    streamsGivenBackTwice: inside.streams.spare.length - new Set(inside.streams.spare).size,
    faultsOfOurs: held.faults,
  });
  const nothing = Object.fromEntries(Object.keys(holdings()).map((key) => [key, key === 'faultsOfOurs' ? [] : 0]));

  return {
    backend,
    held,
    port,
    open: async () => {
      const raw = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      await once(raw, 'connect');
      raw.on('error', () => {});
      const socket = down === 'plain' ? raw : connectTls({ socket: raw, ca: rootPem, servername: 'localhost' });
      if (socket !== raw) await once(socket, 'secureConnect');
      const client = new FaultClient(socket, () => void raw.resetAndDestroy());
      clients.add(client);
      socket.on('close', () => clients.delete(client));
      return client;
    },
    connections: () => [...inside.connections],
    expectNothingHeld: () => vi.waitFor(() => expect(holdings()).toEqual(nothing), { timeout: 4000, interval: 2 }),
    stop: async () => {
      for (const client of clients) client.close();
      upstream.closeIdle();
      entrypoint.drain();
      await backend.refuse();
    },
  };
}

/** Deadlines that are armed. */
function entriesOn(wheel: TimerWheel): number {
  let count = 0;
  for (const head of (wheel as unknown as { readonly slots: readonly Timed[] }).slots) {
    for (let entry = head.timerNext; entry !== head; entry = entry?.timerNext) count += 1;
  }
  return count;
}
