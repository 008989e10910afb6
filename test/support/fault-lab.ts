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
import { AlpnChallenges } from '../../src/worker/alpn.ts';
import { Entrypoint } from '../../src/worker/entrypoint.ts';
import { Refusals } from '../../src/worker/refusals.ts';
import { TlsContexts } from '../../src/worker/tls.ts';
import { testCertificate } from './data-plane.ts';
import { freePort } from './free-port.ts';
import { heldPlane, type HeldPlane } from './held-client.ts';
import { createTestCa, issueCertificate } from './issue-certificate.ts';
import { RawClient, readMessages } from './raw-http.ts';
import { answering, ScriptedBackend } from './scripted-backend.ts';
import { server } from './server-config.ts';

export type Way = 'plain' | 'TLS';

export const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const NEXT = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext';

/** How the client and the server are reached. */
export const WAYS: readonly (readonly [down: Way, up: Way])[] = [
  ['plain', 'plain'],
  ['plain', 'TLS'],
  ['TLS', 'plain'],
  ['TLS', 'TLS'],
];

/**
 * The parts of a worker in the test's own thread, from the listener to the pool, with real sockets on both sides. Time stands still
 * but for `held.tick`, and whatever a worker holds can be counted.
 */
export interface FaultLab {
  readonly backend: ScriptedBackend;
  readonly held: HeldPlane;
  readonly port: number;
  open(): Promise<FaultClient>;
  /** Connections of clients, those included that are not served yet. */
  accepted(): number;
  /** The router's ends of the clients' connections, oldest first. */
  connections(): readonly ServerConnection[];
  /** The router has seen the end of its only client. */
  endIsSeen(): Promise<void>;
  /** Sends payload until the router takes no more of it from its only client. */
  sendUntilPaused(client: FaultClient): Promise<void>;
  /** Failures so far, by their reasons. */
  reasons(): Readonly<Record<string, number>>;
  /** Nothing is held for anybody but idle connections to the server; waits for that. */
  expectNothingHeld(): Promise<void>;
  /**
   * The server is well again: a next request is served, `rest` bytes behind what `client` sent before, or by a new one when the
   * connection ends; and then nothing is held, not even in the pool.
   */
  expectAllWell(client: FaultClient, options?: { readonly ends?: boolean; readonly rest?: number }): Promise<void>;
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
      alpn: new AlpnChallenges(() => undefined),
      tls: new TlsContexts([], certificate, () => {}),
      ticketKeys: randomBytes(48),
      gate: new ConnectionGate(DEFAULT_CONNECTION_LIMITS, counts, plane.trusted),
      refusals: new Refusals(plane.counters, () => {}),
      h2c: false,
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

  const lab: FaultLab = {
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
    accepted: () => counts.total,
    connections: () => [...inside.connections],
    expectNothingHeld: () => vi.waitFor(() => expect(holdings()).toEqual(nothing), { timeout: 4000, interval: 2 }),
    endIsSeen: () =>
      vi.waitFor(
        () => {
          const [connection] = inside.connections;
          expect((connection as unknown as { readonly clientEnded: boolean }).clientEnded).toBe(true);
        },
        { interval: 1 },
      ),
    sendUntilPaused: async (client) => {
      await client.until(() => inside.connections.size === 1 && backend.sockets.size > 0, 'both connections');
      const [connection] = inside.connections;
      // What the kernel still takes may end a pause; the last one holds.
      await holdsFor(20, () => {
        if (!connection!.isPaused) client.send('x'.repeat(65_536));
        return connection!.isPaused;
      });
    },
    reasons: () => plane.counters.report().reasons,
    expectAllWell: async (client, { ends = false, rest = 0 } = {}) => {
      backend.onAccept = undefined;
      backend.script = answering(NEXT);
      // Whoever does not read does not see the end either.
      for (const { socket } of backend.connections) socket.resume();
      if (ends) {
        await client.until(() => client.hasEnded, 'the end');
        client.close();
      }
      const next = ends ? await lab.open() : client;
      const before = next.outcome === '' ? '' : `${next.outcome}, `;
      next.send('x'.repeat(rest) + GET);
      await next.got(`${before}200`);
      expect(next.received.endsWith('\r\n\r\nnext')).toBe(true);
      next.close();
      await lab.expectNothingHeld();
      upstream.closeIdle();
      await vi.waitFor(() => expect(backend.sockets.size).toBe(0), { interval: 2 });
      await lab.expectNothingHeld();
    },
    stop: async () => {
      for (const client of clients) client.close();
      upstream.closeIdle();
      entrypoint.drain();
      await backend.refuse();
    },
  };
  return lab;
}

/** A certificate for a server on loopback that nobody verifies. */
export async function serverPair(): Promise<TlsOptions> {
  const ca = await createTestCa('CN=inner');
  const dates = { notBefore: Date.now() - 86_400_000, notAfter: Date.now() + 86_400_000 };
  const { keyPem, chainPem } = await issueCertificate(ca, { names: ['127.0.0.1'], ...dates });
  return { key: keyPem, cert: chainPem };
}

/** Waits until something is true so many times in a row, a millisecond apart. */
export async function holdsFor(times: number, isTrue: () => boolean): Promise<void> {
  let inARow = 0;
  await vi.waitFor(
    () => {
      inARow = isTrue() ? inARow + 1 : 0;
      expect(inARow).toBeGreaterThan(times);
    },
    { interval: 1, timeout: 8000 },
  );
}

/** Deadlines that are armed. */
function entriesOn(wheel: TimerWheel): number {
  let count = 0;
  for (const head of (wheel as unknown as { readonly slots: readonly Timed[] }).slots) {
    for (let entry = head.timerNext; entry !== head; entry = entry?.timerNext) count += 1;
  }
  return count;
}
