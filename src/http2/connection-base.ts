import type { Socket } from 'node:net';
import type { DataPlane } from '../http/data-plane.ts';
import type { Peer } from '../http/forwarded.ts';
import { LIMITS } from '../http1/limits.ts';
import { TimerEntry } from '../lib/timer-wheel.ts';
import { AbuseCounter } from './abuse-counter.ts';
import { DrainStep } from './drain-step.ts';
import { FrameWriter } from './frame-writer.ts';
import * as frames from './frames.ts';
import type { Http2Connection } from './http2-connection.ts';
import type { Http2Stream } from './http2-stream.ts';
import type { Http2StreamPool } from './http2-stream-pool.ts';
import * as limits from './limits.ts';

/** What the entrypoint knows of a connection when it hands it over. */
export interface Http2Facts {
  readonly entrypoint: string;
  readonly peer: Peer;
  readonly streams: Http2StreamPool;
  /** Called once, when the connection is gone. */
  readonly closed: (connection: Http2Connection) => void;
}

/**
 * What an HTTP/2 connection is beside its frames that come in: its streams, what goes out and the window for it, what it may cost, its
 * deadlines, and how it ends.
 */
export abstract class ConnectionBase extends TimerEntry {
  readonly peer: Peer;
  readonly entrypoint: string;
  readonly out: FrameWriter;
  protected readonly plane: DataPlane;
  protected readonly socket: Socket;
  protected readonly facts: Http2Facts;
  protected readonly streams = new Map<number, Http2Stream>();
  protected readonly resets = new AbuseCounter(limits.MAX_RESETS, limits.RESETS_MS);
  private readonly noise = new AbuseCounter(limits.MAX_NOISE, limits.RESETS_MS);
  /** The highest that we have, too: what GOAWAY tells. */
  protected servedStreamId = 0;
  protected receiveWindow = limits.CONNECTION_WINDOW;
  /** Taken by somebody, and not yet told the client. */
  private taken = 0;
  /** No new streams: the GOAWAY that says so is out. */
  protected isDraining = false;
  /** A GOAWAY is out that warns of it. */
  protected drainStep: DrainStep | undefined = undefined;
  /** Nothing is read any more. */
  isOver = false;
  private isClosed = false;
  /** T14: the client takes none of what it asks for. */
  private isHeldBack = false;
  /** Frames, or blocks, that were whole; and how many there were when the deadline of the next one was set. */
  protected wholes = 0;
  private wholesAtArm = -1;
  /** When there was nothing to do for the last time, of the wheel's clock; 0: there is something. */
  protected idleSince = 0;

  constructor(socket: Socket, plane: DataPlane, facts: Http2Facts) {
    super();
    this.socket = socket;
    this.plane = plane;
    this.facts = facts;
    this.peer = facts.peer;
    this.entrypoint = facts.entrypoint;
    this.out = new FrameWriter(socket, plane.buffers, () => this.tellOfRoom());
    this.idleSince = plane.wheel.elapsedMs;
  }

  /** A frame, or a block of them, has begun that means nothing before it is whole. */
  protected abstract get isInPart(): boolean;
  protected abstract onChunk(chunk: Buffer): void;
  /** The stream is over, and somebody else's from here on. */
  protected abstract forget(stream: Http2Stream): void;
  /** The connection is gone. */
  protected abstract gone(): void;

