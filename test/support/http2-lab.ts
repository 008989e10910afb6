import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { RoundRobin } from '../../src/balance/round-robin.ts';
import { Service } from '../../src/balance/service.ts';
import { type ClientLimits, DEFAULT_CLIENT_LIMITS } from '../../src/config/client-limits.ts';
import { AuthorityCache } from '../../src/http/authority.ts';
import { ChallengeTable } from '../../src/http/challenge-table.ts';
import { Counters } from '../../src/http/counters.ts';
import type { DataPlane } from '../../src/http/data-plane.ts';
import type { Exchange } from '../../src/http/exchange.ts';
import { Peer } from '../../src/http/forwarded.ts';
import { LENGTH, NO_BODY } from '../../src/http/message.ts';
import { NetworkList } from '../../src/http/network-list.ts';
import type { UpstreamConnection } from '../../src/http/upstream-connection.ts';
import { dialUpstream } from '../../src/http2/dial-upstream.ts';
import { Http2Connection } from '../../src/http2/http2-connection.ts';
import { Http2StreamPool } from '../../src/http2/http2-stream-pool.ts';
import { type Timed, TimerWheel } from '../../src/lib/timer-wheel.ts';
import { buildPipeline } from '../../src/middleware/pipeline.ts';
import { BufferPool, LARGE_BUFFER } from '../../src/upstream/buffer-pool.ts';
import { Upstream } from '../../src/upstream/upstream.ts';
import { FLAG, type Frame, PREFACE, settings, TYPE } from './http2-wire.ts';
import { server } from './server-config.ts';

/** The router's end of a connection: a test decides when what was written leaves. Strict: what Node complains of throws. */
class LabSocket extends EventEmitter {
  /** While true nothing leaves. */
  isHeld = false;
  /** What is written has left before `write` returns, as a socket without TLS does it; however much it is, there is room. */
  isPlain = false;
  isPaused = false;
  isEnded = false;
  isDestroyed = false;
  /** Frames that left, cut by a reader of the lab's own. */
  readonly frames: Frame[] = [];
  private rest = Buffer.alloc(0);
  private readonly waiting: { readonly bytes: Buffer; readonly done: (() => void) | undefined }[] = [];
  private needsDrain = false;

  /** Bytes that wait to leave. */
  get queued(): number {
    return this.waiting.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  write(bytes: Buffer, done?: () => void): boolean {
    if (this.isEnded) throw new Error('write after end');
    this.waiting.push({ bytes, done });
    const hasRoom = (this.isPlain && !this.isHeld) || this.queued < 65_536;
    if (!hasRoom) this.needsDrain = true;
    if (!this.isHeld && hasRoom) this.leave();
    return hasRoom;
  }

  end(done: () => void): void {
    if (this.isEnded) throw new Error('two ends');
    this.isEnded = true;
    this.waiting.push({ bytes: Buffer.alloc(0), done });
    if (!this.isHeld) this.leave();
  }

  destroy(): void {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    for (const { done } of this.waiting.splice(0)) done?.();
    this.emit('close');
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  /** What waits leaves; true if something did. */
  leave(): boolean {
    const pieces = this.waiting.splice(0);
    for (const { bytes, done } of pieces) {
      this.cut(bytes);
      done?.();
    }
    if (this.needsDrain && !this.isEnded && !this.isDestroyed) {
      this.needsDrain = false;
      this.emit('drain');
    }
    return pieces.length > 0;
  }

  private cut(bytes: Buffer): void {
    let rest = Buffer.concat([this.rest, bytes]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3);
      const payload = Buffer.from(rest.subarray(9, end));
      this.frames.push({ type: rest[3]!, flags: rest[4]!, id: rest.readUInt32BE(5), payload });
      rest = rest.subarray(end);
    }
    this.rest = Buffer.from(rest);
  }
}

/** What a server does with the request it was given; the lab's tests call it. */
export class LabServer implements UpstreamConnection {
  readonly isHttp2: boolean = false;
  readonly isReused = false;
  readonly hasResponded = false;
  exchange!: Exchange;
  /** Bytes of the request's payload. */
  received = 0;
  /** Pieces it came in. */
  pieces = 0;
  isRequestWhole = false;
  isAborted = false;
  isPaused = false;
  /** It wants no more payload for now. */
  isFull = false;
  private readonly lab: Http2Lab;
  private left = 0;

  constructor(lab: Http2Lab) {
    this.lab = lab;
  }

  /** It still has its request. */
  get isCurrent(): boolean {
    return !this.isAborted && this.exchange.delivery.connection === this;
  }

  send(exchange: Exchange): void {
    this.exchange = exchange;
    this.lab.servers.push(this);
    this.lab.onServer(this);
  }

  writeBody(_buf: Buffer, start: number, end: number): boolean {
    this.received += end - start;
    this.pieces += 1;
    return !this.isFull;
  }

  endBody(_trailers: string): void {
    this.isRequestWhole = true;
  }

  flush(): void {}

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    if (this.left > 0) this.pump();
  }

  abort(): void {
    this.isAborted = true;
  }

  close(): void {}

  /** Answers with a payload of so many bytes, as fast as the client takes it. */
  respond(bytes: number, status = 200, fields = ''): void {
    const body = bytes === 0 ? NO_BODY : LENGTH;
    this.exchange.onResponse({ status, reason: '', fields, body, contentLength: bytes, hasDate: true });
    this.left = bytes;
    this.pump();
  }

