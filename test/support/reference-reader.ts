/**
 * A second reading of the rules, sections 1 to 7: what a byte stream means, judged whole and with regular expressions, so that it
 * shares nothing with the parsers of `src/http1` but the text of the rules. Slow, simple, and free to say "cannot tell yet".
 */

export type Framing = 'none' | 'length' | 'chunked' | 'until-close';
/** How a body ended: `unsettled` may turn out open or broken with more bytes, but is certainly not complete. */
export type BodyEnd = 'complete' | 'open' | 'broken' | 'unsettled';

export interface Line {
  readonly name: string;
  readonly value: string;
  /** As received, with CRLF. */
  readonly text: string;
}

export interface Head {
  readonly startLine: string;
  readonly lines: readonly Line[];
  readonly minor: number;
  readonly framing: Framing;
  /** Bytes, or -1. */
  readonly length: number;
  readonly end: number;
}

export interface Message extends Head {
  readonly body: string;
  readonly bodyEnd: BodyEnd;
  readonly trailers: readonly Line[];
}

export interface RequestRead extends Message {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly scheme: string;
  /** Of the target or of Host; undefined when an HTTP/1.0 client named none. */
  readonly authority: string | undefined;
  readonly expectsContinue: boolean;
}

/** What a client's stream means: its messages, and what stops the reading. */
export interface RequestStream {
  readonly requests: readonly RequestRead[];
  /** `idle`: ended between messages; `head`: inside a head; `body`: the last request is not complete; or the statuses that fit. */
  readonly stop: 'idle' | 'head' | 'body' | readonly number[];
  /** Where the part begins that is no complete request. */
  readonly at: number;
}

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]";
const FIELD = new RegExp(`^(${TOKEN}+):([\\t\\x20-\\x7e\\x80-\\xff]*)$`);
const REQUEST_LINE = new RegExp(`^(${TOKEN}+) ([\\x21-\\x7e]+) HTTP/(\\d)\\.(\\d)$`);
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
const QUOTED = '"(?:[\\t\\x20\\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*"';
const CHUNK_LINE = new RegExp(`([0-9A-Fa-f]{1,13})((?:;${TOKEN}+(?:=(?:${TOKEN}+|${QUOTED}))?)*)\\r\\n`, 'y');
const OTHER_CODINGS = /^(?:gzip|x-gzip|deflate|compress|x-compress|identity)$/i;

/** Values of the lines with this name, in order. */
export function valuesOf(lines: readonly Line[], name: string): string[] {
  return lines.filter((line) => line.name.toLowerCase() === name).map((line) => line.value);
}

/** Members of all lines of a comma-separated list field, lower-case, without empty ones. */
export function membersOf(lines: readonly Line[], name: string): string[] {
  return valuesOf(lines, name)
    .flatMap((value) => value.split(','))
    .map((member) => trim(member).toLowerCase())
    .filter((member) => member !== '');
}

/** Reads requests until the stream ends or one of them is faulty. */
export function readRequests(text: string): RequestStream {
  const requests: RequestRead[] = [];
  let at = 0;
  while (at < text.length) {
    const head = requestHead(text, at);
    if (head === undefined) return { requests, stop: 'head', at };
    if (Array.isArray(head)) return { requests, stop: head, at };
    const message = withBody(text, head as Omit<RequestRead, 'body' | 'bodyEnd' | 'trailers'>);
    requests.push(message);
    if (message.bodyEnd !== 'complete') return { requests, stop: 'body', at };
    at = message.end;
  }
  return { requests, stop: 'idle', at };
}

