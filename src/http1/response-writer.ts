import type { Socket } from 'node:net';
import { type Answer, reasonPhrase } from '../http/answer.ts';
import type { DataPlane } from '../http/data-plane.ts';
import { BLOCKED, RETAINED } from '../http/downstream.ts';
import { CHUNKED, LENGTH, NO_BODY, type ResponseMessage, UNTIL_CLOSE } from '../http/message.ts';
import { LIMITS } from './limits.ts';
import { Outbox } from './outbox.ts';

const LAST_CHUNK = '0\r\n';

/**
 * Writes responses to an HTTP/1.x client. Small things gather in one latin1 string, so that a head, its payload and the last
 * chunk leave in one write; large payload is written as it is. All framing is ours (X6, V2).
 */
export class ResponseWriter {
  /** The socket asked for a pause. */
  isBlocked = false;
  /** The end of the connection is what delimits the payload of this response (V2). */
  isUntilClose = false;
  private readonly socket: Socket;
  private readonly plane: DataPlane;
  private readonly out = new Outbox();
  private minorVersion = 1;
  private isChunked = false;
  private sendsTrailers = false;

  constructor(socket: Socket, plane: DataPlane) {
    this.socket = socket;
    this.plane = plane;
  }

  begin(minorVersion: number, acceptsTrailers: boolean): void {
    this.minorVersion = minorVersion;
    this.sendsTrailers = acceptsTrailers;
    this.isChunked = false;
    this.isUntilClose = false;
  }

  /** B5, V2: never to HTTP/1.0. */
  interim(status: number, reason: string, fields: string): void {
    if (this.minorVersion === 0) return;
    this.out.add(`HTTP/1.1 ${status} ${reason}\r\n${fields}\r\n`);
  }

  /** A response head; returns whether the connection must close after it. */
  head(response: ResponseMessage, close: boolean): boolean {
    let head = `HTTP/1.1 ${response.status} ${response.reason}\r\n` + response.fields;
    if (!response.hasDate) head += this.plane.dateLine;
    switch (response.body) {
      case NO_BODY:
        if (response.contentLength >= 0) head += `Content-Length: ${response.contentLength}\r\n`;
        break;
      case LENGTH:
        head += `Content-Length: ${response.contentLength}\r\n`;
        break;
      case CHUNKED:
      case UNTIL_CLOSE:
        if (this.minorVersion === 1) {
          head += 'Transfer-Encoding: chunked\r\n';
          this.isChunked = true;
        } else this.isUntilClose = true;
        break;
      default:
        response.body satisfies never;
    }
    close ||= this.isUntilClose;
    this.out.add(head + this.connectionField(close));
    return close;
  }

  answer(answer: Answer, isHead: boolean, close: boolean): void {
    const length = answer.status === 204 ? '' : `Content-Length: ${Buffer.byteLength(answer.body)}\r\n`;
    let text =
      `HTTP/1.1 ${answer.status} ${reasonPhrase(answer.status)}\r\n${answer.fields}${this.plane.dateLine}${length}` +
      this.connectionField(close);
    if (!isHead) text += answer.body;
    // Many answers may follow each other in one turn.
    if (this.out.bytes > LIMITS.smallBytes) this.flush();
    this.out.add(text);
  }

  switching(response: ResponseMessage): void {
    this.isChunked = false;
    this.out.add(
      `HTTP/1.1 101 ${response.reason}\r\n${response.fields}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
  }

  /** Payload; see `Downstream.sendData`. */
  data(buf: Buffer, start: number, end: number, isPooled: boolean): number {
    const { out } = this;
    if (this.isChunked) out.add(`${(end - start).toString(16)}\r\n`);
    if (!out.takes(buf, start, end)) {
      if (isPooled && !this.isChunked) return this.pooled(buf, start, end) | RETAINED;
      this.written(out.flushWith(this.socket, buf, start, end));
    }
    if (this.isChunked) out.add('\r\n');
    return this.isBlocked ? BLOCKED : 0;
  }

  end(trailers: string): void {
    if (!this.isChunked) return;
    this.out.add(LAST_CHUNK + (this.sendsTrailers ? trailers : '') + '\r\n');
    this.isChunked = false;
  }

  flush(): void {
    this.written(this.out.flush(this.socket));
  }

  /** Drops what was gathered: the response is cut. */
  discard(): void {
    this.out.clear();
  }

  /** The socket drained; true when a pause ends by it. */
  drained(): boolean {
    const wasBlocked = this.isBlocked;
    this.isBlocked = false;
    return wasBlocked;
  }

  /** A pooled buffer is written without a copy and released when the write is done. */
  private pooled(buf: Buffer, start: number, end: number): number {
    this.flush();
    const { buffers } = this.plane;
    this.written(this.socket.write(buf.subarray(start, end), () => buffers.release(buf)));
    return this.isBlocked ? BLOCKED : 0;
  }

  private written(hasRoom: boolean): void {
    if (!hasRoom) this.isBlocked = true;
  }

  /** V1, C5: our own Connection field, and the end of the head. */
  private connectionField(close: boolean): string {
    if (close) return 'Connection: close\r\n\r\n';
    return this.minorVersion === 0 ? 'Connection: keep-alive\r\n\r\n' : '\r\n';
  }
}
