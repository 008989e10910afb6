import type { FailureReason } from '../http/failure.ts';
import { FAULT, INCOMPLETE } from './field-scanner.ts';
import { CLASS, CR, LF, PATH, QUERY, SP, TOKEN } from './grammar.ts';

/** Where the request line's parts go. */
export interface RequestLine {
  method: string;
  path: string;
  query: string;
  isPathUnclean: boolean;
  authority: string;
  targetScheme: string;
  minorVersion: number;
  fault: FailureReason;
  readonly maxLineBytes: number;
}

const MAX_METHOD = 32;
const SLASH = 47;
const DOT = 46;
const PERCENT = 37;
const QUESTION = 63;

/** Reads `method SP target SP HTTP/1.x CRLF` (rules R1–R6, R8–R10). Returns the offset behind it, INCOMPLETE or FAULT. */
export function parseRequestLine(buf: Buffer, start: number, end: number, line: RequestLine): number {
  let at = start;
  while (at < end && (CLASS[buf[at]!]! & TOKEN) !== 0) at += 1;
  if (at - start > MAX_METHOD) return fault(line, 'method_too_long');
  if (at >= end) return INCOMPLETE;
  if (buf[at] !== SP || at === start) {
    return fault(line, buf[start] === 0x16 && buf[start + 1] === 3 ? 'tls_on_plain_port' : 'bad_start_line');
  }
  line.method = methodOf(buf, start, at);
  at += 1;
  const target = at;
  if (target >= end) return INCOMPLETE;
  at = buf[target] === SLASH ? originForm(buf, target, end, line) : otherForm(buf, target, end, line, start);
  if (at <= 0) return at;
  // What stands behind the limit is not looked at: with other pieces it would not be here yet (L6).
  if (at - start >= line.maxLineBytes) return fault(line, 'target_too_long');
  if (at >= end) return INCOMPLETE;
  if (buf[at] !== SP) return fault(line, 'bad_start_line');
  at = version(buf, at + 1, end, line);
  if (at > 0 && at - start > line.maxLineBytes) return fault(line, 'target_too_long');
  if (at > 0 && line.method === 'CONNECT') return fault(line, 'connect_unsupported');
  return at;
}

/** `/path?query`; returns the offset of the byte behind it. */
function originForm(buf: Buffer, start: number, end: number, line: RequestLine): number {
  let at = start;
  let previous = 0;
  let byte = 0;
  let isUnclean = false;
  while (at < end && (CLASS[(byte = buf[at]!)]! & PATH) !== 0) {
    if (byte === PERCENT || (previous === SLASH && (byte === DOT || byte === SLASH))) isUnclean = true;
    previous = byte;
    at += 1;
  }
  line.path = at - start === 1 ? '/' : buf.latin1Slice(start, at);
  line.isPathUnclean = isUnclean;
  line.query = '';
  if (at >= end || byte !== QUESTION) return at;
  const query = at;
  while (at < end && (CLASS[buf[at]!]! & QUERY) !== 0) at += 1;
  line.query = buf.latin1Slice(query, at);
  return at;
}

/** `*`, absolute-form (R8), or authority-form for CONNECT, which is refused later with its own status (R5). */
function otherForm(buf: Buffer, start: number, end: number, line: RequestLine, lineStart: number): number {
  let at = start;
  while (at < end && (CLASS[buf[at]!]! & QUERY) !== 0) at += 1;
  if (at >= end || at - lineStart >= line.maxLineBytes) return at;
  const target = buf.latin1Slice(start, at);
  line.isPathUnclean = true;
  line.query = '';
  if (line.method === 'CONNECT') {
    line.path = '/';
    return target === '' ? fault(line, 'bad_start_line') : at;
  }
  if (target === '*') {
    line.path = '*';
    line.isPathUnclean = false;
    return line.method === 'OPTIONS' ? at : fault(line, 'bad_start_line');
  }
  const match = /^(https?):\/\/([^/?]+)([^?]*)(\?.*)?$/i.exec(target);
  if (match === null) return fault(line, 'bad_start_line');
  line.targetScheme = match[1]!.toLowerCase();
  line.authority = match[2]!;
  const path = match[3] ?? '';
  line.path = path === '' ? '/' : path;
  line.query = match[4] ?? '';
  return line.path.includes('\\') ? fault(line, 'bad_path') : at;
}

/** `HTTP/1.1 CRLF` or `HTTP/1.0 CRLF` (R3). */
function version(buf: Buffer, start: number, end: number, line: RequestLine): number {
  const expected = 'HTTP/1.';
  for (let i = 0; i < expected.length && start + i < end; i++) {
    if (buf[start + i] !== expected.charCodeAt(i)) return otherVersion(buf, start, end, line);
  }
  if (start + 10 > end) return partialVersion(buf, start, end, line);
  const minor = buf[start + 7]! - 48;
  if ((minor !== 0 && minor !== 1) || buf[start + 8] !== CR || buf[start + 9] !== LF) {
    return otherVersion(buf, start, end, line);
  }
  line.minorVersion = minor;
  return start + 10;
}

/** A version that may still become valid, unless its tail already is not. */
function partialVersion(buf: Buffer, start: number, end: number, line: RequestLine): number {
  if (start + 7 < end && buf[start + 7] !== 48 && buf[start + 7] !== 49) return otherVersion(buf, start, end, line);
  if (start + 8 < end && buf[start + 8] !== CR) return fault(line, 'bad_start_line');
  return INCOMPLETE;
}

function otherVersion(buf: Buffer, start: number, end: number, line: RequestLine): number {
  const text = buf.latin1Slice(start, Math.min(end, start + 12));
  if (/^HTTP\/\d\.\d\r\n/.test(text)) return fault(line, 'version_unsupported');
  // `HTTP/2.0` may still be arriving.
  if (/^(?:H|HT|HTT|HTTP|HTTP\/|HTTP\/\d|HTTP\/\d\.|HTTP\/\d\.\d|HTTP\/\d\.\d\r)$/.test(text)) return INCOMPLETE;
  return fault(line, 'bad_start_line');
}

/** The usual methods without a new string each time; case-sensitive (R2). */
function methodOf(buf: Buffer, start: number, end: number): string {
  switch (end - start) {
    case 3:
      if (buf[start] === 71 && buf[start + 1] === 69 && buf[start + 2] === 84) return 'GET';
      break;
    case 4:
      if (buf[start] === 80 && buf[start + 1] === 79 && buf[start + 2] === 83 && buf[start + 3] === 84) return 'POST';
      break;
    default:
  }
  return buf.latin1Slice(start, end);
}

function fault(line: RequestLine, reason: FailureReason): number {
  line.fault = reason;
  return FAULT;
}
