import { type ClientLimits, DEFAULT_CLIENT_LIMITS } from '../config/client-limits.ts';
import { type BodyKind, CHUNKED, LENGTH, NO_BODY, type ReceivedField, type RequestMessage } from '../http/message.ts';
import { VIA_NAME } from '../http/message.ts';
import { addConnectionOptions, type ConnectionOptions, removeNamedFields } from './connection-options.ts';
import { DROP, FAULT, FieldSection, INCOMPLETE, interestIn, KEEP, scanFields } from './field-scanner.ts';
import { CLASS, CR, DIGIT, equalsIgnoreCase, LF } from './grammar.ts';
import { parseRequestLine } from './request-line.ts';
import { isForbiddenTrailer } from './trailers.ts';

const INTEREST = interestIn(
  'host content-length max-forwards transfer-encoding connection keep-alive proxy-connection te trailer upgrade ' +
    'http2-settings expect via proxy proxy-authorization authorization forwarded x-forwarded-for ' +
    'x-forwarded-proto x-forwarded-host x-forwarded-port x-forwarded-server x-forwarded-prefix ' +
    'x-forwarded-uri x-forwarded-method x-forwarded-tls-client-cert x-forwarded-tls-client-cert-info ' +
    'x-real-ip x-forwarded-scheme x-scheme x-forwarded-ssl front-end-https',
);

/** A request head being parsed; one per connection, reused for every request. */
export class RequestHead extends FieldSection implements RequestMessage {
  method = '';
  path = '';
  query = '';
  isPathUnclean = false;
  authority = '';
  targetScheme = '';
  minorVersion = 1;
  body: BodyKind = NO_BODY;
  contentLength = -1;
  isUpgrade = false;
  webSocketKey = '';
  expectsContinue = false;
  acceptsTrailers = false;
  announcedTrailers = '';
  /** Set by whoever parses what came over HTTP/2. */
  isGrpc = false;
  forwarded: ReceivedField[] | undefined = undefined;
  hops = 0;
  isLastHop = false;
  readonly connection: ConnectionOptions = { close: false, keepAlive: false, upgrade: false, named: undefined };
  /** The peer is trusted: forwarding fields are collected instead of thrown away (F1, F2). */
  trustsForwarded = false;
  maxLineBytes = DEFAULT_CLIENT_LIMITS.requestLineBytes;

  /** What OPTIONS has left, ours taken off; -1 when it says nothing. */
  private maxForwards = -1;
  private hosts = 0;
  private lengths = 0;
  private codings = 0;
  private authorizations = 0;
  private upgrades = 0;
  private upgradeIsWebSocket = false;
  private expectation = '';

  constructor() {
    super(INTEREST);
  }

  /** T1, T2, T3. */
  limit(limits: ClientLimits): void {
    this.maxBytes = limits.headBytes;
    this.maxLineBytes = limits.requestLineBytes;
    this.maxFields = limits.fields;
  }

  /**
   * Parses a request head from `buf[start, end)` (rules L, R, H, X1–X5, A1). Returns the offset behind the head,
   * INCOMPLETE when the bytes end inside it, or FAULT with `fault` set. `plain`: lines that belong to the head and passed
   * `isPlainLine`, and how many there are.
   */
  parse(buf: Buffer, start: number, end: number, plain = '', plainCount = 0): number {
    this.reset();
    this.linesBefore = plainCount;
    if (buf[start] === CR) {
      // L4: one empty line before the request line is ignored.
      if (end - start < 2) return INCOMPLETE;
      if (buf[start + 1] !== LF) return this.refuse('bad_start_line');
      start += 2;
    }
    const lineEnd = parseRequestLine(buf, start, end, this);
    if (lineEnd <= 0) return lineEnd;
    const headEnd = scanFields(buf, lineEnd, end, start, this);
    if (headEnd <= 0) return headEnd;
    this.fields += plain;
    return this.conclude() ? headEnd : FAULT;
  }

