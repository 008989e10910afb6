import { fieldValues } from '../http/fields.ts';
import { removeFields } from '../http/header-edits.ts';
import { canonicalHost } from '../lib/hostname.ts';
import * as fields from './field.ts';
import type { FieldSink } from './hpack-decoder.ts';

/** What came of a block. */
export const OK = 0;
/** RFC 9113 8.1.1: a stream error, whoever sent it cannot be answered sensibly. */
export const MALFORMED = 1;
/** M1: understood, and refused. */
export const TWO_HOSTS = 2;
/** T1: larger than a head may be. */
export const TOO_LARGE = 3;
export type BlockVerdict = typeof OK | typeof MALFORMED | typeof TWO_HOSTS | typeof TOO_LARGE;

/** U4: what a WebSocket's handshake of HTTP/1.1 says instead of `:protocol`. */
const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
/** RFC 8441 5: HTTP/2 has no use for it, and the one that the server gets is ours. */
const KEY = new Set(['sec-websocket-key']);

/** A head, written out. */
export interface HeadParts {
  /** What the parser has to see. */
  text: string;
  /** Lines that it has passed already, and how many those are. */
  plain: string;
  plainLines: number;
}

/**
 * The fields of a request's head or trailers, with the rules that only HTTP/2 has (RFC 9113 8.2, 8.3, section 10 of the rules). `text` writes it
 * out as a head of HTTP/1.1, so that one strict parser judges what both have in common.
 */
export class RequestBlock implements FieldSink {
  private readonly maxBytes: number;
  private method: string | undefined = undefined;
  private scheme: string | undefined = undefined;
  private authority: string | undefined = undefined;
  private path: string | undefined = undefined;
  private protocol: string | undefined = undefined;
  private host: string | undefined = undefined;
  private length: string | undefined = undefined;
  /** Those that the parser has to see. */
  private lines = '';
  private plain = '';
  private plainLines = 0;
  private cookies = '';
  private areCookiesPlain = true;
  private bytes = 0;
  private isTrailers = false;
  private isMalformed = false;
  private hasFields = false;
  /** Its payload is gRPC. */
  isGrpc = false;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  begin(isTrailers: boolean): void {
    this.method = undefined;
    this.scheme = undefined;
    this.authority = undefined;
    this.path = undefined;
    this.protocol = undefined;
    this.host = undefined;
    this.length = undefined;
    this.lines = '';
    this.plain = '';
    this.plainLines = 0;
    this.cookies = '';
    this.areCookiesPlain = true;
    this.bytes = 0;
    this.isTrailers = isTrailers;
    this.isMalformed = false;
    this.hasFields = false;
    this.isGrpc = false;
  }

  field(field: fields.Field): void {
    const { name, value } = field;
    this.bytes += name.length + value.length + 4;
    // Decoded to the end, so that the tables agree; nothing of it is kept.
    if (this.bytes > this.maxBytes) return undefined;
    field.judge();
    const { kind } = field;
    if (kind <= fields.PROTOCOL) return this.pseudoField(kind, value);
    this.hasFields = true;
    if (field.isGrpc) this.isGrpc = true;
    if (kind === fields.COOKIE) {
      this.cookies += this.cookies === '' ? value : `; ${value}`;
      this.areCookiesPlain &&= field.isPlain;
    } else if (kind === fields.HOST) this.addHost(value);
    else if (field.isPlain && !this.isTrailers) {
      this.plain += field.line;
      this.plainLines += 1;
    } else {
      if (kind === fields.LENGTH) this.length ??= value;
      this.lines += field.line;
    }
    return undefined;
  }

