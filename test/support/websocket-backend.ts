import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { fieldValues } from '../../src/http/fields.ts';
import { waitFor } from './lab/wait-for.ts';

/** What a server that follows RFC 6455 answers to this key. */
export function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** A connection that asked for a WebSocket, at the server's side. */
export class WebSocketVisit {
  readonly socket: Socket;
  /** Request line and fields. */
  readonly startLine: string;
  readonly fields: string;
  /** Bytes behind the head, as far as they were read. */
  bytes: Buffer[];
  received: number;
  hasEnded = false;
  isClosed = false;
  /** It came as a reset, and not as an end. */
  isReset = false;

  constructor(socket: Socket, head: string, rest: Buffer) {
    this.socket = socket;
    const lineEnd = head.indexOf('\r\n');
    this.startLine = head.slice(0, lineEnd);
    this.fields = head.slice(lineEnd + 2);
    this.bytes = [rest];
    this.received = rest.length;
    socket.on('data', (chunk: Buffer) => {
      this.bytes.push(chunk);
      this.received += chunk.length;
    });
    socket.on('end', () => (this.hasEnded = true));
    socket.on('error', ({ code }: NodeJS.ErrnoException) => (this.isReset = code === 'ECONNRESET'));
    socket.on('close', () => (this.isClosed = true));
  }

  get text(): string {
    return Buffer.concat(this.bytes).latin1Slice();
  }

  values(name: string): readonly string[] {
    return fieldValues(this.fields, name);
  }

  /** Answers `101`; `more`: further field lines. */
  accept(more = ''): void {
    this.socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Accept: ${acceptOf(this.values('sec-websocket-key')[0] ?? '')}\r\n${more}\r\n`,
    );
  }
}

/** A server of one kind of request: each is handed to `onVisit` when its head is whole. It never ends a connection by itself. */
export class WebSocketBackend {
  readonly visits: WebSocketVisit[] = [];
  onVisit: (visit: WebSocketVisit) => void = (visit) => visit.accept();
  private readonly server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.serve(socket));

  async listen(): Promise<number> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  /** The newest visit, once there are so many. */
  async visit(count = this.visits.length + 1): Promise<WebSocketVisit> {
    await waitFor(`visit ${count}`, () => this.visits.length >= count, 5000);
    return this.visits.at(-1)!;
  }

  close(): void {
    this.server.close();
    for (const { socket } of this.visits) socket.destroy();
  }

  private serve(socket: Socket): void {
    let head = Buffer.alloc(0);
    socket.on('error', () => {});
    const read = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.off('data', read);
      const visit = new WebSocketVisit(socket, head.latin1Slice(0, end + 2), head.subarray(end + 4));
      this.visits.push(visit);
      this.onVisit(visit);
    };
    socket.on('data', read);
  }
}
