import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { RoundRobin } from '../../src/balance/round-robin.ts';
import { Service } from '../../src/balance/service.ts';
import { DEFAULT_CLIENT_LIMITS } from '../../src/config/client-limits.ts';
import { AuthorityCache } from '../../src/http/authority.ts';
import { ChallengeTable } from '../../src/http/challenge-table.ts';
import { Peer } from '../../src/http/forwarded.ts';
import { StreamPool } from '../../src/http1/stream-pool.ts';
import { Counters } from '../../src/http/counters.ts';
import type { DataPlane } from '../../src/http/data-plane.ts';
import { Mirrors } from '../../src/http/mirrors.ts';
import { NetworkList } from '../../src/http/network-list.ts';
import type { Route } from '../../src/http/route.ts';
import type { UpstreamConnection } from '../../src/http/upstream-connection.ts';
import { dialUpstream } from '../../src/http2/dial-upstream.ts';
import { ServerConnection } from '../../src/http1/server-connection.ts';
import { buildPipeline } from '../../src/middleware/pipeline.ts';
import { TimerWheel } from '../../src/lib/timer-wheel.ts';
import { BufferPool } from '../../src/upstream/buffer-pool.ts';
import { Upstream } from '../../src/upstream/upstream.ts';
import { server } from './server-config.ts';

/** The router's end of a client's connection: a test decides when written bytes leave, and when time passes. */
class HeldSocket extends Duplex {
  /** Bytes that left, as latin1. */
  sent = '';
  isHeld = false;
  isReset = false;
  private waiting: (() => void)[] = [];

  constructor() {
    super({ allowHalfOpen: true, highWaterMark: 65_536 });
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const leave = (): void => {
      this.sent += chunk.toString('latin1');
      done();
    };
    if (this.isHeld) this.waiting.push(leave);
    else leave();
  }

  release(): void {
    this.isHeld = false;
    for (const leave of this.waiting.splice(0)) leave();
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  resetAndDestroy(): this {
    this.isReset = true;
    return this.destroy();
  }
}

export interface HeldPlane {
  readonly plane: DataPlane;
  readonly upstream: Upstream<UpstreamConnection>;
  readonly wheel: TimerWheel;
  /** Routes seen by every request; replace to answer or fail without a server. */
  route: Partial<Route>;
  /** What the data plane reported as faults of its own. */
  readonly faults: unknown[];
  /** Bytes that wait to leave on the newest server connection. */
  queuedForServer(): number;
  open(): HeldClient;
  /** Lets whole seconds pass for every time-out. */
  tick(seconds: number): void;
}

export interface HeldClient {
  readonly socket: HeldSocket;
  readonly connection: ServerConnection;
  send(latin1: string): void;
  /** The client's FIN. */
  end(): void;
}

/** A data plane in the test's own thread, with one server, clients in memory and time that stands still. */
export function heldPlane(port: number, upstream = new Upstream<UpstreamConnection>(server(port))): HeldPlane {
  upstream.state = 'ready';
  const wheel = new TimerWheel();
  const counters = new Counters();
  const service = new Service<UpstreamConnection>('s', [upstream], new RoundRobin(), { passHostHeader: true });
  const plain: Route = {
    name: 'r',
    disabled: undefined,
    tlsOptions: '',
    ...buildPipeline([]),
    service,
    counters: counters.router('r'),
  };
  let dialled: UpstreamConnection | undefined;
  const held: HeldPlane = {
    plane: {
      routes: { match: () => ({ ...plain, ...held.route }) },
      dateLine: 'Date: now\r\n',
      isDraining: false,
      isOverloaded: false,
      limits: DEFAULT_CLIENT_LIMITS,
      wheel,
      buffers: new BufferPool(),
      authorities: new AuthorityCache(),
      trusted: new NetworkList([]),
      challenges: new ChallengeTable(() => {}),
      counters,
      accessLog: undefined,
      passwords: { check: () => undefined },
      mirrors: new Mirrors(counters, () => Promise.reject(new Error('no mirrors here'))),
      dial: (to, isUpgrade) => (dialled = dialUpstream(held.plane, to, isUpgrade)),
      connectFailed: () => {},
      serverFailing: () => {},
      internalFault: (error) => void held.faults.push(error),
      requestId: () => 'id',
    },
    upstream,
    wheel,
    route: {},
    faults: [],
    queuedForServer: () => (dialled as unknown as { readonly socket: Socket }).socket.writableLength,
    open: () => {
      const socket = new HeldSocket();
      const facts = { entrypoint: 'http', peer: new Peer('127.0.0.1', false, false), streams, closed: () => {} };
      const connection = new ServerConnection(socket as unknown as Socket, held.plane, facts);
      return {
        socket,
        connection,
        send: (latin1) => void socket.push(Buffer.from(latin1, 'latin1')),
        end: () => void socket.push(null),
      };
    },
    tick: (seconds) => {
      for (let i = 0; i < seconds; i++) wheel.tick();
    },
  };
  const streams = new StreamPool(held.plane);
  return held;
}
