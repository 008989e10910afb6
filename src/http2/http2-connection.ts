import type { Socket } from 'node:net';
import type { DataPlane } from '../http/data-plane.ts';
import type { Peer } from '../http/forwarded.ts';
import { LIMITS } from '../http1/limits.ts';
import { TimerEntry } from '../lib/timer-wheel.ts';
import { AbuseCounter } from './abuse-counter.ts';
import { BlockReader } from './block-reader.ts';
import { type FrameSink, FrameReader } from './frame-reader.ts';
import * as frames from './frames.ts';
import { Http2Stream } from './http2-stream.ts';
import type { Http2StreamPool } from './http2-stream-pool.ts';
import * as limits from './limits.ts';
import { Output } from './output.ts';
import { encodeBlock } from './response-block.ts';
import { PeerSettings } from './peer-settings.ts';

/** What the entrypoint knows of a connection when it hands it over. */
export interface Http2Facts {
  readonly entrypoint: string;
  readonly peer: Peer;
  readonly streams: Http2StreamPool;
  /** Called once, when the connection is gone. */
  readonly closed: (connection: Http2Connection) => void;
}

/**
 * A client's HTTP/2 connection (RFC 9113): frames in and out, both windows, the life of its streams. What is wrong with a stream resets
 * it, what is wrong with the connection ends it with a GOAWAY that says why.
 */
export class Http2Connection extends TimerEntry implements FrameSink {
  readonly peer: Peer;
  readonly entrypoint: string;
  /** What the client lets us send on all streams together. */
  sendWindow = frames.DEFAULT_WINDOW;
  private readonly plane: DataPlane;
  private readonly socket: Socket;
  private readonly facts: Http2Facts;
  private readonly reader = new FrameReader(this);
  private readonly blocks: BlockReader;
  private readonly out: Output;
  private readonly settings = new PeerSettings();
  private readonly streams = new Map<number, Http2Stream>();
  private readonly resets = new AbuseCounter(limits.MAX_RESETS, limits.RESETS_MS);
  private readonly noise = new AbuseCounter(limits.MAX_NOISE, limits.RESETS_MS);
  /** The highest that the client has begun. */
  private lastStreamId = 0;
  /** The highest that we have, too: what GOAWAY tells. */
  private servedStreamId = 0;
  private requests = 0;
  private receiveWindow = limits.CONNECTION_WINDOW;
  /** Taken by somebody, and not yet told the client. */
  private taken = 0;
  private hasSettings = false;
  /** No new streams: GOAWAY is out. */
  private isDraining = false;
  /** Nothing is read any more. */
  isOver = false;
  private isClosed = false;
  private isReading = false;
  /** T14: the client takes none of what it asks for. */
  private isHeldBack = false;
  /** Frames, or blocks, that were whole; and how many there were when the deadline of the next one was set. */
  private wholes = 0;
  private wholesAtArm = -1;
  /** When there was nothing to do for the last time, of the wheel's clock; 0: there is something. */
  private idleSince = 0;
  /** Bytes that were thrown away behind our end. */
  private discarded = 0;
  /** WINDOW_UPDATEs that the payload we sent lets us expect. */
  private updatesDue = 0;
  private flushAsked = false;
  /** The stream of the DATA frame that is being read; undefined: nobody's. */
  private dataStream: Http2Stream | undefined = undefined;
  private dataFlags = 0;
  private dataBytes = 0;
  /** Streams that got payload in this read. */
  private touched: Http2Stream[] = [];

