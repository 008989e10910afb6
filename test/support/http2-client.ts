import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2';

/** What came of one request. */
export interface Http2Answer {
  readonly status: number;
  readonly fields: IncomingHttpHeaders;
  readonly interim: readonly IncomingHttpHeaders[];
  readonly trailers: IncomingHttpHeaders;
  readonly bytes: number;
  /** Of the payload. */
  readonly sha1: string;
  /** The payload, as latin1; its first 64 KiB. */
  readonly text: string;
  /** Of RST_STREAM; 0: it ended as it should. */
  readonly code: number;
}

/** Node's own HTTP/2 as the client of a router on loopback. */
export async function openHttp2(port: number, options: SecureClientSessionOptions = {}): Promise<ClientHttp2Session> {
  // What waits to be sent counts as memory of the session, and a request may be longer than the 10 MB it has by itself.
  const session = connect(`https://localhost:${port}`, {
    rejectUnauthorized: false,
    maxSessionMemory: 1000,
    ...options,
  });
  session.on('error', () => {});
  await once(session, 'remoteSettings');
  return session;
}

/** A request whose answer is watched, and not read before `read` is called unless it is at once. */
export class Http2Request {
  readonly stream: ClientHttp2Stream;
  status = 0;
  bytes = 0;
  text = '';
  isClosed = false;
  private fields: IncomingHttpHeaders = {};
  private readonly interim: IncomingHttpHeaders[] = [];
  private trailers: IncomingHttpHeaders = {};
  private readonly hash: Hash = createHash('sha1');

  /** `:path` is `/` and `:method` `GET` unless the fields say more. `isLast`: no payload follows. */
  constructor(session: ClientHttp2Session, fields: OutgoingHttpHeaders = {}, isLast = true) {
    this.stream = session.request({ ':path': '/', ':authority': 'localhost', ...fields }, { endStream: isLast });
    this.stream.on('headers', (one) => this.interim.push(one));
    this.stream.on('response', (one) => {
      this.fields = one;
      this.status = Number(one[':status']);
    });
    this.stream.on('trailers', (one) => (this.trailers = one));
    this.stream.on('error', () => {});
    this.stream.on('close', () => (this.isClosed = true));
  }

  /** Takes the payload as it comes. */
  read(): this {
    this.stream.on('data', (chunk: Buffer) => {
      this.bytes += chunk.length;
      this.hash.update(chunk);
      if (this.text.length < 65_536) this.text += chunk.latin1Slice();
    });
    return this;
  }

  /** When it is over, in whatever way. */
  async done(): Promise<Http2Answer> {
    // A reset is an answer, too, not a failure of this promise.
    if (!this.isClosed) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no end of the stream; status ${this.status}`)), 15_000);
        this.stream.once('close', () => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    const { status, fields, interim, trailers, bytes, text } = this;
    const code = this.stream.rstCode ?? -1;
    return { status, fields, interim, trailers, bytes, text, code, sha1: this.hash.digest('hex') };
  }
}

/** A whole request and its answer. */
export function ask(
  session: ClientHttp2Session,
  fields: OutgoingHttpHeaders = {},
  body?: Buffer,
): Promise<Http2Answer> {
  const request = new Http2Request(session, fields, body === undefined).read();
  if (body !== undefined) request.stream.end(body);
  return request.done();
}

export const sha1 = (bytes: Buffer): string => createHash('sha1').update(bytes).digest('hex');

/** Octets that repeat at no power of two: what is lost, doubled or out of order shows. */
export function pattern(bytes: number, seed = 0): Buffer {
  const unit = Buffer.from(Array.from({ length: 251 }, (_, n) => (n * 7 + seed) & 0xff));
  return Buffer.alloc(bytes, unit);
}
