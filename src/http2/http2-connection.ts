import type { Socket } from 'node:net';
import type { DataPlane } from '../http/data-plane.ts';
import { LIMITS } from '../http1/limits.ts';
import { BlockReader } from './block-reader.ts';
import { ConnectionBase, type Http2Facts } from './connection-base.ts';
import { DrainStep } from './drain-step.ts';
import { type FrameSink, FrameReader } from './frame-reader.ts';
import * as frames from './frames.ts';
import type { Http2Stream } from './http2-stream.ts';
import * as limits from './limits.ts';
import { PeerSettings } from './peer-settings.ts';

/**
 * A client's HTTP/2 connection (RFC 9113): frames in and out, both windows, the life of its streams. What is wrong with a stream resets
 * it, what is wrong with the connection ends it with a GOAWAY that says why.
 */
export class Http2Connection extends ConnectionBase implements FrameSink {
  private readonly reader = new FrameReader(this);
  private readonly blocks: BlockReader;
  private readonly settings = new PeerSettings();
  /** The highest that the client has begun. */
  private lastStreamId = 0;
  private requests = 0;
  private hasSettings = false;
  /** Bytes that were thrown away behind our end. */
  private discarded = 0;
  /** The stream of the DATA frame that is being read; undefined: nobody's. */
  private dataStream: Http2Stream | undefined = undefined;
  private dataFlags = 0;
  private dataBytes = 0;
  /** Streams that got payload in this read. */
  private touched: Http2Stream[] = [];

  constructor(socket: Socket, plane: DataPlane, facts: Http2Facts) {
    super(socket, plane, facts);
    this.blocks = new BlockReader(plane.limits.headBytes);
    this.start();
  }

  protected override get isInPart(): boolean {
    return this.blocks.isOpen || !this.hasSettings || this.reader.isInPart;
  }

  protected override forget(stream: Http2Stream): void {
    this.touched = this.touched.filter((other) => other !== stream);
    if (this.dataStream === stream) this.dataStream = undefined;
  }

  protected override gone(): void {
    this.facts.closed(this);
  }

  protected override onChunk(chunk: Buffer): void {
    if (this.isOver) return this.discard(chunk.length);
    this.out.isCorked = true;
    try {
      this.reader.read(chunk);
      const { touched } = this;
      this.touched = [];
      for (const stream of touched) stream.flushRequest();
    } catch (error) {
      this.onInternalFault(error);
    }
    this.out.isCorked = false;
    if (this.out.backlog > limits.MAX_BACKLOG) this.holdBack();
    this.rearm();
    return this.out.flush();
  }

  /** T9. */
  private discard(bytes: number): void {
    this.discarded += bytes;
    if (this.discarded > LIMITS.lingerBytes) this.destroy();
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
        // RFC 9113 5.3.2: nobody heeds what it says any more.
        this.makeNoise();
        return undefined;
      case frames.RST_STREAM:
        return this.onReset(streamId);
      case frames.SETTINGS:
        return this.onSettings(flags, buf, start, end);
      case frames.PING:
        return this.makeNoise() ? this.onPing(flags, Buffer.from(buf.subarray(start, end))) : undefined;
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

  private onPing(flags: number, payload: Buffer): void {
    if ((flags & frames.ACK) === 0) this.out.ping(payload, frames.ACK);
    else if (this.drainStep !== undefined && payload.equals(DrainStep.PING)) this.finishDrain();
  }

  private onSettings(flags: number, buf: Buffer, start: number, end: number): void {
    if (!this.makeNoise()) return undefined;
    if ((flags & frames.ACK) !== 0) return this.hasSettings ? undefined : this.fail(frames.PROTOCOL_ERROR);
    const before = this.settings.initialWindow;
    const fault = this.settings.apply(buf, start, end);
    if (fault !== 0) return this.fail(fault);
    const change = this.settings.initialWindow - before;
    for (const stream of change === 0 ? [] : this.streams.values()) {
      stream.sender.window += change;
      if (stream.sender.window > frames.MAX_WINDOW) return this.fail(frames.FLOW_CONTROL_ERROR);
    }
    this.hasSettings = true;
    this.out.acknowledgeSettings();
    if (change > 0) this.offerRoom();
    return undefined;
  }

  private onWindowUpdate(streamId: number, bytes: number): void {
    if (!this.out.expectsUpdate() && !this.makeNoise()) return undefined;
    if (streamId === 0) {
      if (bytes === 0) return this.fail(frames.PROTOCOL_ERROR);
      this.out.window += bytes;
      if (this.out.window > frames.MAX_WINDOW) return this.fail(frames.FLOW_CONTROL_ERROR);
      return this.offerRoom();
    }
    const stream = this.streams.get(streamId);
    if (stream === undefined) return this.isIdle(streamId) ? this.fail(frames.PROTOCOL_ERROR) : undefined;
    if (bytes === 0) return this.reset(stream, frames.PROTOCOL_ERROR);
    stream.sender.window += bytes;
    if (stream.sender.window > frames.MAX_WINDOW) return this.reset(stream, frames.FLOW_CONTROL_ERROR);
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
      if (stream.receiver.isDone) return this.reset(stream, frames.STREAM_CLOSED);
      // RFC 9113 8.1, 8.5: trailers end the request, and what is connected has none.
      const trailers = blocks.isLast && !stream.head.isUpgrade ? blocks.parseTrailers(stream.head.isGrpc) : undefined;
      return trailers === undefined ? this.reset(stream, frames.PROTOCOL_ERROR) : this.endOf(stream, trailers);
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
    if (this.countReset()) this.out.reset(id, code);
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
    stream.receiver.window -= bytes;
    const { isDone, window } = stream.receiver;
    const code = isDone ? frames.STREAM_CLOSED : window < 0 ? frames.FLOW_CONTROL_ERROR : 0;
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
    if (this.dataBytes > 0) stream.receiver.credit(this.dataBytes);
    return (this.dataFlags & frames.END_STREAM) === 0 ? undefined : this.endOf(stream, '');
  }

  private endOf(stream: Http2Stream, trailers: string): void {
    if (!stream.onRemoteEnd(trailers)) this.reset(stream, frames.PROTOCOL_ERROR);
  }

  private isIdle(streamId: number): boolean {
    return streamId > this.lastStreamId || (streamId & 1) === 0;
  }

  private resetById(streamId: number, code: number): void {
    const stream = this.streams.get(streamId);
    if (stream !== undefined) this.reset(stream, code);
    // RFC 9113 5.1: what has not begun cannot be reset.
    else if (this.isIdle(streamId)) this.fail(code);
    else this.refuseStream(streamId, code);
  }
}
