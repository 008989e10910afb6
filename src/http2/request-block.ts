import { fieldValues } from '../http/fields.ts';
import { removeFields } from '../http/header-edits.ts';
import { canonicalHost } from '../lib/hostname.ts';
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

/** RFC 9113 8.2.1: octets no name holds; the grammar of HTTP is stricter and is held by the one parser of heads. */
// eslint-disable-next-line no-control-regex
const BAD_NAME = /[\x00-\x20A-Z:\x7f-\xff]/;
// eslint-disable-next-line no-control-regex
const BAD_VALUE = /[\0\r\n]|^[ \t]|[ \t]$/;
/** RFC 9113 8.2.2. */
const OF_CONNECTIONS = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']);
const PSEUDO = new Set([':method', ':scheme', ':authority', ':path', ':protocol']);
/** U4: what a WebSocket's handshake of HTTP/1.1 says instead of `:protocol`. */
const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
/** RFC 8441 5: HTTP/2 has no use for it, and the one that the server gets is ours. */
const KEY = new Set(['sec-websocket-key']);

/**
 * The fields of a request's head or trailers, with the rules that only HTTP/2 has (RFC 9113 8.2, 8.3, section 10 of the rules). `text` writes it
 * out as a head of HTTP/1.1, so that one strict parser judges what both have in common.
 */
export class RequestBlock implements FieldSink {
  private readonly maxBytes: number;
  private readonly pseudo = new Map<string, string>();
  private lines = '';
  private cookies = '';
  private host: string | undefined = undefined;
  private length: string | undefined = undefined;
  private bytes = 0;
  private isTrailers = false;
  private isMalformed = false;
  private hasFields = false;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  begin(isTrailers: boolean): void {
    this.pseudo.clear();
    this.lines = '';
    this.cookies = '';
    this.host = undefined;
    this.length = undefined;
    this.bytes = 0;
    this.isTrailers = isTrailers;
    this.isMalformed = false;
    this.hasFields = false;
  }

  field(name: string, value: string): void {
    this.bytes += name.length + value.length + 4;
    // Decoded to the end, so that the tables agree; nothing of it is kept.
    if (this.bytes > this.maxBytes) return;
    if (name.startsWith(':')) return this.pseudoField(name, value);
    this.hasFields = true;
    if (name === '' || BAD_NAME.test(name) || BAD_VALUE.test(value)) this.isMalformed = true;
    else if (name === 'cookie') this.cookies += this.cookies === '' ? value : `; ${value}`;
    else if (name === 'host') this.addHost(value);
    else if (OF_CONNECTIONS.has(name) || (name === 'te' && value.toLowerCase() !== 'trailers')) this.isMalformed = true;
    else {
      if (name === 'content-length') this.length ??= value;
      this.lines += `${name}: ${value}\r\n`;
    }
    return undefined;
  }

  get method(): string {
    return this.pseudo.get(':method') ?? '';
  }

  /** Judges the block when it is whole; `isLast`: no payload follows. */
  conclude(isLast: boolean): BlockVerdict {
    if (this.isMalformed) return MALFORMED;
    if (this.bytes > this.maxBytes) return TOO_LARGE;
    if (this.isTrailers) return OK;
    const path = this.pseudo.get(':path');
    const authority = this.pseudo.get(':authority');
    const protocol = this.pseudo.get(':protocol');
    if (protocol !== undefined) {
      // RFC 8441 4: a CONNECT to a resource, whose DATA is no payload with a length, and which has not ended before it begins.
      if (this.method !== 'CONNECT' || isLast || this.length !== undefined) return MALFORMED;
    } else if (this.method === 'CONNECT') {
      // RFC 9113 8.5; what it asks for is refused by the parser (M8).
      return path === undefined && !this.pseudo.has(':scheme') && authority !== undefined ? OK : MALFORMED;
    }
    if (this.method === '' || path === undefined || !this.pseudo.has(':scheme')) return MALFORMED;
    // M2: no other form of a target than the origin's, and the one asterisk there is.
    if (!path.startsWith('/') && !(path === '*' && this.method === 'OPTIONS')) return MALFORMED;
    if (path.includes(' ') || this.method.includes(' ')) return MALFORMED;
    if (isLast && this.length !== undefined && !/^0+$/.test(this.length)) return MALFORMED;
    if (authority === undefined || this.host === undefined) return OK;
    return canonicalAuthority(authority) === canonicalAuthority(this.host) ? OK : TWO_HOSTS;
  }

  /** The head as HTTP/1.1 would send it (M1, M3, M5, M6; U4). */
  text(isLast: boolean): string {
    const isWebSocket = this.pseudo.get(':protocol')?.toLowerCase() === 'websocket';
    const method = isWebSocket ? 'GET' : this.method;
    const authority = this.pseudo.get(':authority') ?? this.host;
    // Of any other CONNECT; the parser refuses it (M8).
    const target = method === 'CONNECT' ? authority : this.pseudo.get(':path');
    const framing = isLast || this.length !== undefined ? '' : 'Transfer-Encoding: chunked\r\n';
    return (
      `${method} ${target} HTTP/1.1\r\n` +
      (authority === undefined ? '' : `Host: ${authority}\r\n`) +
      (isWebSocket ? webSocketLines(this.lines) : this.lines) +
      (this.cookies === '' ? '' : `cookie: ${this.cookies}\r\n`) +
      `${isWebSocket ? UPGRADE : framing}\r\n`
    );
  }

  /** Trailers as HTTP/1.1 would send them. */
  get trailers(): string {
    return `${this.lines}\r\n`;
  }

  private pseudoField(name: string, value: string): void {
    const isWrong = this.isTrailers || this.hasFields || !PSEUDO.has(name) || this.pseudo.has(name);
    if (isWrong || BAD_VALUE.test(value) || value === '') this.isMalformed = true;
    else this.pseudo.set(name, value);
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
