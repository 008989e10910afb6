import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { acceptOf } from './websocket-backend.ts';

/** An app for browsers: a page, small resources at `/r/N`, an upload, events at `/events` and a WebSocket that says everything again. */
export class BrowserSite {
  /** `Via` of the requests that became WebSockets. */
  readonly webSockets: string[] = [];
  /** Those who listen to events. */
  readonly listeners: ServerResponse[] = [];
  private readonly server: Server;

  constructor() {
    this.server = createServer((incoming, outgoing) => this.serve(incoming, outgoing));
    this.server.on('upgrade', (incoming: IncomingMessage, socket: Socket) => {
      this.webSockets.push(String(incoming.headers.via));
      const accept = acceptOf(String(incoming.headers['sec-websocket-key']));
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      echo(socket);
    });
  }

  async listen(): Promise<number> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  /** An event for everybody who listens. */
  say(text: string): void {
    for (const one of this.listeners) one.write(`data: ${text}\n\n`);
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private serve(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { url = '/' } = incoming;
    if (url === '/') outgoing.setHeader('content-type', 'text/html').end('<!doctype html><title>site</title>');
    else if (url.startsWith('/r/')) outgoing.end(`resource ${url.slice(3)}`);
    else if (url === '/events') {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      this.listeners.push(outgoing);
    } else if (url === '/upload') {
      const hash = createHash('sha1');
      incoming.on('data', (chunk: Buffer) => hash.update(chunk)).on('end', () => outgoing.end(hash.digest('hex')));
    } else outgoing.writeHead(404).end();
  }
}

/** Frames of a client come back as a server's (RFC 6455 5.2); a close is answered and ends it. */
function echo(socket: Socket): void {
  let bytes = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (let size = frameSize(bytes); size > 0 && bytes.length >= size; size = frameSize(bytes)) {
      const [first, short] = [bytes[0]!, bytes[1]! & 0x7f];
      const head = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
      const mask = bytes.subarray(head, head + 4);
      const payload = Buffer.from(bytes.subarray(head + 4, size)).map((byte, at) => byte ^ mask[at & 3]!);
      socket.write(Buffer.concat([Buffer.from([first, short]), bytes.subarray(2, head), payload]));
      bytes = bytes.subarray(size);
      if ((first & 15) === 8) socket.end();
    }
  });
}

/** Of the first frame, with its mask; 0 while that is not known. */
function frameSize(bytes: Buffer): number {
  if (bytes.length < 2) return 0;
  const short = bytes[1]! & 0x7f;
  if (short < 126) return 6 + short;
  if (bytes.length < 10) return 0;
  return short === 126 ? 8 + bytes.readUInt16BE(2) : 14 + Number(bytes.readBigUInt64BE(2));
}
