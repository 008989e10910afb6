import { type BodyKind, CHUNKED, LENGTH, NO_BODY, type ResponseMessage, UNTIL_CLOSE } from '../http/message.ts';
import { addConnectionOptions, type ConnectionOptions, removeNamedFields } from './connection-options.ts';
import { DROP, FAULT, FieldSection, INCOMPLETE, interestIn, KEEP, scanFields } from './field-scanner.ts';
import { CLASS, CR, DIGIT, equalsIgnoreCase, LF, SP, VALUE } from './grammar.ts';

const INTEREST = interestIn(
  'content-length transfer-encoding connection keep-alive proxy-connection te trailer upgrade http2-settings date',
);

/** A response head being parsed; one per server connection, reused for every response. */
export class ResponseHead extends FieldSection implements ResponseMessage {
  status = 0;
  reason = '';
  minorVersion = 1;
  body: BodyKind = NO_BODY;
  contentLength = -1;
  hasDate = false;
  /** Value of a single Upgrade line, lower-case (B7). */
  upgrade = '';
  /** Seconds of `Keep-Alive: timeout=N`, or -1 (T15). */
  keepAliveSeconds = -1;
  readonly connection: ConnectionOptions = { close: false, keepAlive: false, upgrade: false, named: undefined };
  /** Bytes may follow that belong to no message of ours. */
  private hidesBody = false;
  private lengths = 0;
  private codings = 0;

  constructor() {
    super(INTEREST);
    this.dropsUnderscores = false;
    this.maxFields = 200;
    this.maxBytes = 65_536;
  }

  /**
   * Parses a response head from `buf[start, end)` for a request with `method` (rules B1–B4, H, X1–X4). Returns the
   * offset behind the head, INCOMPLETE, or FAULT.
   */
  parse(buf: Buffer, start: number, end: number, method: string): number {
    this.reset();
    const lineEnd = this.parseStatusLine(buf, start, end);
    if (lineEnd <= 0) return lineEnd;
    const headEnd = scanFields(buf, lineEnd, end, start, this);
    if (headEnd <= 0) return headEnd;
    return this.conclude(method) ? headEnd : FAULT;
  }

  /** The server keeps the connection open after this response (9112 9.3, B10). */
  get isPersistent(): boolean {
    return !this.connection.close && this.minorVersion === 1 && this.body !== UNTIL_CLOSE && !this.hidesBody;
  }

  override field(buf: Buffer, nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): number {
    switch (nameEnd - nameStart) {
      case 2:
        return equalsIgnoreCase(buf, nameStart, nameEnd, 'te') ? DROP : KEEP;
      case 4:
        this.hasDate ||= equalsIgnoreCase(buf, nameStart, nameEnd, 'date');
        return KEEP;
      case 7:
        if (equalsIgnoreCase(buf, nameStart, nameEnd, 'trailer')) return DROP;
        if (!equalsIgnoreCase(buf, nameStart, nameEnd, 'upgrade')) return KEEP;
        this.upgrade += buf.latin1Slice(valueStart, valueEnd).toLowerCase();
        return DROP;
      case 10:
        if (equalsIgnoreCase(buf, nameStart, nameEnd, 'keep-alive')) {
          const hint = /(?:^|[,\t ])timeout=(\d{1,6})/i.exec(buf.latin1Slice(valueStart, valueEnd));
          if (hint !== null) this.keepAliveSeconds = Number(hint[1]);
          return DROP;
        }
        if (!equalsIgnoreCase(buf, nameStart, nameEnd, 'connection')) return KEEP;
        addConnectionOptions(this.connection, buf, valueStart, valueEnd);
        return DROP;
      case 14:
        if (equalsIgnoreCase(buf, nameStart, nameEnd, 'http2-settings')) return DROP;
        if (!equalsIgnoreCase(buf, nameStart, nameEnd, 'content-length')) return KEEP;
        return this.readLength(buf, valueStart, valueEnd);
      case 16:
        return equalsIgnoreCase(buf, nameStart, nameEnd, 'proxy-connection') ? DROP : KEEP;
      case 17:
        if (!equalsIgnoreCase(buf, nameStart, nameEnd, 'transfer-encoding')) return KEEP;
        this.codings += 1;
        // B3: nothing but exactly `chunked`.
        return equalsIgnoreCase(buf, valueStart, valueEnd, 'chunked') ? DROP : FAULT;
      default:
        return KEEP;
    }
  }