  /** Judges the block when it is whole; `isLast`: no payload follows. */
  conclude(isLast: boolean): BlockVerdict {
    if (this.isMalformed) return MALFORMED;
    if (this.bytes > this.maxBytes) return TOO_LARGE;
    if (this.isTrailers) return OK;
    const { method, scheme, authority, path } = this;
    if (this.protocol !== undefined) {
      // RFC 8441 4: a CONNECT to a resource, whose DATA is no payload with a length, and which has not ended before it begins.
      if (method !== 'CONNECT' || isLast || this.length !== undefined) return MALFORMED;
    } else if (method === 'CONNECT') {
      // RFC 9113 8.5; what it asks for is refused by the parser (M8).
      return path === undefined && scheme === undefined && authority !== undefined ? OK : MALFORMED;
    }
    if (method === undefined || path === undefined || scheme === undefined) return MALFORMED;
    // M2: no other form of a target than the origin's, and the one asterisk there is.
    if (!path.startsWith('/') && !(path === '*' && method === 'OPTIONS')) return MALFORMED;
    if (path.includes(' ') || method.includes(' ')) return MALFORMED;
    if (isLast && this.length !== undefined && !/^0+$/.test(this.length)) return MALFORMED;
    if (authority === undefined || this.host === undefined) return OK;
    return canonicalAuthority(authority) === canonicalAuthority(this.host) ? OK : TWO_HOSTS;
  }

  /** The head as HTTP/1.1 would send it (M1, M3, M5, M6; U4), but for the lines that it gives to `head` beside it. */
  parts(isLast: boolean, head: HeadParts): void {
    const isWebSocket = this.protocol?.toLowerCase() === 'websocket';
    const method = isWebSocket ? 'GET' : (this.method ?? '');
    const authority = this.authority ?? this.host;
    // Of any other CONNECT; the parser refuses it (M8).
    const target = method === 'CONNECT' ? authority : this.path;
    const isFramed = isLast || this.length !== undefined;
    const arePlain = this.cookies !== '' && this.areCookiesPlain;
    const cookies = this.cookies === '' ? '' : `cookie: ${this.cookies}\r\n`;
    head.plain = isWebSocket ? '' : arePlain ? this.plain + cookies : this.plain;
    head.plainLines = isWebSocket ? 0 : this.plainLines + (arePlain ? 1 : 0);
    head.text =
      `${method} ${target} HTTP/1.1\r\n` +
      (authority === undefined ? '' : `Host: ${authority}\r\n`) +
      (isWebSocket ? webSocketLines(this.plain + this.lines) : this.lines) +
      (isWebSocket || !arePlain ? cookies : '') +
      (isWebSocket ? UPGRADE : isFramed ? '' : 'Transfer-Encoding: chunked\r\n') +
      '\r\n';
  }

  /** Trailers as HTTP/1.1 would send them. */
  get trailers(): string {
    return `${this.lines}\r\n`;
  }

  private pseudoField(kind: number, value: string): void {
    if (this.isTrailers || this.hasFields) this.isMalformed = true;
    switch (kind) {
      case fields.METHOD:
        if (this.method !== undefined) this.isMalformed = true;
        this.method = value;
        break;
      case fields.SCHEME:
        if (this.scheme !== undefined) this.isMalformed = true;
        this.scheme = value;
        break;
      case fields.AUTHORITY:
        if (this.authority !== undefined) this.isMalformed = true;
        this.authority = value;
        break;
      case fields.PATH:
        if (this.path !== undefined) this.isMalformed = true;
        this.path = value;
        break;
      case fields.PROTOCOL:
        if (this.protocol !== undefined) this.isMalformed = true;
        this.protocol = value;
        break;
      default:
        // Of no kind that there is.
        this.isMalformed = true;
    }
  }

  private addHost(value: string): void {
    if (this.host !== undefined) this.isMalformed = true;
    this.host = value;
  }
}

/** U4: the client's fields as a handshake of HTTP/1.1 has them, but for the key. */
function webSocketLines(lines: string): string {
  const hasVersion = fieldValues(lines, 'sec-websocket-version').length > 0;
  return removeFields(lines, KEY) + (hasVersion ? '' : 'Sec-WebSocket-Version: 13\r\n');
}

/** A3, with the port: two names of one host are not two hosts, two ports are. */
function canonicalAuthority(authority: string): string {
  const port = /:\d*$/.exec(authority)?.[0] ?? '';
  return `${canonicalHost(authority)}${port === ':' ? '' : port}`;
}
