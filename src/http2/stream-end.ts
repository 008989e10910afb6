import type { Tunnel, TunnelEnd } from '../http/tunnel.ts';
import type { Http2Stream } from './http2-stream.ts';

/**
 * A stream of HTTP/2 as the client's end of a tunnel (U4, RFC 8441 5): DATA both ways, END_STREAM for an end, RST_STREAM(CANCEL) for a
 * reset. The tunnel may outlive the stream, which serves other requests then and hears nothing of it.
 */
export class StreamEnd implements TunnelEnd {
  readonly tunnel: Tunnel;
  /** The server takes nothing for now. */
  isPaused = false;
  /** While the tunnel is. */
  private stream: Http2Stream | undefined;

  constructor(stream: Http2Stream, tunnel: Tunnel) {
    this.stream = stream;
    this.tunnel = tunnel;
  }

  // The tunnel's calls.

  write(buf: Buffer, start: number, end: number): boolean {
    return this.stream === undefined || this.stream.sendData(buf, start, end, false) === 0;
  }

  finish(): void {
    this.stream?.sendEnd('');
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.stream?.passToTunnel();
  }

  /** The client's side may still run for a while; the stream sees to its end. */
  close(): void {
    this.finish();
  }

  reset(): void {
    this.stream?.cancel();
  }

  /** The tunnel is over, and the stream somebody else's soon. */
  detach(): void {
    this.stream = undefined;
    this.tunnel.clientGone();
  }
}
