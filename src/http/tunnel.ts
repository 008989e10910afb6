import { TimerEntry } from '../lib/timer-wheel.ts';
import type { DataPlane } from './data-plane.ts';
import type { FailureReason } from './failure.ts';

/** One end of a tunnel: a socket after `101`; of HTTP/2 later a stream. What it reports goes to the tunnel. */
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

/**
 * Two ends joined after `101` (rules U2, U3, U5): bytes pass both ways uninspected and with back-pressure, an end is passed as
 * an end and a reset as a reset. One deadline: idle, or the client that does not read (T14).
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

  /** `over` is called once: without a reason when both sides ended by themselves. */
  constructor(plane: DataPlane, server: TunnelEnd, over: (reason: FailureReason | undefined) => void) {
    super();
    this.plane = plane;
    this.server = server;
    this.over = over;
    plane.wheel.arm(this, plane.limits.tunnelIdleMs);
  }

  /** Joins the client's end; before it no other method may be called. */
  join(client: TunnelEnd): void {
    this.client = client;
  }

  fromClient(buf: Buffer, start: number, end: number, isOwned: boolean): void {
    if (this.isOver) return;
    if (!this.isClientStalled) this.touch();
    if (!this.server.write(buf, start, end, isOwned)) this.client!.pause();
  }

  fromServer(buf: Buffer, start: number, end: number, isOwned: boolean): void {
    if (this.isOver) return undefined;
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
  }

  serverEnded(): void {
    if (this.serverFinished) return;
    this.serverFinished = true;
    this.client!.finish();
    if (this.clientFinished) this.close();
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
    if (!this.isOver) this.client!.reset();
    this.end('upstream_cut_short');
  }

  override onTimeout(): void {
    this.server.reset();
    this.client!.reset();
    this.end(this.isClientStalled ? 'client_stalled' : 'tunnel_idle');
  }

  private touch(): void {
    this.plane.wheel.arm(this, this.plane.limits.tunnelIdleMs);
  }

  /** Both sides ended; the last bytes of either may still be on their way. */
  private close(): void {
    this.server.close();
    this.client!.close();
    this.end(undefined);
    this.plane.wheel.arm(this, this.plane.limits.stallMs);
  }

  private end(reason: FailureReason | undefined): void {
    if (this.isClientGone && this.isServerGone) this.plane.wheel.disarm(this);
    if (this.isOver) return;
    this.isOver = true;
    this.over(reason);
  }
}
