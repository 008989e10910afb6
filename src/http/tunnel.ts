import { TimerEntry } from '../lib/timer-wheel.ts';
import type { LeaveListener, Upstream } from '../upstream/upstream.ts';
import type { DataPlane } from './data-plane.ts';
import type { FailureReason } from './failure.ts';
import type { UpstreamConnection } from './upstream-connection.ts';
import { closeFrame, FrameBoundary } from './websocket-frames.ts';

/** One end of a tunnel: a socket after `101`, of HTTP/2 a stream. What it reports goes to the tunnel. */
export interface TunnelEnd {
  /**
   * Sends bytes; false asks for a pause until `tunnel.drained`. `isOwned`: the buffer is nobody else's and may be kept, else it
   * is only valid during the call.
   */
  write(buf: Buffer, start: number, end: number, isOwned: boolean): boolean;
  /** Passes the other side's end on; this side may still send (U3). */
  finish(): void;
  pause(): void;
  resume(): void;
  /** Ends both directions behind what is written. */
  close(): void;
  /** Ends both directions at once, as a reset where the protocol has one. */
  reset(): void;
}

/** How long a server that was told to stop keeps its tunnels; `docker stop` kills after ten seconds. */
const DRAIN_MS = 8000;
/** A tunnel that one side has ended: the other may still finish what it says, but need not be waited for as long as an idle one. */
const HALF_CLOSED_MS = 60_000;
/** How long the two sides have to answer a close of ours. */
const CLOSING_MS = 2000;

/**
 * Two ends joined after `101` to WebSocket (rules U2, U3, U5): bytes pass both ways unchanged and with back-pressure, an end is passed
 * as an end and a reset as a reset. One deadline: idle, or the client that does not read (T14). A server that is told to stop does not
 * leave its visitors with a cut connection: after a while, or when it ends first, they get the close that WebSocket has for it.
 */
export class Tunnel extends TimerEntry {
  /** Bytes from the server. */
  bytesSent = 0;
  private readonly plane: DataPlane;
  private readonly server: TunnelEnd;
  private client: TunnelEnd | undefined = undefined;
  private readonly over: (reason: FailureReason | undefined) => void;
  private isClientStalled = false;
  private clientFinished = false;
  private serverFinished = false;
  private isOver = false;
  private isServerGone = false;
  private isClientGone = false;
  private readonly drain: DrainTimer;
  private readonly fromServerFrames = new FrameBoundary();
  private readonly fromClientFrames = new FrameBoundary();
  /** A close of ours is on its way, or will be behind the frame that the server has begun. */
  private isClosing = false;

  /** `over` is called once: without a reason when both sides ended by themselves. */
  constructor(
    plane: DataPlane,
    server: TunnelEnd,
    upstream: Upstream<UpstreamConnection>,
    over: (reason: FailureReason | undefined) => void,
  ) {
    super();
    this.plane = plane;
    this.server = server;
    this.over = over;
    this.drain = new DrainTimer(this, plane, upstream);
    plane.wheel.arm(this, plane.limits.tunnelIdleMs);
  }

  /** Joins the client's end; before it no other method may be called. */
  join(client: TunnelEnd): void {
    this.client = client;
  }

  fromClient(buf: Buffer, start: number, end: number, isOwned: boolean): void {
    if (this.isOver) return;
    this.fromClientFrames.follow(buf, start, end);
    if (!this.isClientStalled) this.touch();
    if (!this.server.write(buf, start, end, isOwned)) this.client!.pause();
  }

  fromServer(buf: Buffer, start: number, end: number, isOwned: boolean): void {
    if (this.isOver) return undefined;
    if (this.isClosing) return this.passRest(buf, start, end);
    this.fromServerFrames.follow(buf, start, end);
    this.bytesSent += end - start;
    if (this.client!.write(buf, start, end, isOwned)) return this.isClientStalled ? undefined : this.touch();
    this.server.pause();
    if (!this.isClientStalled) this.plane.wheel.arm(this, this.plane.limits.stallMs);
    this.isClientStalled = true;
    return undefined;
  }

  clientDrained(): void {
    if (this.isOver) return;
    this.isClientStalled = false;
    this.touch();
    this.server.resume();
  }

  serverDrained(): void {
    if (!this.isOver) this.client!.resume();
  }

  clientEnded(): void {
    if (this.clientFinished) return;
    this.clientFinished = true;
    this.server.finish();
    if (this.serverFinished) this.close();
    else if (!this.isClientStalled) this.touch();
  }