  constructor(socket: Socket, plane: DataPlane, facts: Http2Facts) {
    super();
    this.socket = socket;
    this.plane = plane;
    this.facts = facts;
    this.peer = facts.peer;
    this.entrypoint = facts.entrypoint;
    this.out = new Output(socket, plane.buffers);
    this.blocks = new BlockReader(plane.limits.headBytes);
    plane.counters.connections += 1;
    this.idleSince = plane.wheel.elapsedMs;
    this.greet();
    this.rearm();
    socket.on('data', (chunk: Buffer) => this.onChunk(chunk));
    socket.on('drain', () => this.onDrain());
    socket.on('end', () => this.destroy());
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.onClose());
  }

  /** Bytes that may be gathered now. */
  get room(): number {
    return this.out.room;
  }

  /** No further stream; those that run are finished (M12). */
  drain(): void {
    this.goAway(frames.NO_ERROR);
    this.closeIfDrained();
    this.scheduleFlush();
  }

  destroy(): void {
    this.socket.destroy();
  }

  // Reading.

  private onChunk(chunk: Buffer): void {
    if (this.isOver) return this.discard(chunk.length);
    this.isReading = true;
    try {
      this.reader.read(chunk);
      const { touched } = this;
      this.touched = [];
      for (const stream of touched) stream.flushRequest();
    } catch (error) {
      this.onInternalFault(error);
    }
    this.isReading = false;
    if (this.out.backlog > limits.MAX_BACKLOG) this.holdBack();
    this.rearm();
    return this.flush();
  }

  /** RFC 9113 5.4.1: a fault of ours ends this connection alone. */
  private onInternalFault(error: unknown): void {
    this.plane.internalFault(error, '');
    try {
      this.fail(frames.INTERNAL_ERROR);
    } catch {
      // What is broken may break again.
      this.destroy();
    }
  }

  /** T9. */
  private discard(bytes: number): void {
    this.discarded += bytes;
    if (this.discarded > LIMITS.lingerBytes) this.destroy();
  }

  /** V4, T14: nobody gets more answers before he takes those he has. */
  private holdBack(): void {
    if (this.isOver) return;
    this.isHeldBack = true;
    this.socket.pause();
  }

  badFrame(code: number, streamId: number): void {
    if (code >= 0) this.fail(code);
    else this.resetById(streamId, -code);
  }

  frame(type: number, flags: number, streamId: number, buf: Buffer, start: number, end: number): void {
    const { blocks } = this;
    // RFC 9113 6.2, 6.10: nothing between the frames of a block.
    if (blocks.isOpen && (type !== frames.CONTINUATION || streamId !== blocks.streamId)) {
      return this.fail(frames.PROTOCOL_ERROR);
    }
    // RFC 9113 3.4.
    if (!this.hasSettings && type !== frames.SETTINGS) return this.fail(frames.PROTOCOL_ERROR);
    if (type !== frames.HEADERS && type !== frames.CONTINUATION) this.wholes += 1;
    switch (type) {
      case frames.HEADERS:
        return this.onHeaders(flags, streamId, buf, start, end);
      case frames.CONTINUATION:
        if (!blocks.isOpen) return this.fail(frames.PROTOCOL_ERROR);
        return this.onBlock(blocks.add(flags, buf, start, end));
      case frames.PRIORITY:
        // RFC 9113 5.3.1: a stream cannot depend on itself.
        if (this.makeNoise() && (buf.readUInt32BE(start) & 0x7fff_ffff) === streamId)
          this.resetById(streamId, frames.PROTOCOL_ERROR);
        return undefined;
      case frames.RST_STREAM:
        return this.onReset(streamId);
      case frames.SETTINGS:
        return this.onSettings(flags, buf, start, end);
      case frames.PING:
        if (this.makeNoise() && (flags & frames.ACK) === 0)
          this.out.frame(frames.PING, frames.ACK, 0, Buffer.from(buf.subarray(start, end)));
        return undefined;
      case frames.GOAWAY:
        // It will open no more streams, and says so.
        return this.makeNoise() ? this.closeIfDrained() : undefined;
      case frames.WINDOW_UPDATE:
        return this.onWindowUpdate(streamId, buf.readUInt32BE(start) & 0x7fff_ffff);
      case frames.PUSH_PROMISE:
        return this.fail(frames.PROTOCOL_ERROR);
      default:
        this.makeNoise();
        return undefined;
    }
  }

  private onSettings(flags: number, buf: Buffer, start: number, end: number): void {
    if (!this.makeNoise()) return undefined;
    if ((flags & frames.ACK) !== 0) return this.hasSettings ? undefined : this.fail(frames.PROTOCOL_ERROR);
    const before = this.settings.initialWindow;
    const fault = this.settings.apply(buf, start, end);
    if (fault !== 0) return this.fail(fault);
    const change = this.settings.initialWindow - before;
    for (const stream of change === 0 ? [] : this.streams.values()) {
      stream.sendWindow += change;
      if (stream.sendWindow > frames.MAX_WINDOW) return this.fail(frames.FLOW_CONTROL_ERROR);
    }
    this.hasSettings = true;
    this.out.frame(frames.SETTINGS, frames.ACK, 0, undefined);
    if (change > 0) this.offerRoom();
    return undefined;
  }

  private onWindowUpdate(streamId: number, bytes: number): void {
    if (this.updatesDue > 0) this.updatesDue -= 1;
    else if (!this.makeNoise()) return undefined;
    if (streamId === 0) {
      if (bytes === 0) return this.fail(frames.PROTOCOL_ERROR);
      this.sendWindow += bytes;
      if (this.sendWindow > frames.MAX_WINDOW) return this.fail(frames.FLOW_CONTROL_ERROR);
      return this.offerRoom();
    }
    const stream = this.streams.get(streamId);
    if (stream === undefined) return this.isIdle(streamId) ? this.fail(frames.PROTOCOL_ERROR) : undefined;
    if (bytes === 0) return this.reset(stream, frames.PROTOCOL_ERROR);
    stream.sendWindow += bytes;
    if (stream.sendWindow > frames.MAX_WINDOW) return this.reset(stream, frames.FLOW_CONTROL_ERROR);
    return stream.onRoom();
  }

  private onReset(streamId: number): void {
    const stream = this.streams.get(streamId);
    if (stream === undefined) {
      if (this.isIdle(streamId)) this.fail(frames.PROTOCOL_ERROR);
      else this.makeNoise();
      return;
    }
    if (this.countReset()) stream.abandon('client_gone');
  }

  private onHeaders(flags: number, streamId: number, buf: Buffer, start: number, end: number): void {
    const { blocks } = this;
    if ((streamId & 1) === 0) return this.fail(frames.PROTOCOL_ERROR);
    const isNew = this.isIdle(streamId);
    const stream = this.streams.get(streamId);
    // RFC 9113 5.1: a stream that is over gets no more; one that we reset may not know it yet.
    if (!isNew && stream === undefined) blocks.ignore();
    if (isNew) this.lastStreamId = streamId;
    return this.onBlock(blocks.open(flags, streamId, stream !== undefined, buf, start, end));
  }

  /** `code`: an error code of the connection, or 0; the block may be whole. */
  private onBlock(code: number): void {
    const { blocks } = this;
    if (code !== 0) return this.fail(code);
    if (!blocks.isWhole) return undefined;
    this.wholes += 1;
    const stream = this.streams.get(blocks.streamId);
    if (blocks.isIgnored) {
      this.makeNoise();
      return undefined;
    }
    if (blocks.isTrailers) {
      if (stream === undefined) return undefined;
      if (stream.isRemoteDone) return this.reset(stream, frames.STREAM_CLOSED);
      // RFC 9113 8.1: trailers end the request; nobody behind us is sent any (C3).
      if (!blocks.isLast || blocks.isMalformed) return this.reset(stream, frames.PROTOCOL_ERROR);
      return this.endOf(stream);
    }
    return this.openStream();
  }

  private openStream(): void {
    const { blocks, plane } = this;
    const id = blocks.streamId;
    if (this.isDraining) {
      this.makeNoise();
      return undefined;
    }
    if (blocks.dependsOnItself || blocks.isMalformed) return this.refuseStream(id, frames.PROTOCOL_ERROR);
    if (this.streams.size >= limits.MAX_STREAMS) return this.refuseStream(id, frames.REFUSED_STREAM);
    const stream = this.facts.streams.take();
    stream.open(this, id, this.settings.initialWindow);
    this.streams.set(id, stream);
    this.servedStreamId = id;
    this.idleSince = 0;
    this.requests += 1;
    stream.begin(blocks.isLast, blocks.parseInto(stream.head));
    if (this.requests >= plane.limits.requests || plane.isDraining) this.drain();
    return undefined;
  }

  /** MadeYouReset: streams that end for a fault of the client count like those that it resets itself. */
  private refuseStream(id: number, code: number): void {
    if (this.countReset()) this.writeReset(id, code);
  }

  dataBegin(flags: number, streamId: number, bytes: number): void {
    if (this.blocks.isOpen || !this.hasSettings) return this.fail(frames.PROTOCOL_ERROR);
    this.wholes += 1;
    this.receiveWindow -= bytes;
    if (this.receiveWindow < 0) return this.fail(frames.FLOW_CONTROL_ERROR);
    const stream = this.streams.get(streamId);
    this.dataFlags = flags;
    this.dataBytes = bytes;
    this.dataStream = stream;
    if (stream === undefined) {
      if (this.isIdle(streamId)) return this.fail(frames.PROTOCOL_ERROR);
      // It may have been sent before our reset came there; it takes up the window all the same.
      this.makeNoise();
      return undefined;
    }
    stream.receiveWindow -= bytes;
    const code = stream.isRemoteDone ? frames.STREAM_CLOSED : stream.receiveWindow < 0 ? frames.FLOW_CONTROL_ERROR : 0;
    if (code !== 0) {
      this.dataStream = undefined;
      this.reset(stream, code);
    } else if (bytes === 0 && (flags & frames.END_STREAM) === 0) this.makeNoise();
    return undefined;
  }

  data(buf: Buffer, start: number, end: number): void {
    this.dataBytes -= end - start;
    const stream = this.dataStream;
    if (stream === undefined) return this.credit(end - start);
    if (this.touched.at(-1) !== stream) this.touched.push(stream);
    if (stream.onData(buf, start, end)) return undefined;
    this.dataStream = undefined;
    return this.reset(stream, frames.PROTOCOL_ERROR);
  }

  dataEnd(): void {
    const stream = this.dataStream;
    this.dataStream = undefined;
    // Padding is nobody's.
    if (stream === undefined) return this.credit(this.dataBytes);
    if (this.dataBytes > 0) stream.credit(this.dataBytes);
    return (this.dataFlags & frames.END_STREAM) === 0 ? undefined : this.endOf(stream);
  }

  private endOf(stream: Http2Stream): void {
    if (!stream.onRemoteEnd()) this.reset(stream, frames.PROTOCOL_ERROR);
  }

  private isIdle(streamId: number): boolean {
    return streamId > this.lastStreamId || (streamId & 1) === 0;
  }

  /** False: it was too much, and the connection is over. */
  private makeNoise(): boolean {
    if (this.noise.isTooMuch(this.plane.wheel.elapsedMs)) this.fail(frames.ENHANCE_YOUR_CALM);
    return !this.isOver;
  }

  /** False: it was too much, and the connection is over. */
  private countReset(): boolean {
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

  /** A field block, in as many frames as it takes (RFC 9113 6.2, 6.10). */
  sendBlock(streamId: number, status: number | undefined, fields: string, isLast: boolean): void {
    const block = encodeBlock(status, fields);
    const last = isLast ? frames.END_STREAM : 0;
    for (let at = 0; at === 0 || at < block.length; at += frames.MAX_PAYLOAD) {
      const end = Math.min(block.length, at + frames.MAX_PAYLOAD);
      const flags = end === block.length ? frames.END_HEADERS : 0;
      const type = at === 0 ? frames.HEADERS : frames.CONTINUATION;
      this.out.frame(type, at === 0 ? flags | last : flags, streamId, block.subarray(at, end));
    }
    this.scheduleFlush();
  }

  sendData(stream: Http2Stream, buf: Buffer, start: number, end: number, isLast: boolean): void {
    const bytes = end - start;
    this.sendWindow -= bytes;
    stream.sendWindow -= bytes;
    const isTiny = bytes < limits.TINY_DATA && !isLast && (stream.sendWindow <= 0 || this.sendWindow <= 0);
    if (!isTiny) this.updatesDue += 2;
    this.out.data(isLast ? frames.END_STREAM : 0, stream.id, buf, start, end);
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
    this.touched = this.touched.filter((other) => other !== stream);
    if (this.dataStream === stream) this.dataStream = undefined;
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

  private resetById(streamId: number, code: number): void {
    const stream = this.streams.get(streamId);
    if (stream !== undefined) this.reset(stream, code);
    else this.refuseStream(streamId, code);
  }

  private writeReset(streamId: number, code: number): void {
    const payload = Buffer.allocUnsafe(4);
    payload.writeUInt32BE(code);
    this.out.frame(frames.RST_STREAM, 0, streamId, payload);
    this.scheduleFlush();
  }

  // Writing.

  private greet(): void {
    const pairs: readonly (readonly [id: number, value: number])[] = [
      [frames.MAX_CONCURRENT_STREAMS, limits.MAX_STREAMS],
      [frames.INITIAL_WINDOW_SIZE, limits.STREAM_WINDOW],
      [frames.MAX_HEADER_LIST_SIZE, this.plane.limits.headBytes],
    ];
    const payload = Buffer.alloc(pairs.length * 6);
    for (const [index, [id, value]] of pairs.entries()) {
      payload.writeUInt16BE(id, index * 6);
      payload.writeUInt32BE(value, index * 6 + 2);
    }
    this.out.frame(frames.SETTINGS, 0, 0, payload);
    this.windowUpdate(0, limits.CONNECTION_WINDOW - frames.DEFAULT_WINDOW);
  }

  private readonly flush = (): void => {
    this.flushAsked = false;
    if (!this.isClosed) this.out.flush();
  };

  private onDrain(): void {
    this.out.unblock();
    try {
      this.offerRoom();
    } catch (error) {
      this.onInternalFault(error);
    }
    this.flush();
    if (!this.isHeldBack) return;
    this.isHeldBack = false;
    this.socket.resume();
    this.rearm();
  }

  /** In turn: nobody's large response keeps another's small one waiting for longer than a buffer. */
  private offerRoom(): void {
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
  private fail(code: number): void {
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
    const payload = Buffer.allocUnsafe(8);
    payload.writeUInt32BE(this.servedStreamId);
    payload.writeUInt32BE(code, 4);
    this.out.frame(frames.GOAWAY, 0, 0, payload);
  }

  private closeIfDrained(): void {
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
    this.plane.counters.connections -= 1;
    for (const stream of [...this.streams.values()]) stream.abandon('client_gone');
    this.out.discard();
    this.facts.closed(this);
  }

  /** One deadline in every state: of a part of a head (T4), of nothing to do (T7), of a client that reads nothing (T14). */
  private rearm(): void {
    if (this.isOver) return;
    const { wheel, limits: times } = this.plane;
    if (this.isHeldBack) return wheel.arm(this, times.stallMs);
    // What is no request does not keep a connection without requests: its time runs on.
    const idleMs = this.idleSince === 0 ? Infinity : this.idleSince + times.keepAliveMs - wheel.elapsedMs;
    const isInPart = this.blocks.isOpen || !this.hasSettings || this.reader.isInPart;
    if (!isInPart) {
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