  override field(buf: Buffer, nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): number {
    switch (nameEnd - nameStart) {
      case 2:
        if (!equalsIgnoreCase(buf, nameStart, nameEnd, 'te')) return KEEP;
        this.acceptsTrailers ||= /(?:^|,)[\t ]*trailers[\t ]*(?:$|[,;])/i.test(buf.latin1Slice(valueStart, valueEnd));
        return DROP;
      case 3:
        if (!equalsIgnoreCase(buf, nameStart, nameEnd, 'via')) return KEEP;
        this.hops += buf.latin1Slice(valueStart, valueEnd).split(` ${VIA_NAME}`).length - 1;
        return KEEP;
      case 4:
        if (!equalsIgnoreCase(buf, nameStart, nameEnd, 'host')) return KEEP;
        this.hosts += 1;
        if (this.targetScheme === '') this.authority = buf.latin1Slice(valueStart, valueEnd);
        return DROP;
      case 5:
        return equalsIgnoreCase(buf, nameStart, nameEnd, 'proxy') ? DROP : KEEP;
      case 6:
        if (!equalsIgnoreCase(buf, nameStart, nameEnd, 'expect')) return KEEP;
        this.expectation += `,${buf.latin1Slice(valueStart, valueEnd)}`;
        return DROP;
      case 7:
        if (equalsIgnoreCase(buf, nameStart, nameEnd, 'trailer')) {
          this.announce(buf.latin1Slice(valueStart, valueEnd));
          return DROP;
        }
        if (!equalsIgnoreCase(buf, nameStart, nameEnd, 'upgrade')) return KEEP;
        this.upgrades += 1;
        this.upgradeIsWebSocket = equalsIgnoreCase(buf, valueStart, valueEnd, 'websocket');
        return DROP;
      case 10:
        if (equalsIgnoreCase(buf, nameStart, nameEnd, 'keep-alive')) return DROP;
        if (!equalsIgnoreCase(buf, nameStart, nameEnd, 'connection')) return KEEP;
        addConnectionOptions(this.connection, buf, valueStart, valueEnd);
        return DROP;
      case 12:
        if (this.method !== 'OPTIONS' || !equalsIgnoreCase(buf, nameStart, nameEnd, 'max-forwards')) return KEEP;
        return this.readMaxForwards(buf.latin1Slice(valueStart, valueEnd));
      case 13:
        if (equalsIgnoreCase(buf, nameStart, nameEnd, 'authorization')) this.authorizations += 1;
        return KEEP;
      case 14:
        if (equalsIgnoreCase(buf, nameStart, nameEnd, 'http2-settings')) return DROP;
        if (!equalsIgnoreCase(buf, nameStart, nameEnd, 'content-length')) return KEEP;
        return this.readLength(buf, valueStart, valueEnd);
      case 16:
        if (equalsIgnoreCase(buf, nameStart, nameEnd, 'proxy-connection')) return DROP;
        break;
      case 17:
        if (!equalsIgnoreCase(buf, nameStart, nameEnd, 'transfer-encoding')) break;
        this.codings += 1;
        if (equalsIgnoreCase(buf, valueStart, valueEnd, 'chunked')) return DROP;
        // X3: a single other known coding is a 501, anything that could hide `chunked` is a 400.
        this.fault = /^(?:gzip|x-gzip|deflate|compress|x-compress|identity)$/i.test(
          buf.latin1Slice(valueStart, valueEnd),
        )
          ? 'transfer_coding_unsupported'
          : 'bad_framing';
        return FAULT;
      case 19:
        if (equalsIgnoreCase(buf, nameStart, nameEnd, 'proxy-authorization')) return DROP;
        break;
      default:
    }
    return this.forwardingField(buf, nameStart, nameEnd, valueStart, valueEnd);
  }

