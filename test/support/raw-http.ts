import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** One message as an independent, strict reader saw it. Bodies and values are latin1 text. */
export interface RawMessage {
  readonly startLine: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly trailers: string;
  /** Ended by its framing, not by the end of the stream. */
  readonly isComplete: boolean;
  /** Offset behind it. */
  readonly end: number;
}

/** First value of a field, by lower-case name. */
export function fieldOf(message: RawMessage, name: string): string | undefined {
  return message.fields.find(([key]) => key.toLowerCase() === name)?.[1];
}

type Hint = (head: { readonly startLine: string; readonly index: number }) => 'no-body' | 'framed';

/**
 * Cuts a latin1 byte stream into messages. Throws on anything that a strict parser could read in two ways, so that a test
 * which only reads has already proved that what was sent is unambiguous.
 */
export function readMessages(text: string, kind: 'request' | 'response', hint: Hint = () => 'framed'): RawMessage[] {
  const messages: RawMessage[] = [];
  let at = 0;
  while (at < text.length) {
    const headEnd = text.indexOf('\r\n\r\n', at);
    if (headEnd < 0) {
      const startLine = text.slice(at);
      messages.push({ startLine, fields: [], body: '', trailers: '', isComplete: false, end: text.length });
      return messages;
    }
    const [startLine = '', ...lines] = text.slice(at, headEnd).split('\r\n');
    checkStartLine(startLine, kind);
    const fields = lines.map(readField);
    at = headEnd + 4;
    const body = readBody(text, at, fields, kind, startLine, hint({ startLine, index: messages.length }));
    at = body.at;
    messages.push({ startLine, fields, ...body.message, end: at });
  }
  return messages;
}

/** Throws unless a line is a start-line that can be read in one way only. */
export function checkStartLine(line: string, kind: 'request' | 'response'): void {
  const pattern =
    kind === 'request'
      ? /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ [\x21-\x7e]+ HTTP\/1\.[01]$/
      : /^HTTP\/1\.[01] \d{3}( [\t\x20-\x7e\x80-\xff]*)?$/;
  if (!pattern.test(line)) throw new Error(`ambiguous start-line: ${JSON.stringify(line)}`);
}

/** Name and value of a field line; throws unless it can be read in one way only. */
export function readField(line: string): readonly [string, string] {
  const match = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*([\t\x20-\x7e\x80-\xff]*?)[\t ]*$/.exec(line);
  if (match === null) throw new Error(`ambiguous field: ${JSON.stringify(line)}`);
  return [match[1]!, match[2]!];
}

interface ReadBody {
  readonly at: number;
  readonly message: { readonly body: string; readonly trailers: string; readonly isComplete: boolean };
}

function readBody(
  text: string,
  at: number,
  fields: readonly (readonly [string, string])[],
  kind: 'request' | 'response',
  startLine: string,
  hint: 'no-body' | 'framed',
): ReadBody {
  const values = (name: string): string[] => fields.filter(([key]) => key.toLowerCase() === name).map(([, v]) => v);
  const lengths = values('content-length');
  const codings = values('transfer-encoding');
  if (lengths.length > 1 || codings.length > 1 || (lengths.length > 0 && codings.length > 0)) {
    throw new Error(`ambiguous framing: ${JSON.stringify(fields)}`);
  }
  const status = kind === 'response' ? Number(startLine.slice(9, 12)) : 0;
  const none = { at, message: { body: '', trailers: '', isComplete: true } };
  if (hint === 'no-body' || (kind === 'response' && (status < 200 || status === 204 || status === 304))) return none;
  if (codings.length === 1) {
    if (codings[0]!.toLowerCase() !== 'chunked') throw new Error(`ambiguous coding: ${codings[0]}`);
    return readChunks(text, at);
  }
  if (lengths.length === 1) {
    if (!/^\d{1,15}$/.test(lengths[0]!)) throw new Error(`ambiguous length: ${lengths[0]}`);
    const end = at + Number(lengths[0]);
    return {
      at: Math.min(end, text.length),
      message: { body: text.slice(at, end), trailers: '', isComplete: end <= text.length },
    };
  }
  if (kind === 'request') return none;
  return { at: text.length, message: { body: text.slice(at), trailers: '', isComplete: false } };
}

function readChunks(text: string, at: number): ReadBody {
  let body = '';
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return { at: text.length, message: { body, trailers: '', isComplete: false } };
    const line = text.slice(at, lineEnd);
    if (!/^[0-9a-f]{1,13}$/i.test(line)) throw new Error(`ambiguous chunk-size: ${JSON.stringify(line)}`);
    const size = Number.parseInt(line, 16);
    at = lineEnd + 2;
    if (size === 0) break;
    if (at + size + 2 > text.length) {
      return { at: text.length, message: { body: body + text.slice(at, at + size), trailers: '', isComplete: false } };
    }
    body += text.slice(at, at + size);
    if (text.slice(at + size, at + size + 2) !== '\r\n') throw new Error('no CRLF behind a chunk');
    at += size + 2;
  }
  if (text.startsWith('\r\n', at)) return { at: at + 2, message: { body, trailers: '', isComplete: true } };
  const end = text.indexOf('\r\n\r\n', at);
  if (end < 0) return { at: text.length, message: { body, trailers: '', isComplete: false } };
  const trailers = text.slice(at, end + 2);
  for (const line of trailers.slice(0, -2).split('\r\n')) readField(line);
  return { at: end + 4, message: { body, trailers, isComplete: true } };
}

/** A backend that speaks raw bytes: `respond` sees all bytes of a connection so far and writes what it wants. */
export interface RawBackend {
  readonly port: number;
  /** Bytes received, one entry per connection. */
  readonly received: string[];
  readonly sockets: ReadonlySet<Socket>;
  close(): Promise<void>;
}

export async function rawBackend(
  onData: (socket: Socket, received: string, connection: number) => void,
): Promise<RawBackend> {
  const received: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const connection = received.push('') - 1;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('end', () => socket.end());
    socket.on('data', (chunk) => {
      received[connection] += chunk.toString('latin1');
      onData(socket, received[connection]!, connection);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    received,
    sockets,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A client that speaks raw bytes. */
export class RawClient {
  received = '';
  hasEnded = false;
  readonly socket: Socket;
  private waiters: (() => void)[] = [];

  /** Over a connection that stands. */
  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1');
      this.wake();
    });
    const ended = (): void => {
      this.hasEnded = true;
      this.wake();
    };
    socket.on('end', ended);
    socket.on('close', ended);
    socket.on('error', ended);
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  send(latin1: string): void {
    if (!this.socket.destroyed) this.socket.write(latin1, 'latin1');
  }

  /** One byte per write, each in its own turn of the event loop. */
  async sendByBytes(latin1: string): Promise<void> {
    for (const byte of latin1) {
      if (this.socket.destroyed || this.hasEnded) return;
      this.socket.write(byte, 'latin1');
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Resolves when `isTrue` holds; rejects after `ms` with what was received. */
  async until(isTrue: () => boolean, what: string, ms = 20_000): Promise<void> {
    const end = performance.now() + ms;
    while (!isTrue()) {
      const left = end - performance.now();
      if (left <= 0)
        throw new Error(`no ${what} within ${ms} ms; received ${JSON.stringify(this.received.slice(0, 500))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 50));
        this.waiters.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  close(): void {
    this.socket.destroy();
  }

  private wake(): void {
    for (const waiter of this.waiters.splice(0)) waiter();
  }
}