  /** Once everything is set up: says what we have to say first, and listens. */
  protected start(): void {
    const { socket } = this;
    this.plane.counters.connections += 1;
    this.greet();
    this.rearm();
    socket.on('data', (chunk: Buffer) => this.onChunk(chunk));
    socket.on('drain', () => this.onDrain());
    socket.on('end', () => this.onEnd());
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.onClose());
  }

  /** No further stream; those that run, or are on their way, are finished (M12). In two steps, so that none is lost (RFC 9113 6.8). */
  drain(): void {
    if (this.isDraining || this.isOver || this.drainStep !== undefined) return undefined;
    if (this.isInPart) return this.finishDrain();
    this.drainStep = new DrainStep(this.plane.wheel, () => this.finishDrain());
    this.out.goAway(frames.MAX_STREAM_ID, frames.NO_ERROR);
    return this.out.ping(DrainStep.PING);
  }

  /** The client knows, or had the time to. */
  protected finishDrain(): void {
    this.goAway(frames.NO_ERROR);
    this.closeIfDrained();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** The client's end: what it asked for whole is still answered (V6), and what is on its way leaves, unless it has left. */
  private onEnd(): void {
    if (this.isOver) return undefined;
    this.plane.wheel.disarm(this);
    this.goAway(frames.NO_ERROR);
    if (this.streams.size === 0) return this.closeIfDrained();
    this.probeLater(limits.PROBE_MS);
    try {
      for (const stream of [...this.streams.values()]) stream.onConnectionEnd();
    } catch (error) {
      this.onInternalFault(error);
    }
    return this.out.scheduleFlush();
  }

  /** RFC 9113 5.4.1: a fault of ours ends this connection alone. */
  protected onInternalFault(error: unknown): void {
    this.plane.internalFault(error, '');
    try {
      this.fail(frames.INTERNAL_ERROR);
    } catch {
      // What is broken may break again.
      this.destroy();
    }
  }

  /** Who has left answers whatever is sent with a reset, which only the next write tells of. */
  private probeLater(ms: number): void {
    setTimeout(() => {
      if (this.isOver) return;
      this.out.ping(Buffer.alloc(8));
      this.out.flush();
      this.probeLater(Math.min(2 * ms, limits.MAX_PROBE_MS));
    }, ms);
  }

  /** V4, T14: nobody gets more answers before he takes those he has. */
  protected holdBack(): void {
    if (this.isOver) return;
    this.isHeldBack = true;
    this.socket.pause();
  }

  /** False: it was too much, and the connection is over. */
  protected makeNoise(): boolean {
    if (this.noise.isTooMuch(this.plane.wheel.elapsedMs)) this.fail(frames.ENHANCE_YOUR_CALM);
    return !this.isOver;
  }

  /** False: it was too much, and the connection is over. */
  protected countReset(): boolean {
    if (this.resets.isTooMuch(this.plane.wheel.elapsedMs)) this.fail(frames.ENHANCE_YOUR_CALM);
    return !this.isOver;
  }

  // The streams' calls.

  /** What waits on one connection is bounded: a few long payloads in large buffers, or many in small ones. */
  get takesLarge(): boolean {
    return this.streams.size <= limits.MAX_LARGE;
  }

  /** Bytes that somebody took: the client may send as many more. */
  credit(bytes: number): void {
    this.taken += bytes;
    if (this.taken < limits.CONNECTION_WINDOW / 4) return;
    this.receiveWindow += this.taken;
    this.out.windowUpdate(0, this.taken);
    this.taken = 0;
  }

  /** Ends a stream whose exchange may still run. */
  reset(stream: Http2Stream, code: number): void {
    if (this.streams.get(stream.id) !== stream) return;
    // What we end because the client broke its rules counts as if it had (CVE-2025-8671).
    if (code !== frames.NO_ERROR && code !== frames.CANCEL && code !== frames.INTERNAL_ERROR && !this.countReset())
      return;
    this.out.reset(stream.id, code);
    stream.abandon('client_gone');
  }

  closed(stream: Http2Stream): void {
    if (this.streams.get(stream.id) !== stream) return;
    this.streams.delete(stream.id);
    this.forget(stream);
    this.facts.streams.release(stream);
    if (this.streams.size === 0) this.idleSince = this.plane.wheel.elapsedMs;
    if (!this.out.isCorked) this.rearm();
    this.closeIfDrained();
  }

  // Writing.

  private greet(): void {
    this.out.settings([
      [frames.MAX_CONCURRENT_STREAMS, limits.MAX_STREAMS],
      [frames.INITIAL_WINDOW_SIZE, limits.STREAM_WINDOW],
      [frames.MAX_HEADER_LIST_SIZE, this.plane.limits.headBytes],
      // U4.
      [frames.ENABLE_CONNECT_PROTOCOL, 1],
    ]);
    this.out.windowUpdate(0, limits.CONNECTION_WINDOW - frames.DEFAULT_WINDOW);
  }

  private tellOfRoom(): void {
    try {
      this.offerRoom();
    } catch (error) {
      this.onInternalFault(error);
    }
  }

  private onDrain(): void {
    this.out.unblock();
    this.tellOfRoom();
    if (!this.isHeldBack) return;
    this.isHeldBack = false;
    this.socket.resume();
    this.rearm();
  }

  /** In turn: nobody's large response keeps another's small one waiting for longer than a buffer. */
  protected offerRoom(): void {
    for (const stream of [...this.streams.values()]) {
      if (this.out.room <= 0 || this.out.window <= 0) break;
      if (!stream.wantsRoom) continue;
      // Whoever had room comes last the next time.
      if (this.streams.delete(stream.id)) this.streams.set(stream.id, stream);
      stream.onRoom();
    }
    this.out.scheduleFlush();
  }

  // Ending.

  /** RFC 9113 5.4.1: says why, gives up every stream, and closes. */
  protected fail(code: number): void {
    if (this.isOver) return;
    this.isDraining = false;
    this.goAway(code);
    this.isOver = true;
    for (const stream of [...this.streams.values()]) stream.abandon('client_gone');
    this.close(LIMITS.lingerMs);
  }

  private goAway(code: number): void {
    if (this.isDraining || this.isOver) return;
    this.isDraining = true;
    this.drainStep?.stop();
    this.out.goAway(this.servedStreamId, code);
  }

  protected closeIfDrained(): void {
    if (this.isDraining && this.streams.size === 0 && !this.isOver) {
      this.isOver = true;
      this.close(this.plane.limits.stallMs);
    }
  }

  /** Ends behind what is written; what the client still sends is thrown away for a while (T9). */
  private close(ms: number): void {
    this.plane.wheel.arm(this, ms);
    // Its time to close begins when our last byte has left, however slowly it reads (T14).
    this.out.end(() => {
      if (!this.isClosed) this.plane.wheel.arm(this, LIMITS.lingerMs);
    });
    if (this.isHeldBack) this.socket.resume();
  }

  private onClose(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.isOver = true;
    this.plane.wheel.disarm(this);
    this.drainStep?.stop();
    this.plane.counters.connections -= 1;
    for (const stream of [...this.streams.values()]) stream.abandon('client_gone');
    this.out.discard();
    this.gone();
  }

  /** One deadline in every state: of a part of a head (T4), of nothing to do (T7), of a client that reads nothing (T14). */
  protected rearm(): void {
    if (this.isOver) return;
    const { wheel, limits: times } = this.plane;
    if (this.isHeldBack) return wheel.arm(this, times.stallMs);
    // What is no request does not keep a connection without requests: its time runs on.
    const idleMs = this.idleSince === 0 ? Infinity : this.idleSince + times.keepAliveMs - wheel.elapsedMs;
    if (!this.isInPart) {
      this.wholesAtArm = -1;
      return idleMs === Infinity ? wheel.disarm(this) : wheel.arm(this, Math.max(0, idleMs));
    }
    // Each frame has its time, not what a busy client leaves unfinished at the end of each packet.
    if (this.wholesAtArm === this.wholes) return undefined;
    this.wholesAtArm = this.wholes;
    return wheel.arm(this, Math.max(0, Math.min(times.headMs, idleMs)));
  }

  override onTimeout(): void {
    if (this.isOver || this.isHeldBack) this.destroy();
    else if (this.streams.size === 0) this.drain();
    else this.fail(frames.NO_ERROR);
  }
}