  private pump(): void {
    const { buffers } = this.lab.plane;
    while (this.left > 0 && !this.isPaused && !this.isAborted) {
      const buf = this.exchange.down.takesLarge ? buffers.take() : undefined;
      const bytes = Math.min(this.left, buf === undefined ? 65_536 : LARGE_BUFFER);
      this.left -= bytes;
      const result = this.exchange.onData(buf ?? Buffer.alloc(bytes), 0, bytes, buf !== undefined);
      if (buf !== undefined && (result & 2) === 0) buffers.release(buf);
    }
    if (this.left === 0 && !this.isAborted) this.exchange.onEnd('');
    else this.exchange.flushResponse();
  }
}

export type LabClient = ReturnType<Http2Lab['open']>;

/** The HTTP/2 engine without sockets, with one server that does what a test says, and time that stands still. */
export class Http2Lab {
  readonly wheel = new TimerWheel();
  readonly counters = new Counters();
  readonly buffers = new BufferPool();
  readonly faults: unknown[] = [];
  readonly servers: LabServer[] = [];
  readonly plane: DataPlane;
  /** Called with each request that gets to a server. */
  onServer: (server: LabServer) => void = (one) => one.exchange.onSendable();
  private readonly streams: Http2StreamPool;

  /** `port`: of a real server, in place of the one that does what a test says. */
  constructor(limits: Partial<ClientLimits> = {}, port?: number) {
    const upstream = new Upstream<UpstreamConnection>(server(port ?? 1));
    upstream.state = 'ready';
    const service = new Service<UpstreamConnection>('s', [upstream], new RoundRobin(), { passHostHeader: true });
    const row = this.counters.router('r');
    const route = { name: 'r', disabled: undefined, tlsOptions: '', ...buildPipeline([]), service, counters: row };
    this.plane = {
      routes: { match: ({ path }: Exchange) => (path === '/none' ? undefined : route) },
      dateLine: 'Date: now\r\n',
      isDraining: false,
      isOverloaded: false,
      limits: { ...DEFAULT_CLIENT_LIMITS, ...limits },
      wheel: this.wheel,
      buffers: this.buffers,
      authorities: new AuthorityCache(),
      trusted: new NetworkList([]),
      challenges: new ChallengeTable(() => {}),
      counters: this.counters,
      accessLog: undefined,
      passwords: { check: () => undefined },
      dial: (to: typeof upstream) => (port === undefined ? new LabServer(this) : dialUpstream(this.plane, to, false)),
      internalFault: (error: unknown) => void this.faults.push(error),
      requestId: () => 'id',
    } as unknown as DataPlane;
    this.streams = new Http2StreamPool(this.plane);
  }

  /** Buffers of the pool that somebody has. */
  get lent(): number {
    return (this.buffers as unknown as { readonly lent: number }).lent;
  }

  /** Deadlines that run. */
  get timers(): number {
    const { slots } = this.wheel as unknown as { readonly slots: readonly Timed[] };
    let count = 0;
    for (const slot of slots) for (let one = slot.timerNext; one !== slot; one = one!.timerNext) count += 1;
    return count;
  }

  /** No stream waits twice for its next request. */
  get spareStreamsAreDistinct(): boolean {
    const { spare } = this.streams as unknown as { readonly spare: readonly unknown[] };
    return new Set(spare).size === spare.length;
  }

  /** A client that has said nothing. */
  connect() {
    const socket = new LabSocket();
    const peer = new Peer('127.0.0.1', true, false);
    const facts = { entrypoint: 'https', peer, streams: this.streams, closed: () => {} };
    const connection = new Http2Connection(socket as unknown as Socket, this.plane, facts);
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    return {
      socket,
      connection,
      send: (...parts: readonly Buffer[]): void => void socket.emit('data', Buffer.concat(parts)),
      /** Lets everything leave that can. */
      settle: async (): Promise<void> => {
        do await turn();
        while (!socket.isHeld && socket.leave());
      },
      of: (type: keyof typeof TYPE, id?: number): Frame[] =>
        socket.frames.filter((one) => one.type === TYPE[type] && (id === undefined || one.id === id)),
      /** Payload bytes that came on a stream. */
      bytes: (id: number): number =>
        socket.frames.reduce(
          (sum, one) => (one.type === TYPE.DATA && one.id === id ? sum + one.payload.length : sum),
          0,
        ),
      /** The code of the GOAWAY that came; -1: none did. */
      get goAway(): number {
        return socket.frames.findLast(({ type }) => type === TYPE.GOAWAY)?.payload.readUInt32BE(4) ?? -1;
      },
      /** What WINDOW_UPDATEs gave, of the connection (0) or of a stream. */
      credit: (id: number): number =>
        socket.frames.reduce(
          (sum, one) => (one.type === TYPE.WINDOW_UPDATE && one.id === id ? sum + one.payload.readUInt32BE(0) : sum),
          0,
        ),
      /** The stream was ended in good order. */
      isWhole: (id: number): boolean =>
        socket.frames.some((one) => one.id === id && one.type <= TYPE.HEADERS && (one.flags & FLAG.END_STREAM) !== 0),
    };
  }

  /** A client that has said its preface and these settings. */
  open(...pairs: readonly (readonly [id: number, value: number])[]) {
    const client = this.connect();
    client.send(PREFACE, settings(...pairs));
    return client;
  }

  /** Lets whole seconds pass for every time-out. */
  tick(seconds: number): void {
    for (let i = 0; i < seconds; i++) this.wheel.tick();
  }
}
