import { checkStartLine, readField } from './raw-http.ts';

export type Framing = 'none' | 'length' | 'chunked' | 'until-close';

/** A message as it was framed on the wire. */
export interface WireMessage {
  readonly startLine: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly framing: Framing;
  readonly body: Buffer;
  /** Field lines behind the last chunk. */
  readonly trailers: readonly string[];
}

/** What is known when the head is complete. */
export type WireHead = Omit<WireMessage, 'body' | 'trailers'>;

/** All values of a field, by lower-case name. */
export function valuesOf(message: WireHead, name: string): string[] {
  return message.fields.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
}

type Phase = 'head' | 'counted' | 'chunk-line' | 'chunk' | 'chunk-end' | 'trailers' | 'until-close' | 'raw';

const MAX_LINE = 65_536;

/**
 * Cuts a byte stream into messages while it comes, however large they are. Strict and apart from the parsers of the router: throws
 * on what could be read in two ways.
 */
export class MessageReader {
  /** Bytes behind the last message, once `readRaw` was called or a 101 came. */
  raw: Buffer = Buffer.alloc(0);
  private readonly kind: 'request' | 'response';
  private readonly onHead: (head: WireHead) => void;
  private readonly onMessage: (message: WireMessage) => void;
  private readonly isBodyless: () => boolean;
  private phase: Phase = 'head';
  private bytes: Buffer = Buffer.alloc(0);
  private head!: WireHead;
  private pieces: Buffer[] = [];
  /** Bytes left of the counted body or of the chunk. */
  private left = 0;
  private trailers: string[] = [];

  constructor(
    kind: 'request' | 'response',
    on: {
      readonly head?: (head: WireHead) => void;
      readonly message: (message: WireMessage) => void;
      /** The response whose head just came answers a HEAD. */
      readonly isBodyless?: () => boolean;
    },
  ) {
    this.kind = kind;
    this.onHead = on.head ?? (() => {});
    this.onMessage = on.message;
    this.isBodyless = on.isBodyless ?? (() => false);
  }

  /** What follows is no message. */
  readRaw(): void {
    this.phase = 'raw';
  }

  push(chunk: Buffer): void {
    this.bytes = this.bytes.length === 0 ? chunk : Buffer.concat([this.bytes, chunk]);
    while (this.step());
  }

  /** The stream ended. Throws inside a message that its end does not complete. */
  end(): void {
    if (this.phase === 'until-close') this.complete();
    else if (this.phase !== 'raw' && (this.phase !== 'head' || this.bytes.length > 0)) {
      throw new Error(`the stream ended inside ${this.phase}`);
    }
  }

  /** Reads on; false when that takes more bytes. */
  private step(): boolean {
    switch (this.phase) {
      case 'head':
        return this.readHead();
      case 'counted':
        return this.readData() && this.complete();
      case 'chunk':
        return this.readData() && this.enter('chunk-end');
      case 'chunk-line':
        return this.readChunkLine();
      case 'chunk-end': {
        const line = this.takeLine();
        if (line !== undefined && line !== '') throw new Error('no CRLF behind a chunk');
        return line !== undefined && this.enter('chunk-line');
      }
      case 'trailers':
        return this.readTrailer();
      case 'until-close':
        this.pieces.push(this.bytes);
        return this.useUp();
      case 'raw':
        this.raw = Buffer.concat([this.raw, this.bytes]);
        return this.useUp();
      default:
        return this.phase satisfies never;
    }
  }

  private enter(phase: Phase): true {
    this.phase = phase;
    return true;
  }

  private useUp(): false {
    this.bytes = Buffer.alloc(0);
    return false;
  }

  private take(bytes: number): Buffer {
    const taken = this.bytes.subarray(0, bytes);
    this.bytes = this.bytes.subarray(bytes);
    return taken;
  }

  private takeLine(): string | undefined {
    const at = this.bytes.indexOf('\r\n');
    if (at < 0) {
      if (this.bytes.length > MAX_LINE) throw new Error('a line without an end');
      return undefined;
    }
    return this.take(at + 2).latin1Slice(0, at);
  }

  private readHead(): boolean {
    const at = this.bytes.indexOf('\r\n\r\n');
    if (at < 0) return false;
    const [startLine = '', ...lines] = this.take(at + 4)
      .latin1Slice(0, at)
      .split('\r\n');
    checkStartLine(startLine, this.kind);
    const fields = lines.map(readField);
    this.pieces = [];
    this.trailers = [];
    this.head = { startLine, fields, framing: this.framingOf(startLine, fields) };
    const { framing } = this.head;
    if (framing === 'none') return this.complete();
    // Bytes of a body count from here.
    this.phase = framing === 'length' ? 'counted' : framing === 'chunked' ? 'chunk-line' : 'until-close';
    this.onHead(this.head);
    return true;
  }

  private framingOf(startLine: string, fields: WireMessage['fields']): Framing {
    const head: WireHead = { startLine, fields, framing: 'none' };
    const [lengths, codings] = [valuesOf(head, 'content-length'), valuesOf(head, 'transfer-encoding')];
    if (lengths.length + codings.length > 1) throw new Error(`ambiguous framing: ${JSON.stringify(fields)}`);
    const isResponse = this.kind === 'response';
    const status = isResponse ? Number(startLine.slice(9, 12)) : 0;
    if (isResponse && (status < 200 || status === 204 || status === 304 || this.isBodyless())) return 'none';
    if (codings.length === 1) {
      if (codings[0] !== 'chunked') throw new Error(`ambiguous coding: ${codings[0]}`);
      return 'chunked';
    }
    if (lengths.length === 0) return isResponse ? 'until-close' : 'none';
    if (!/^\d{1,15}$/.test(lengths[0]!)) throw new Error(`ambiguous length: ${lengths[0]}`);
    this.left = Number(lengths[0]);
    return 'length';
  }

  /** True when everything that is left has been read. */
  private readData(): boolean {
    const piece = this.take(Math.min(this.left, this.bytes.length));
    this.pieces.push(piece);
    this.left -= piece.length;
    return this.left === 0;
  }

  private readChunkLine(): boolean {
    const line = this.takeLine();
    if (line === undefined) return false;
    if (!/^[0-9a-f]{1,13}$/i.test(line)) throw new Error(`ambiguous chunk-size: ${JSON.stringify(line)}`);
    this.left = Number.parseInt(line, 16);
    return this.enter(this.left === 0 ? 'trailers' : 'chunk');
  }

  private readTrailer(): boolean {
    const line = this.takeLine();
    if (line === undefined) return false;
    if (line === '') return this.complete();
    readField(line);
    this.trailers.push(line);
    return true;
  }

  private complete(): true {
    const isSwitch = this.kind === 'response' && this.head.startLine.startsWith('HTTP/1.1 101');
    this.phase = isSwitch ? 'raw' : 'head';
    this.onMessage({ ...this.head, body: Buffer.concat(this.pieces), trailers: this.trailers });
    return true;
  }
}