  /** X12: only of what may be sent on. */
  private announce(list: string): void {
    for (const member of list.split(',')) {
      const name = member.trim();
      if (!/^[!#$%&'*+.^`|~\w-]+$/.test(name) || name.includes('_') || isForbiddenTrailer(name.toLowerCase())) continue;
      this.announcedTrailers += this.announcedTrailers === '' ? name : `, ${name}`;
    }
  }

  /** H10: where underlines are usual in names, only those go that could pass for a name of ours. */
  override alias(buf: Buffer, nameStart: number, nameEnd: number): number {
    if (this.dropsUnderscores) return DROP;
    const name = buf.latin1Slice(nameStart, nameEnd).toLowerCase().replaceAll('_', '-');
    return isForbiddenTrailer(name) ? DROP : KEEP;
  }

  /** F1, F2: the whole family goes; from a trusted peer its values are kept aside to be validated. */
  private forwardingField(buf: Buffer, nameStart: number, nameEnd: number, from: number, to: number): number {
    const name = buf.latin1Slice(nameStart, nameEnd).toLowerCase();
    if (!isForwardingField(name)) return KEEP;
    if (this.trustsForwarded) (this.forwarded ??= []).push([name, buf.latin1Slice(from, to)]);
    return DROP;
  }

  /** H15: whose count is used up is answered here. */
  private readMaxForwards(value: string): number {
    if (this.maxForwards >= 0 || this.isLastHop || !/^\d{1,9}$/.test(value)) return this.refuse('bad_field');
    this.isLastHop = Number(value) === 0;
    this.maxForwards = Number(value) - 1;
    return DROP;
  }

  /** X4: exactly one line of 1 to 15 digits. */
  private readLength(buf: Buffer, start: number, end: number): number {
    this.lengths += 1;
    if (start === end) return this.refuse('bad_framing');
    let value = 0;
    for (let at = start; at < end; at++) {
      if ((CLASS[buf[at]!]! & DIGIT) === 0) return this.refuse('bad_framing');
      value = value * 10 + (buf[at]! - 48);
    }
    if (end - start > 15) return this.refuse('body_too_large');
    this.contentLength = value;
    return DROP;
  }

  /** Checks that need the whole head. Framing is decided before hop-by-hop fields are removed (C2, O1). */
  private conclude(): boolean {
    if (this.hosts > 1 || (this.hosts === 0 && this.minorVersion === 1)) return this.refuse('bad_host') !== FAULT;
    // A4: also an empty one of HTTP/1.0, which might have left it out.
    if (this.hosts === 1 && this.authority === '') return this.refuse('bad_host') !== FAULT;
    if (this.authorizations > 1) return this.refuse('bad_field') !== FAULT;
    if (this.codings > 1 || this.lengths > 1) return this.refuse('bad_framing') !== FAULT;
    if (this.codings === 1) {
      if (this.lengths > 0 || this.minorVersion === 0) return this.refuse('bad_framing') !== FAULT;
      this.body = CHUNKED;
    } else if (this.contentLength > 0) this.body = LENGTH;
    if (this.expectation !== '' && this.minorVersion === 1) {
      if (!equalsContinue(this.expectation)) return this.refuse('expectation_failed') !== FAULT;
      this.expectsContinue = this.body !== NO_BODY;
    }
    this.isUpgrade =
      this.connection.upgrade &&
      this.upgrades === 1 &&
      this.upgradeIsWebSocket &&
      this.minorVersion === 1 &&
      this.method === 'GET' &&
      this.body === NO_BODY;
    // V2: nobody speaking HTTP/1.0 can be sent trailers, so nobody asks for them (C3).
    if (this.minorVersion === 0) this.acceptsTrailers = false;
    if (this.maxForwards >= 0) this.fields += `Max-Forwards: ${this.maxForwards}\r\n`;
    if (this.connection.named !== undefined) this.fields = removeNamedFields(this.fields, this.connection.named);
    return true;
  }

  private reset(): void {
    // A refused head must not be answered or logged as the request before it.
    this.method = '';
    this.path = '';
    this.query = '';
    this.minorVersion = 1;
    this.fields = '';
    this.fault = 'bad_field';
    this.authority = '';
    this.targetScheme = '';
    this.body = NO_BODY;
    this.contentLength = -1;
    this.isUpgrade = false;
    this.webSocketKey = '';
    this.expectsContinue = false;
    this.acceptsTrailers = false;
    this.announcedTrailers = '';
    this.isGrpc = false;
    this.forwarded = undefined;
    this.hops = 0;
    this.isLastHop = false;
    this.maxForwards = -1;
    const connection = this.connection;
    connection.close = false;
    connection.keepAlive = false;
    connection.upgrade = false;
    connection.named = undefined;
    this.hosts = 0;
    this.lengths = 0;
    this.codings = 0;
    this.authorizations = 0;
    this.upgrades = 0;
    this.upgradeIsWebSocket = false;
    this.expectation = '';
  }

  private refuse(reason: typeof this.fault): typeof FAULT {
    this.fault = reason;
    return FAULT;
  }
}

/** Sees whether a line is kept whatever else its head says. */
class LineProbe extends FieldSection {
  isWanted = false;

  constructor() {
    super(INTEREST);
    this.maxBytes = probed.length;
  }

  override field(): number {
    this.isWanted = true;
    return KEEP;
  }
}

const probed = Buffer.allocUnsafeSlow(131_072);
const probe = new LineProbe();

/**
 * Whether a line `name: value CRLF` passes the grammar and is of no interest to `RequestHead`, so that what is said of it once holds in every
 * head. Of the lines with one name either all are, or those that are not have a fault.
 */
export function isPlainLine(line: string): boolean {
  if (line.length + 2 > probed.length) return false;
  probed.latin1Write(line, 0);
  probed[line.length] = CR;
  probed[line.length + 1] = LF;
  probe.isWanted = false;
  const end = scanFields(probed, 0, line.length + 2, 0, probe);
  return end === line.length + 2 && !probe.isWanted && probe.fields === line;
}

const FORWARDING = new Set(['forwarded', 'x-real-ip', 'x-scheme', 'front-end-https']);

/** The family of section 9. */
function isForwardingField(lowerName: string): boolean {
  return FORWARDING.has(lowerName) || lowerName.startsWith('x-forwarded-');
}

function equalsContinue(list: string): boolean {
  return /^,[\t ]*100-continue[\t ]*$/i.test(list);
}
