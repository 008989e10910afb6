import type { Socket } from 'node:net';
import type { TunnelEnd } from '../http/tunnel.ts';
import { LIMITS } from './limits.ts';

/** A socket as the end of a tunnel. */
export class SocketEnd implements TunnelEnd {
  private readonly socket: Socket;
  private readonly isTls: boolean;
  private isPaused = false;

  constructor(socket: Socket, isTls: boolean) {
    this.socket = socket;
    this.isTls = isTls;
  }

  write(buf: Buffer, start: number, end: number, isOwned: boolean): boolean {
    if (end - start <= LIMITS.smallBytes) return this.socket.write(buf.latin1Slice(start, end), 'latin1');
    const piece = buf.subarray(start, end);
    return this.socket.write(isOwned ? piece : Buffer.from(piece));
  }

  finish(): void {
    this.socket.end();
  }

  pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.socket.resume();
  }

  close(): void {
    this.socket.destroySoon();
  }

  /** U3: as a reset on a plain socket; TLS has only the missing close alert. */
  reset(): void {
    const { socket } = this;
    // While our end is on its way libuv refuses a reset, and Node would neither close the socket nor tell.
    const isEnding = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
    if (this.isTls || isEnding) socket.destroy();
    else socket.resetAndDestroy();
  }
}
