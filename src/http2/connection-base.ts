import type { Socket } from 'node:net';
import type { DataPlane } from '../http/data-plane.ts';
import type { Peer } from '../http/forwarded.ts';
import { LIMITS } from '../http1/limits.ts';
import { TimerEntry } from '../lib/timer-wheel.ts';
import { AbuseCounter } from './abuse-counter.ts';
import { DrainStep } from './drain-step.ts';
import * as frames from './frames.ts';
import type { Http2Connection } from './http2-connection.ts';
import type { Http2Stream } from './http2-stream.ts';
import type { Http2StreamPool } from './http2-stream-pool.ts';
import * as limits from './limits.ts';
import { Output } from './output.ts';
import { encodeBlock } from './response-block.ts';

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
  /** What the client lets us send on all streams together. */
  sendWindow = frames.DEFAULT_WINDOW;
  protected readonly plane: DataPlane;
  protected readonly socket: Socket;
  protected readonly facts: Http2Facts;
  protected readonly out: Output;
  protected readonly streams = new Map<number, Http2Stream>();
  protected readonly resets = new AbuseCounter(limits.MAX_RESETS, limits.RESETS_MS);
  protected readonly noise = new AbuseCounter(limits.MAX_NOISE, limits.RESETS_MS);
  /** The highest that we have, too: what GOAWAY tells. */
  protected servedStreamId = 0;
  protected receiveWindow = limits.CONNECTION_WINDOW;
  /** Taken by somebody, and not yet told the client. */
  protected taken = 0;
  /** No new streams: the GOAWAY that says so is out. */
  protected isDraining = false;
  /** A GOAWAY is out that warns of it. */
  protected drainStep: DrainStep | undefined = undefined;
  /** Nothing is read any more. */
  isOver = false;
  protected isClosed = false;
  protected isReading = false;
  /** T14: the client takes none of what it asks for. */
  protected isHeldBack = false;
  /** Frames, or blocks, that were whole; and how many there were when the deadline of the next one was set. */
  protected wholes = 0;
  protected wholesAtArm = -1;
  /** When there was nothing to do for the last time, of the wheel's clock; 0: there is something. */
  protected idleSince = 0;
  /** WINDOW_UPDATEs that the payload we sent lets us expect. */
  protected updatesDue = 0;
  protected flushAsked = false;

  constructor(socket: Socket, plane: DataPlane, facts: Http2Facts) {
    super();
    this.socket = socket;
    this.plane = plane;
    this.facts = facts;
    this.peer = facts.peer;
    this.entrypoint = facts.entrypoint;
    this.out = new Output(socket, plane.buffers);
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

  /** Bytes that may be gathered now. */
  get room(): number {
    return this.out.room;
  }

  /** No further stream; those that run, or are on their way, are finished (M12). In two steps, so that none is lost (RFC 9113 6.8). */
  drain(): void {
    if (this.isDraining || this.isOver || this.drainStep !== undefined) return undefined;
    if (this.isInPart) return this.finishDrain();
    this.drainStep = new DrainStep(this.plane.wheel, () => this.finishDrain());
    this.writeGoAway(frames.MAX_STREAM_ID, frames.NO_ERROR);
    this.out.frame(frames.PING, 0, 0, DrainStep.PING);
    return this.scheduleFlush();
  }

  /** The client knows, or had the time to. */
  protected finishDrain(): void {
    this.goAway(frames.NO_ERROR);
    this.closeIfDrained();
    this.scheduleFlush();
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
    return this.scheduleFlush();
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
      this.out.frame(frames.PING, 0, 0, Buffer.alloc(8));
      this.flush();
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

  /** Bytes that somebody took: the client may send as many more. */
  credit(bytes: number): void {
    this.taken += bytes;
    if (this.taken < limits.CONNECTION_WINDOW / 4) return;
    this.receiveWindow += this.taken;
    this.windowUpdate(0, this.taken);
    this.taken = 0;
  }

  windowUpdate(streamId: number, bytes: number): void {
    const payload = Buffer.allocUnsafe(4);
    payload.writeUInt32BE(bytes);
    this.out.frame(frames.WINDOW_UPDATE, 0, streamId, payload);
    this.scheduleFlush();
  }

  /** A field block, in as many frames as it takes (RFC 9113 6.2, 6.10); `length`: a Content-Length, or -1. */
  sendBlock(streamId: number, status: number | undefined, fields: string, isLast: boolean, length = -1): void {
    const block = encodeBlock(status, fields, length);
    const last = isLast ? frames.END_STREAM : 0;
    for (let at = 0; at === 0 || at < block.length; at += frames.MAX_PAYLOAD) {
      const end = Math.min(block.length, at + frames.MAX_PAYLOAD);
      const flags = end === block.length ? frames.END_HEADERS : 0;
      const type = at === 0 ? frames.HEADERS : frames.CONTINUATION;
      this.out.frame(
        type,
        at === 0 ? flags | last : flags,
        streamId,
        at === 0 && end === block.length ? block : block.subarray(at, end),
      );
    }
    this.scheduleFlush();
  }

  /** `window`: of the stream, when these bytes are sent. */
  sendData(streamId: number, window: number, buf: Buffer, start: number, end: number, isLast: boolean): void {
    const bytes = end - start;
    this.sendWindow -= bytes;
    const isTiny = bytes < limits.TINY_DATA && !isLast && (window <= 0 || this.sendWindow <= 0);
    // One for each kilobyte on either level is more than any client tells of.
    if (!isTiny) this.updatesDue = Math.min(limits.MAX_UPDATES_DUE, this.updatesDue + 2 + (bytes >> 9));
    this.out.data(isLast ? frames.END_STREAM : 0, streamId, buf, start, end);
    this.scheduleFlush();
  }

  /** Ends a stream whose exchange may still run. */
  reset(stream: Http2Stream, code: number): void {
    if (this.streams.get(stream.id) !== stream) return;
    // What we end because the client broke its rules counts as if it had (CVE-2025-8671).
    if (code !== frames.NO_ERROR && code !== frames.CANCEL && code !== frames.INTERNAL_ERROR && !this.countReset())
      return;
    this.writeReset(stream.id, code);
    stream.abandon('client_gone');
  }

  /** The stream ends itself. */
  resetBegun(stream: Http2Stream, code: number): void {
    this.writeReset(stream.id, code);
  }

  closed(stream: Http2Stream): void {
    if (this.streams.get(stream.id) !== stream) return;
    this.streams.delete(stream.id);
    this.forget(stream);
    this.facts.streams.release(stream);
    if (this.streams.size === 0) this.idleSince = this.plane.wheel.elapsedMs;
    if (!this.isReading) this.rearm();
    this.closeIfDrained();
  }

  /** Everything that becomes ready in this turn goes out in one write. */
  scheduleFlush(): void {
    if (this.flushAsked || this.isReading || this.isClosed) return;
    this.flushAsked = true;
    setImmediate(this.flush);
  }

  protected writeReset(streamId: number, code: number): void {
    const payload = Buffer.allocUnsafe(4);
    payload.writeUInt32BE(code);
    this.out.frame(frames.RST_STREAM, 0, streamId, payload);
    this.scheduleFlush();
  }

  // Writing.

  protected greet(): void {
    const pairs: readonly (readonly [id: number, value: number])[] = [
      [frames.MAX_CONCURRENT_STREAMS, limits.MAX_STREAMS],
      [frames.INITIAL_WINDOW_SIZE, limits.STREAM_WINDOW],
      [frames.MAX_HEADER_LIST_SIZE, this.plane.limits.headBytes],
      // U4.
      [frames.ENABLE_CONNECT_PROTOCOL, 1],
    ];
    const payload = Buffer.alloc(pairs.length * 6);
    for (const [index, [id, value]] of pairs.entries()) {
      payload.writeUInt16BE(id, index * 6);
      payload.writeUInt32BE(value, index * 6 + 2);
    }
    this.out.frame(frames.SETTINGS, 0, 0, payload);
    this.windowUpdate(0, limits.CONNECTION_WINDOW - frames.DEFAULT_WINDOW);
  }

  protected readonly flush = (): void => {
    this.flushAsked = false;
    if (this.isClosed) return;
    this.out.flush();
    if (!this.out.isFreed) return;
    this.out.isFreed = false;
    this.tellOfRoom();
  };

  private tellOfRoom(): void {
    try {
      this.offerRoom();
    } catch (error) {
      this.onInternalFault(error);
    }
  }

  protected onDrain(): void {
    this.out.unblock();
    this.flush();
    this.tellOfRoom();
    if (!this.isHeldBack) return;
    this.isHeldBack = false;
    this.socket.resume();
    this.rearm();
  }

  /** In turn: nobody's large response keeps another's small one waiting for longer than a buffer. */
  protected offerRoom(): void {
    for (const stream of [...this.streams.values()]) {
      if (this.out.room <= 0 || this.sendWindow <= 0) break;
      if (!stream.wantsRoom) continue;
      // Whoever had room comes last the next time.
      if (this.streams.delete(stream.id)) this.streams.set(stream.id, stream);
      stream.onRoom();
    }
    this.scheduleFlush();
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

  protected goAway(code: number): void {
    if (this.isDraining || this.isOver) return;
    this.isDraining = true;
    this.drainStep?.stop();
    this.writeGoAway(this.servedStreamId, code);
  }

  private writeGoAway(lastStreamId: number, code: number): void {
    const payload = Buffer.allocUnsafe(8);
    payload.writeUInt32BE(lastStreamId);
    payload.writeUInt32BE(code, 4);
    this.out.frame(frames.GOAWAY, 0, 0, payload);
  }

  protected closeIfDrained(): void {
    if (this.isDraining && this.streams.size === 0 && !this.isOver) {
      this.isOver = true;
      this.close(this.plane.limits.stallMs);
    }
  }

  /** Ends behind what is written; what the client still sends is thrown away for a while (T9). */
  protected close(ms: number): void {
    this.plane.wheel.arm(this, ms);
    // Its time to close begins when our last byte has left, however slowly it reads (T14).
    this.out.end(() => {
      if (!this.isClosed) this.plane.wheel.arm(this, LIMITS.lingerMs);
    });
    if (this.isHeldBack) this.socket.resume();
  }

  protected onClose(): void {
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