  /** `HTTP/1.x SP 3DIGIT [SP reason] CRLF`, 100…599 (B1). */
  private parseStatusLine(buf: Buffer, start: number, end: number): number {
    const expected = 'HTTP/1.';
    for (let i = 0; i < expected.length && start + i < end; i++) {
      if (buf[start + i] !== expected.charCodeAt(i)) return FAULT;
    }
    if (start + 13 > end) return mayBecomeStatusLine(buf, start, end) ? INCOMPLETE : FAULT;
    const minor = buf[start + 7]! - 48;
    if ((minor !== 0 && minor !== 1) || buf[start + 8] !== SP) return FAULT;
    const hundreds = buf[start + 9]! - 48;
    const tens = buf[start + 10]! - 48;
    const ones = buf[start + 11]! - 48;
    if (hundreds < 1 || hundreds > 5 || tens < 0 || tens > 9 || ones < 0 || ones > 9) return FAULT;
    let at = start + 12;
    if (buf[at] !== SP && buf[at] !== CR) return FAULT;
    while (at < end && (CLASS[buf[at]!]! & VALUE) !== 0) at += 1;
    if (at + 1 >= end) return at < end && buf[at] !== CR ? FAULT : this.lineSize(end - start);
    if (buf[at] !== CR || buf[at + 1] !== LF) return FAULT;
    this.minorVersion = minor;
    this.status = hundreds * 100 + tens * 10 + ones;
    const isOk = at - start === 15 && buf[at - 2] === 79 && buf[at - 1] === 75;
    this.reason = isOk ? 'OK' : buf.latin1Slice(Math.min(start + 13, at), at);
    return at + 2;
  }

  private lineSize(bytes: number): number {
    return bytes > this.maxBytes ? FAULT : INCOMPLETE;
  }

  private readLength(buf: Buffer, start: number, end: number): number {
    this.lengths += 1;
    if (start === end || end - start > 15) return FAULT;
    let value = 0;
    for (let at = start; at < end; at++) {
      if ((CLASS[buf[at]!]! & DIGIT) === 0) return FAULT;
      value = value * 10 + (buf[at]! - 48);
    }
    this.contentLength = value;
    return DROP;
  }

  private conclude(method: string): boolean {
    if (this.codings > 1 || this.lengths > 1) return false;
    if (this.codings === 1 && (this.lengths > 0 || this.minorVersion === 0)) return false;
    const { status } = this;
    this.hidesBody = false;
    if (status === 205 && method !== 'HEAD') {
      // B2: no content, and what the server announces as its content is not waited for.
      this.hidesBody = this.lengths === 0 || this.contentLength > 0;
      this.body = NO_BODY;
      this.contentLength = 0;
    } else if (method === 'HEAD' || status < 200 || status === 204 || status === 304) {
      // B2: no body whatever the fields say; the announced length only means something for HEAD and 304.
      this.body = NO_BODY;
      if (status < 200 || status === 204) this.contentLength = -1;
    } else if (this.codings === 1) this.body = CHUNKED;
    else if (this.lengths === 1) this.body = this.contentLength > 0 ? LENGTH : NO_BODY;
    else this.body = UNTIL_CLOSE;
    const { named } = this.connection;
    if (named !== undefined) {
      this.fields = removeNamedFields(this.fields, named);
      if (named.includes('date')) this.hasDate = false;
    }
    return true;
  }

  private reset(): void {
    this.fields = '';
    this.fault = 'upstream_invalid';
    this.contentLength = -1;
    this.hasDate = false;
    this.upgrade = '';
    this.keepAliveSeconds = -1;
    const connection = this.connection;
    connection.close = false;
    connection.keepAlive = false;
    connection.upgrade = false;
    connection.named = undefined;
    this.lengths = 0;
    this.codings = 0;
  }
}

/** Fewer bytes than the shortest status line has: `HTTP/1.x`, SP, three digits, CR or SP, as far as they go. */
function mayBecomeStatusLine(buf: Buffer, start: number, end: number): boolean {
  return /^HTTP\/1\.(?:$|[01](?:$| (?:$|[1-5]\d{0,2})))/.test(`HTTP/1.${buf.latin1Slice(start + 7, end)}`);
}
