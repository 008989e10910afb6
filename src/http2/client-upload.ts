import type { ClientHttp2Stream } from 'node:http2';
import { UnseenBody } from '../http/unseen-body.ts';
import { trailerFields } from './request-fields.ts';

/** The payload of a request on its way to a server, and what is kept of it until the server has seen anything of the request. */
export class ClientUpload {
  /** All of it was given. */
  isWritten = false;
  /** The server has said something. */
  isSeen = false;
  /** What was given of it, where no server has seen anything; undefined: nothing. */
  unseen: UnseenBody | undefined = undefined;
  private stream: ClientHttp2Stream | undefined = undefined;
  private trailers = '';

  begin(stream: ClientHttp2Stream): void {
    this.stream = stream;
  }

  /** The stream is gone. */
  detach(): void {
    this.stream = undefined;
  }

  /** It could all be sent once more. */
  get isKept(): boolean {
    return !this.isSeen && this.unseen?.isWhole !== false;
  }

  /** False asks for a pause. */
  write(buf: Buffer, start: number, end: number): boolean {
    if (!this.isSeen) (this.unseen ??= new UnseenBody()).add(buf, start, end);
    // Behind a saved response there is nobody to take it, nor where the server has called the rest off (RFC 9113 8.1).
    if (this.stream?.aborted !== false) return true;
    return this.stream.write(start === 0 && end === buf.length ? buf : buf.subarray(start, end));
  }

  end(trailers: string): void {
    this.isWritten = true;
    this.trailers = trailers;
    if (!this.isSeen) (this.unseen ??= new UnseenBody()).end(trailers);
    this.stream?.end();
  }

  /** The payload has left. */
  sendTrailers(): void {
    this.stream!.sendTrailers(trailerFields(this.trailers));
  }

  /** From here on the request is the server's. */
  seen(): void {
    this.isSeen = true;
    this.unseen = undefined;
  }
}
