import type { Socket } from 'node:net';
import { PREFACE } from '../http2/frames.ts';
import { TimerEntry, type TimerWheel } from '../lib/timer-wheel.ts';
import { INCOMPLETE, MALFORMED, ProxyHeader } from './proxy-header.ts';

/** F6: a whole PROXY header. */
const PROXY_HEADER_MS = 3000;

const TLS_HANDSHAKE_RECORD = 0x16;

/** Whoever waits for first bytes; one object for all sockets of an entrypoint. */
export interface FirstBytesOwner {
  readonly wheel: TimerWheel;
  /** T4: what a connection begins with whose transport or protocol is not known without it. */
  readonly firstByteMs: number;
  /** The first byte behind a header is wanted too: it tells TLS from a request. */
  readonly peeks: boolean;
  /** Plain connections may begin with the preface of HTTP/2 (RFC 9113 3.4). */
  readonly seeksPreface: boolean;
  /** A header announces this client. False when it may not come in; the socket is destroyed then. */
  announced(socket: Socket, client: string): boolean;
  /** Every byte behind the header is back in the paused socket; what nobody asked for is false. */
  ready(socket: Socket, client: string, isTls: boolean, isHttp2: boolean): void;
  /** There is no proper header, or not in time. The socket is destroyed. */
  withoutHeader(reason: 'bad_proxy_header' | 'proxy_header_timeout', address: string): void;
}

/**
 * Reads what a connection begins with, before anybody serves it: the PROXY header of a listed peer (F6), the byte that tells TLS from
 * plain HTTP, and the preface that tells HTTP/2 from HTTP/1.1. Only for connections that need one of them.
 */
export class FirstBytes extends TimerEntry {
  private readonly socket: Socket;
  private readonly owner: FirstBytesOwner;
  private client: string;
  /** Until it is complete. */
  private header: ProxyHeader | undefined;
  /** A part of the preface. */
  private part: Buffer | undefined = undefined;

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
    this.judge(at === 0 ? chunk : chunk.subarray(at));
  };

  /** Bytes behind the header. */
  private judge(chunk: Buffer): void {
    const { peeks, seeksPreface } = this.owner;
    const bytes = this.part === undefined ? chunk : Buffer.concat([this.part, chunk]);
    if (bytes.length === 0 && (peeks || seeksPreface)) return;
    const isTls = peeks && bytes[0] === TLS_HANDSHAKE_RECORD;
    if (isTls || !seeksPreface) return this.handOver(bytes, isTls, false);
    const length = Math.min(bytes.length, PREFACE.length);
    const isPreface = PREFACE.compare(bytes, 0, length, 0, length) === 0;
    if (!isPreface || length === PREFACE.length) return this.handOver(bytes, false, isPreface);
    this.part = bytes;
    return undefined;
  }

  private handOver(bytes: Buffer, isTls: boolean, isHttp2: boolean): void {
    const { socket } = this;
    this.release();
    socket.off('data', this.onData);
    socket.off('end', this.destroy);
    socket.off('error', this.destroy);
    socket.off('close', this.release);
    socket.pause();
    if (bytes.length > 0) socket.unshift(bytes);
    this.owner.ready(socket, this.client, isTls, isHttp2);
  }

  private readonly release = (): void => {
    this.owner.wheel.disarm(this);
  };

  private readonly destroy = (): void => {
    this.socket.destroy();
  };
}
