import type { Socket } from 'node:net';
import type { DataPlane } from '../http/data-plane.ts';
import type { Peer } from '../http/forwarded.ts';
import type { Tunnel } from '../http/tunnel.ts';
import { TimerEntry } from '../lib/timer-wheel.ts';
import type { ConnectionFacts } from './connection-facts.ts';
import { CLOSED, IDLE, LINGER, SERVING, TUNNEL } from './connection-state.ts';
import { LIMITS } from './limits.ts';
import { ResponseWriter } from './response-writer.ts';
import type { ServerStream } from './server-stream.ts';
import { SocketEnd } from './socket-end.ts';

/** A client's HTTP/1.x connection: reads, pauses, ends and closes; its stream understands the bytes. */
export class ServerConnection extends TimerEntry {
  readonly peer: Peer;
  readonly entrypoint: string;
  readonly writer: ResponseWriter;
  /** Requests so far (T8). */
  requests = 0;
  /** The current response is the last one. */
  closeAfter = false;
  isPaused = false;
  /** `process` is on the stack: what becomes possible inside it is carried on by its loop. */
  isProcessing = false;
  private readonly plane: DataPlane;
  private readonly socket: Socket;
  private readonly facts: ConnectionFacts;
  private state = IDLE;
  /** While a request is served. */
  private stream: ServerStream | undefined = undefined;
  /** What this connection has become an end of. */
  private tunnel: Tunnel | undefined = undefined;
  /** Bytes behind the current message or not taken yet (L7). */
  private pending: Buffer | undefined = undefined;
  private discarded = 0;
  private clientEnded = false;