function requestHead(text: string, from: number): object | number[] | undefined {
  // L4
  const start = text.startsWith('\r\n', from) ? from + 2 : from;
  const split = splitHead(text, start);
  if (split === undefined) return text.length - start > 32_768 ? [400, 413, 414, 431, 501, 505] : undefined;
  const [startLine = '', ...texts] = split;
  const end = start + split.join('\r\n').length + 4;
  const faults = new Set<number>();
  const line = REQUEST_LINE.exec(startLine);
  if (line === null) faults.add(400);
  const [, method = '', target = '', major = '1', minorText = '1'] = line ?? [];
  if (line !== null && !(major === '1' && (minorText === '0' || minorText === '1'))) faults.add(505);
  if (new RegExp(`^${TOKEN}{33}`).test(startLine)) faults.add(501);
  if (method === 'CONNECT') faults.add(501);
  if (startLine.length + 2 > 16_384) faults.add(414);
  if (texts.length > 100 || end - start > 32_768) faults.add(431);
  const aim = aimOf(method, target);
  if (aim === undefined) faults.add(400);
  const lines = texts.map(fieldLine);
  if (lines.includes(undefined)) faults.add(400);
  const good = lines.filter((entry) => entry !== undefined);
  const minor = Number(minorText);
  const framing = framingOf(good, minor, faults);
  const hosts = valuesOf(good, 'host');
  if (hosts.length > 1 || (hosts.length === 0 && minor === 1)) faults.add(400);
  // A4
  if (hosts[0] === '' && aim?.authority === undefined) faults.add(400);
  if (valuesOf(good, 'authorization').length > 1) faults.add(400);
  const expects = valuesOf(good, 'expect');
  const wantsContinue = expects.length === 1 && expects[0]!.toLowerCase() === '100-continue';
  if (minor === 1 && expects.length > 0 && !wantsContinue) faults.add(417);
  if (faults.size > 0) return [...faults];
  const expectsContinue = minor === 1 && wantsContinue && framing.framing !== 'none';
  return {
    ...{ startLine, lines: good, minor, ...framing, end, method, expectsContinue },
    ...{ path: aim!.path, query: aim!.query, scheme: aim!.scheme, authority: aim!.authority ?? hosts[0] },
  };
}

/** The lines of a head, or nothing while it is not complete. */
function splitHead(text: string, start: number): string[] | undefined {
  const end = text.indexOf('\r\n\r\n', start);
  return end < 0 ? undefined : text.slice(start, end).split('\r\n');
}

interface Aim {
  readonly path: string;
  readonly query: string;
  readonly scheme: string;
  readonly authority?: string;
}

/** R4, R8, R9. */
function aimOf(method: string, target: string): Aim | undefined {
  if (target.includes('#')) return undefined;
  if (method === 'CONNECT') return { path: '/', query: '', scheme: '' };
  if (target === '*') return method === 'OPTIONS' ? { path: '*', query: '', scheme: '' } : undefined;
  const match = /^(?:(https?):\/\/([^/?]+))?(\/[^?]*)?(\?.*)?$/i.exec(target);
  const [, scheme = '', authority, path = '/', query = ''] = match ?? [];
  if (match === null || path.includes('\\') || (scheme === '' && match[3] === undefined)) return undefined;
  return { path, query, scheme: scheme.toLowerCase(), ...(authority === undefined ? {} : { authority }) };
}

function fieldLine(text: string): Line | undefined {
  const match = FIELD.exec(text);
  return match === null ? undefined : { name: match[1]!, value: trim(match[2]!), text: `${text}\r\n` };
}

function trim(text: string): string {
  return text.replace(/^[\t ]+/, '').replace(/[\t ]+$/, '');
}

/** X1 to X5; the fault statuses go to `faults`. */
function framingOf(lines: readonly Line[], minor: number, faults: Set<number>): { framing: Framing; length: number } {
  const lengths = valuesOf(lines, 'content-length');
  const codings = valuesOf(lines, 'transfer-encoding');
  if (lengths.length > 1 || codings.length > 1 || (lengths.length > 0 && codings.length > 0)) faults.add(400);
  for (const value of lengths) if (!/^\d{1,15}$/.test(value)) faults.add(/^\d+$/.test(value) ? 413 : 400);
  for (const value of codings) {
    if (value.toLowerCase() !== 'chunked') faults.add(OTHER_CODINGS.test(value) ? 501 : 400);
    if (minor === 0) faults.add(400);
  }
  if (codings.length > 0) return { framing: 'chunked', length: -1 };
  const length = lengths.length > 0 ? Number(lengths[0]) : -1;
  return { framing: length > 0 ? 'length' : 'none', length };
}

function withBody<H extends Head>(text: string, head: H): H & Message {
  const at = head.end;
  switch (head.framing) {
    case 'none':
      return { ...head, body: '', bodyEnd: 'complete', trailers: [] };
    case 'until-close':
      return { ...head, body: text.slice(at), bodyEnd: 'open', trailers: [], end: text.length };
    case 'length': {
      const end = Math.min(text.length, at + head.length);
      const bodyEnd = end === at + head.length ? 'complete' : 'open';
      return { ...head, body: text.slice(at, end), bodyEnd, trailers: [], end };
    }
    default:
      return { ...head, ...readChunks(text, at) };
  }
}

