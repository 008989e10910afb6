import { createServer, type IncomingMessage, METHODS, type Server, type ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import type { RawMessage } from './raw-http.ts';

/** Node's own parser as a second judge of what was forwarded. */
export class NodeOpinion {
  /** One text per request, in the order of their heads. */
  private seen: string[] = [];
  private unfinished = 0;
  private done: (() => void) | undefined = undefined;
  private readonly server: Server;

  constructor() {
    const heed = (request: IncomingMessage, response: ServerResponse): void =>
      void this.collect(request).then(() => response.end());
    this.server = createServer({ maxHeaderSize: 1 << 20 }, heed).on('checkContinue', heed);
  }

  /** What is wrong when Node reads these very bytes, which the strict reader read as `messages`. */
  async complaintAbout(texts: readonly string[], messages: readonly RawMessage[]): Promise<string | undefined> {
    if (texts.length === 0) return undefined;
    this.seen = [];
    this.unfinished = texts.length;
    await this.feed(texts.map(withKnownMethod).join(''));
    const ours = messages.map(({ startLine, fields, body }) =>
      JSON.stringify([withKnownMethod(startLine), fields.flat(), body]),
    );
    const index = ours.findIndex((text, i) => text !== this.seen[i]);
    if (index < 0 && this.seen.length === ours.length) return undefined;
    return `Node read ${this.seen.join(' ')}, the strict reader ${ours.join(' ')}`;
  }

  private async collect(request: IncomingMessage): Promise<void> {
    const { seen } = this;
    const index = seen.push('') - 1;
    let body = '';
    for await (const chunk of request) body += (chunk as Buffer).latin1Slice();
    seen[index] = JSON.stringify([`${request.method} ${request.url} HTTP/1.1`, request.rawHeaders, body]);
    this.unfinished -= 1;
    if (this.unfinished === 0) this.done?.();
  }

  /** Resolves when all requests were read, or when the parser gave up or waits for more. */
  private async feed(text: string): Promise<void> {
    const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    await new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, 3000);
      this.done = () => {
        clearTimeout(limit);
        resolve();
      };
      socket.on('close', this.done);
      this.server.emit('connection', socket);
      socket.push(Buffer.from(text, 'latin1'));
    });
    socket.destroy();
  }
}

/** Node knows a list of methods and refuses others; what the method is called changes nothing else of how it reads. */
function withKnownMethod(text: string): string {
  const method = text.slice(0, text.indexOf(' '));
  return METHODS.includes(method) ? text : `POST${text.slice(method.length)}`;
}