  constructor(socket: Socket, plane: DataPlane, facts: ConnectionFacts) {
    super();
    this.socket = socket;
    this.plane = plane;
    this.facts = facts;
    this.peer = facts.peer;
    this.entrypoint = facts.entrypoint;
    this.writer = new ResponseWriter(socket, plane);
    plane.counters.connections += 1;
    // Until its first byte a new connection has the time of a head (T4).
    plane.wheel.arm(this, plane.limits.headMs);
    socket.on('data', (chunk: Buffer) => this.onData(chunk));
    socket.on('drain', () => this.onDrain());
    socket.on('end', () => this.onEnd());
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.onClose());
  }

  /** No further request after the current one; an idle connection closes at once. */
  drain(): void {
    this.closeAfter = true;
    if (this.state !== IDLE) return;
    // The end of the last response may still be on its way to a slow client.
    if (this.socket.writableLength > 0) this.close();
    else this.destroy();
  }

  destroy(): void {
    this.socket.destroy();
  }

  // Reading.

  private onData(chunk: Buffer): void {
    if (this.tunnel !== undefined) return this.tunnel.fromClient(chunk, 0, chunk.length, true);
    if (this.state >= LINGER) {
      this.discarded += chunk.length;
      return this.discarded > LIMITS.lingerBytes ? this.destroy() : undefined;
    }
    const { pending } = this;
    this.pending = undefined;
    this.process(pending === undefined ? chunk : Buffer.concat([pending, chunk]));
    return undefined;
  }

  /** Serves what `chunk` holds: heads, bodies, pipelined requests, in order. A fault of ours ends this connection alone. */
  private process(chunk: Buffer): void {
    this.isProcessing = true;
    try {
      this.consume(chunk, chunk.length);
    } catch (error) {
      this.closeAfter = true;
      const { stream } = this;
      if (stream === undefined) this.destroy();
      this.plane.internalFault(error, stream?.onInternalFault() ?? '');
    }
    this.isProcessing = false;
    this.stream?.flushRequest();
    this.writer.flush();
    // The client's end was seen before these bytes were served: what they leave unfinished stays so.
    if (this.clientEnded && this.pending === undefined && this.state < TUNNEL) this.onEnd();
  }

  private consume(chunk: Buffer, end: number): void {
    for (let at = 0; at < end;) {
      if (this.state === IDLE) {
        // V4, T14: nobody gets more answers before he takes those he has.
        if (this.writer.isBlocked) {
          this.plane.wheel.arm(this, this.plane.limits.stallMs);
          return this.hold(chunk, at, 0);
        }
        this.stream = this.facts.streams.take(this);
        this.state = SERVING;
      }
      const { stream } = this;
      if (this.state !== SERVING || stream === undefined) return;
      const next = stream.read(chunk, at, end);
      if (next === at) return this.hold(chunk, at, stream.isRequestComplete ? LIMITS.maxPending : 0);
      at = next;
    }
  }

  /** Keeps what cannot be served yet; the socket is not read while that is more than `most`. */
  private hold(chunk: Buffer, at: number, most: number): void {
    this.pending = at === 0 ? chunk : chunk.subarray(at);
    if (this.pending.length > most) this.pause();
  }

  pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.stream?.onResumed();
    this.socket.resume();
  }

  /** Reads on with what was held; that may ask for the next pause, so reading resumes before. */
  readOn(): void {
    const { pending } = this;
    this.pending = undefined;
    this.resume();
    if (pending !== undefined) this.process(pending);
  }

  // The stream's calls.

  /** Request and response are complete; the connection goes on or closes. */
  streamDone(): void {
    // What became a tunnel ends with it; what is closed is over.
    if (this.state !== SERVING) return;
    const isLast = this.clientEnded && this.pending === undefined && !this.isProcessing;
    if (this.closeAfter || isLast) {
      this.close();
      return;
    }
    this.releaseStream();
    this.state = IDLE;
    this.plane.wheel.arm(this, this.plane.limits.keepAliveMs);
    this.readOn();
  }

  /** `101` is written: from now on bytes pass both ways, beginning with those that came too early (U2). */
  becomeTunnel(tunnel: Tunnel): void {
    this.state = TUNNEL;
    this.tunnel = tunnel;
    this.plane.wheel.disarm(this);
    this.writer.flush();
    this.resume();
    tunnel.join(new SocketEnd(this.socket, this.peer.isTls));
    const { pending } = this;
    this.pending = undefined;
    if (pending !== undefined) tunnel.fromClient(pending, 0, pending.length, true);
    if (this.clientEnded) tunnel.clientEnded();
  }

  /** Ends the response so that the client sees it is cut (B11). */
  cut(): void {
    // V5: no request behind it is served.
    this.closeAfter = true;
    this.writer.discard();
    // Where only the end delimits the payload, only a reset tells a cut from it.
    if (this.writer.isUntilClose && !this.peer.isTls) this.socket.resetAndDestroy();
    else this.destroy();
  }

  // Closing.

  /** Ends our side behind what is written; what the client still sends is thrown away (T9). */
  close(): void {
    this.releaseStream();
    this.state = LINGER;
    this.discarded = 0;
    this.pending = undefined;
    this.writer.flush();
    this.plane.wheel.arm(this, this.plane.limits.stallMs);
    if (this.clientEnded) this.destroyAfterWrites();
    else {
      // Its time to close begins when our last byte has left, however slowly it reads (T14).
      this.socket.end(() => {
        if (this.state === LINGER) this.plane.wheel.arm(this, LIMITS.lingerMs);
      });
      this.resume();
    }
  }

  private destroyAfterWrites(): void {
    this.plane.wheel.arm(this, this.plane.limits.stallMs);
    this.socket.destroySoon();
  }

  private releaseStream(): void {
    const { stream } = this;
    if (stream === undefined) return;
    this.stream = undefined;
    this.facts.streams.release(stream);
  }

  /** The client's FIN. */
  private onEnd(): void {
    this.clientEnded = true;
    if (this.tunnel !== undefined) return this.tunnel.clientEnded();
    // V6: what could not be taken yet may complete a payload or be further requests; `process` comes back here behind it.
    if (this.pending !== undefined) return undefined;
    if (this.state === SERVING && this.stream!.onClientEnd()) {
      // A half-close; the answer is still delivered.
      this.closeAfter = true;
      return undefined;
    }
    this.destroyAfterWrites();
    return undefined;
  }

  private onClose(): void {
    if (this.state === CLOSED) return;
    this.state = CLOSED;
    this.pending = undefined;
    this.plane.wheel.disarm(this);
    this.plane.counters.connections -= 1;
    if (this.tunnel === undefined) this.stream?.onClientGone();
    else this.tunnel.clientGone();
    this.releaseStream();
    this.facts.closed(this);
  }

  private onDrain(): void {
    if (this.tunnel !== undefined) return this.tunnel.clientDrained();
    if (!this.writer.drained()) return undefined;
    if (this.stream !== undefined) this.stream.onDrain();
    else if (this.state === IDLE) this.readOn();
    return undefined;
  }

  override onTimeout(): void {
    if (this.state === SERVING) this.stream!.onTimeout();
    // The end of the last response may still be on its way.
    else if (this.state === IDLE && this.pending === undefined && this.socket.writableLength > 0) this.close();
    else this.destroy();
  }
}
