import type { Socket } from 'node:net';
import { TimerEntry, type TimerWheel } from '../lib/timer-wheel.ts';
import { INCOMPLETE, MALFORMED, ProxyHeader } from './proxy-header.ts';

/** F6: a whole PROXY header. */
const PROXY_HEADER_MS = 3000;

/** Whoever waits for first bytes; one object for all sockets of an entrypoint. */
export interface FirstBytesOwner {
  readonly wheel: TimerWheel;
  /** T4: the first byte of a connection whose transport is not known without it. */
  readonly firstByteMs: number;
  /** The first byte behind a header is wanted too. */
  readonly peeks: boolean;
  /** A header announces this client. False when it may not come in; the socket is destroyed then. */
  announced(socket: Socket, client: string): boolean;
  /** Every byte behind the header is back in the paused socket; `firstByte` is -1 when none was asked for. */
  ready(socket: Socket, client: string, firstByte: number): void;
  /** There is no proper header, or not in time. The socket is destroyed. */
  withoutHeader(reason: 'bad_proxy_header' | 'proxy_header_timeout', address: string): void;
}

/**
 * Reads what a connection begins with, before anybody serves it: the PROXY header of a listed peer (F6), and the byte that tells
 * TLS from plain HTTP. Only for connections that need one of the two.
 */
export class FirstBytes extends TimerEntry {
  private readonly socket: Socket;
  private readonly owner: FirstBytesOwner;
  private client: string;
  /** Until it is complete. */
  private header: ProxyHeader | undefined;

  /** `client`: plain address of the socket, the client's own unless a header says otherwise. */
  constructor(socket: Socket, client: string, hasHeader: boolean, owner: FirstBytesOwner) {
    super();
    this.socket = socket;
    this.owner = owner;
    this.client = client;
    this.header = hasHeader ? new ProxyHeader() : undefined;
  }

  /** Begins to read; from here the owner hears of it. */
  start(): void {
    const { owner, socket } = this;
    owner.wheel.arm(this, this.header === undefined ? owner.firstByteMs : PROXY_HEADER_MS);
    socket.on('data', this.onData);
    socket.on('end', this.destroy);
    socket.on('error', this.destroy);
    socket.on('close', this.release);
  }

  override onTimeout(): void {
    if (this.header !== undefined) this.owner.withoutHeader('proxy_header_timeout', this.client);
    this.destroy();
  }

  private readonly onData = (chunk: Buffer): void => {
    let at = 0;
    if (this.header !== undefined) {
      at = this.header.read(chunk, 0);
      if (at === INCOMPLETE) return;
      if (at === MALFORMED) {
        this.owner.withoutHeader('bad_proxy_header', this.client);
        this.destroy();
        return;
      }
      const { source } = this.header;
      this.header = undefined;
      if (source !== undefined) {
        this.client = source;
        if (!this.owner.announced(this.socket, source)) return;
      }
      this.owner.wheel.arm(this, this.owner.firstByteMs);
    }
    if (this.owner.peeks && at === chunk.length) return;
    this.handOver(chunk, at);
  };

  private handOver(chunk: Buffer, at: number): void {
    const { socket } = this;
    this.release();
    socket.off('data', this.onData);
    socket.off('end', this.destroy);
    socket.off('error', this.destroy);
    socket.off('close', this.release);
    socket.pause();
    if (at < chunk.length) socket.unshift(at === 0 ? chunk : chunk.subarray(at));
    this.owner.ready(socket, this.client, this.owner.peeks ? chunk[at]! : -1);
  }

  private readonly release = (): void => {
    this.owner.wheel.disarm(this);
  };

  private readonly destroy = (): void => {
    this.socket.destroy();
  };
}