/** X8 to X12. */
function readChunks(text: string, from: number): Pick<Message, 'body' | 'bodyEnd' | 'trailers' | 'end'> {
  let body = '';
  let at = from;
  let extensions = 0;
  const stop = (bodyEnd: BodyEnd): ReturnType<typeof readChunks> => ({ body, bodyEnd, trailers: [], end: at });
  for (;;) {
    CHUNK_LINE.lastIndex = at;
    const match = CHUNK_LINE.exec(text);
    if (match === null) return stop(text.includes('\r\n', at) ? 'broken' : 'unsettled');
    const extension = match[2]!.length;
    extensions += extension;
    at += match[0].length;
    if (extension > 257 || extensions > 8192) return stop('broken');
    if (at - from - body.length > 16_384 + 4 * body.length) return stop('broken');
    const size = Number.parseInt(match[1]!, 16);
    if (size === 0) return readTrailers(text, at, body);
    body += text.slice(at, at + size);
    at += size;
    if (at >= text.length) return stop('open');
    if (!'\r\n'.startsWith(text.slice(at, at + 2))) return stop('broken');
    if (text.length < at + 2) return stop('open');
    at += 2;
  }
}

function readTrailers(text: string, at: number, body: string): ReturnType<typeof readChunks> {
  if (text.startsWith('\r\n', at)) return { body, bodyEnd: 'complete', trailers: [], end: at + 2 };
  const lines = splitHead(text, at)?.map(fieldLine);
  if (lines === undefined) return { body, bodyEnd: 'unsettled', trailers: [], end: text.length };
  const end = text.indexOf('\r\n\r\n', at) + 4;
  const isBroken = lines.includes(undefined) || lines.length > 100 || end - at > 32_768;
  if (isBroken) return { body, bodyEnd: 'broken', trailers: [], end: at };
  return { body, bodyEnd: 'complete', trailers: lines.filter((line) => line !== undefined), end };
}

export interface ResponseRead extends Message {
  readonly status: number;
  readonly reason: string;
}

/** A server's answer to one request. */
export interface ResponseStream {
  readonly interims: readonly ResponseRead[];
  /** The final response, if its head is complete and valid. */
  readonly final: ResponseRead | undefined;
  /** A head cannot be read, or is not one we asked for (B1, B3, B6, B7). */
  readonly isInvalid: boolean;
}

/** Reads the answer to a request of this method that asked for no upgrade. */
export function readResponse(text: string, method: string): ResponseStream {
  const interims: ResponseRead[] = [];
  let at = 0;
  for (;;) {
    const split = splitHead(text, at);
    if (split === undefined) return { interims, final: undefined, isInvalid: text.length - at > 65_536 };
    const head = responseHead(split, at, method);
    if (head === undefined || head.status === 101) return { interims, final: undefined, isInvalid: true };
    if (head.status >= 200) return { interims, final: withBody(text, head), isInvalid: false };
    interims.push({ ...head, body: '', bodyEnd: 'complete', trailers: [] });
    if (interims.length > 16) return { interims, final: undefined, isInvalid: true };
    at = head.end;
  }
}

function responseHead(split: readonly string[], start: number, method: string) {
  const [startLine = '', ...texts] = split;
  const end = start + split.join('\r\n').length + 4;
  const match = STATUS_LINE.exec(startLine);
  const lines = texts.map(fieldLine);
  if (match === null || lines.includes(undefined) || texts.length > 200 || end - start > 65_536) return undefined;
  const good = lines.filter((line) => line !== undefined);
  const faults = new Set<number>();
  const minor = Number(match[1]);
  const status = Number(match[2]);
  const { framing, length } = framingOf(good, minor, faults);
  if (faults.size > 0) return undefined;
  // B2
  const hasNoBody = method === 'HEAD' || status < 200 || status === 204 || status === 205 || status === 304;
  const kind: Framing = hasNoBody || length === 0 ? 'none' : framing === 'none' ? 'until-close' : framing;
  const announced = status < 200 || status === 204 ? -1 : status === 205 && method !== 'HEAD' ? 0 : length;
  return { startLine, lines: good, minor, framing: kind, length: announced, end, status, reason: match[3] ?? '' };
}