  serverEnded(): void {
    if (this.serverFinished) return;
    this.serverFinished = true;
    if (this.drain.isLeaving) this.sendClose();
    this.client!.finish();
    if (this.clientFinished) this.close();
    else if (!this.isClientStalled) this.touch();
  }

  /** The client's end is closed, orderly or not. */
  clientGone(): void {
    this.isClientGone = true;
    if (!this.isOver) this.server.reset();
    this.end('client_gone');
  }

  /** The server's end is closed, orderly or not. */
  serverGone(): void {
    this.isServerGone = true;
    if (this.isOver) return this.end(undefined);
    const isTold = this.drain.isLeaving && (this.serverFinished || this.sendClose());
    if (!isTold) {
      this.client!.reset();
      return this.end('upstream_cut_short');
    }
    this.serverFinished = true;
    return this.close();
  }

  /**
   * The server has been leaving for long enough: both sides are told (RFC 6455 7.4.1, 1001), the client's as soon as the frame that is on
   * its way is whole.
   */
  closeProperly(): void {
    if (this.isOver || this.isClosing) return;
    this.isClosing = true;
    this.plane.wheel.arm(this, CLOSING_MS);
    if (this.fromClientFrames.isAtBoundary && !this.clientFinished) {
      const frame = closeFrame(true);
      this.server.write(frame, 0, frame.length, true);
    }
    if (this.fromServerFrames.isAtBoundary) this.serverEnded();
  }

  /** What is left of a frame that the server had begun; the rest is for nobody. */
  private passRest(buf: Buffer, start: number, end: number): void {
    if (this.serverFinished) return;
    const boundary = this.fromServerFrames.follow(buf, start, end, true);
    this.bytesSent += boundary - start;
    if (!this.client!.write(buf, start, boundary, false)) this.server.pause();
    if (this.fromServerFrames.isAtBoundary) this.serverEnded();
  }

  /** Tells the client that the server goes away. False: a frame is not whole, so nothing can be said. */
  private sendClose(): boolean {
    if (!this.fromServerFrames.isAtBoundary) return false;
    if (this.fromServerFrames.hasClosed) return true;
    const frame = closeFrame(false);
    this.client!.write(frame, 0, frame.length, true);
    return true;
  }

  override onTimeout(): void {
    if (this.isClosing && !this.isOver) return this.close();
    this.server.reset();
    this.client!.reset();
    return this.end(this.isClientStalled ? 'client_stalled' : 'tunnel_idle');
  }

  private touch(): void {
    if (this.isClosing) return;
    const { tunnelIdleMs } = this.plane.limits;
    const isHalf = this.clientFinished || this.serverFinished;
    this.plane.wheel.arm(this, isHalf ? Math.min(HALF_CLOSED_MS, tunnelIdleMs) : tunnelIdleMs);
  }

  /** Both sides ended; the last bytes of either may still be on their way. */
  private close(): void {
    this.server.close();
    this.client!.close();
    this.plane.wheel.arm(this, this.plane.limits.stallMs);
    // Behind it: both may be gone already.
    this.end(undefined);
  }

  private end(reason: FailureReason | undefined): void {
    if (this.isClientGone && this.isServerGone) this.plane.wheel.disarm(this);
    if (this.isOver) return;
    this.isOver = true;
    this.drain.stop();
    this.over(reason);
  }
}

/** Waits for the server of a tunnel to be told to stop, and then for its tunnels' time to be over. */
class DrainTimer extends TimerEntry implements LeaveListener {
  private readonly tunnel: Tunnel;
  private readonly plane: DataPlane;
  private readonly upstream: Upstream<UpstreamConnection>;

  constructor(tunnel: Tunnel, plane: DataPlane, upstream: Upstream<UpstreamConnection>) {
    super();
    this.tunnel = tunnel;
    this.plane = plane;
    this.upstream = upstream;
    upstream.listen(this);
    // It may have been told while it answered.
    this.onServerLeft();
  }

  /** The server was told to stop, or is not there any more; one that only fails its checks may go on with what it has. */
  get isLeaving(): boolean {
    return this.upstream.state === 'draining' || this.upstream.isRemoved;
  }

  onServerLeft(): void {
    if (this.upstream.state === 'draining') this.plane.wheel.arm(this, DRAIN_MS);
  }

  override onTimeout(): void {
    if (this.isLeaving) this.tunnel.closeProperly();
  }

  stop(): void {
    this.plane.wheel.disarm(this);
    this.upstream.unlisten(this);
  }
}
