import { isIPv6 } from 'node:net';
import type { RawMessage } from './raw-http.ts';
import { type Line, membersOf, type RequestRead, type ResponseRead, valuesOf } from './reference-reader.ts';

/**
 * What must come out of a router with one plaintext router for `a.test`, no trusted peers and a server that keeps its
 * Host, written from the rules (P, A, H, C, X6, B2, B4, F1, V) and from nothing else.
 */

/** Names in the order of section 9. */
const FAMILY =
  'x-forwarded-for x-forwarded-proto x-forwarded-host x-forwarded-port x-forwarded-server x-forwarded-prefix x-forwarded-uri ' +
  'x-forwarded-method x-forwarded-tls-client-cert x-forwarded-tls-client-cert-info x-real-ip x-forwarded-scheme x-scheme ' +
  'x-forwarded-ssl front-end-https forwarded';
/** C1. */
const HOP_BY_HOP =
  'connection keep-alive proxy-connection te transfer-encoding upgrade http2-settings trailer content-length';
const NEVER_REQUEST = new Set(`${HOP_BY_HOP} host expect proxy proxy-authorization ${FAMILY}`.split(' '));
const NEVER_RESPONSE = new Set(HOP_BY_HOP.split(' '));
/** C2. */
const PROTECTED = new Set(`host content-length transfer-encoding via cookie authorization ${FAMILY}`.split(' '));
/** X12, and what decides how a response is treated (9110 6.5.1). */
const NEVER_TRAILER = new Set(
  (
    `${HOP_BY_HOP} ${FAMILY} host via proxy-authorization authorization www-authenticate proxy-authenticate cookie set-cookie ` +
    'cache-control expect range max-forwards age date expires location retry-after vary pragma warning'
  ).split(' '),
);

export type Expectation =
  | { readonly kind: 'forward'; readonly message: string; readonly closes: boolean }
  | { readonly kind: 'answer'; readonly status: number; readonly closes: boolean };

/** What becomes of a request whose head is good, for a client at `peer`. */
export function expectedForward(request: RequestRead, peer: string): Expectation {
  const options = membersOf(request.lines, 'connection');
  const closes = options.includes('close') || (request.minor === 0 && !options.includes('keep-alive'));
  const answer = (status: number, mustClose = false): Expectation => ({
    kind: 'answer',
    status,
    // E1: whoever waits for a 100 cannot be read on behind another answer.
    closes: closes || mustClose || request.expectsContinue,
  });
  const { authority } = request;
  if (authority !== undefined && !isAuthority(authority)) return answer(400, true);
  if (request.path === '*') return answer(204);
  if (request.scheme === 'https') return answer(421);
  const path = normalPath(request.path);
  if (path === undefined) return answer(400, true);
  if (request.method === 'TRACE') return answer(405);
  if (hostOf(authority) !== 'a.test') return answer(404);
  const startLine = `${request.method} ${path}${request.query} HTTP/1.1`;
  const lines = [...keptRequestLines(request).map(pair), ...ownRequestLines(request, authority!, peer, options)];
  const isAnnounced = request.framing === 'chunked' && announcedTrailers(request).length > 0;
  const trailers = isAnnounced ? keptTrailers(request).map((line) => line.text) : [];
  return { kind: 'forward', message: canonical(startLine, lines, request.body, trailers.join('')), closes };
}

/** End-to-end lines of a request (C1, C2, H10, H16, F1). */
export function keptRequestLines(request: Pick<RequestRead, 'lines'>): Line[] {
  return kept(request.lines, NEVER_REQUEST).filter((line) => !line.name.includes('_'));
}

/** End-to-end lines of a response (C1). */
export function keptResponseLines(response: Pick<ResponseRead, 'lines'>): Line[] {
  return kept(response.lines, NEVER_RESPONSE);
}

/** Trailer lines that may be passed on (X12). */
export function keptTrailers(message: Pick<ResponseRead, 'lines' | 'trailers'>): Line[] {
  const named = membersOf(message.lines, 'connection');
  return message.trailers.filter(({ name }) => !named.includes(name.toLowerCase()) && mayTrail(name));
}

/** X12: a server of HTTP/1.1 gets trailers only where the client has announced some. */
function announcedTrailers(request: Pick<RequestRead, 'lines'>): readonly string[] {
  const names = valuesOf(request.lines, 'trailer').flatMap((value) => value.split(',').map((name) => name.trim()));
  return names.filter((name) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && mayTrail(name));
}

function mayTrail(name: string): boolean {
  const lower = name.toLowerCase();
  return !NEVER_TRAILER.has(lower) && !lower.includes('_') && !/^(?:content-|x-forwarded-)/.test(lower);
}

function kept(lines: readonly Line[], never: ReadonlySet<string>): Line[] {
  const named = new Set(membersOf(lines, 'connection').filter((name) => !PROTECTED.has(name)));
  return lines.filter(({ name }) => !never.has(name.toLowerCase()) && !named.has(name.toLowerCase()));
}

const pair = ({ name, value }: Line): readonly [string, string] => [name, value];

function ownRequestLines(
  request: RequestRead,
  authority: string,
  peer: string,
  options: readonly string[],
): (readonly [string, string])[] {
  const port = /:(\d+)$/.exec(authority)?.[1] ?? '80';
  const own: (readonly [string, string])[] = [
    ['Host', authority],
    ['X-Forwarded-For', peer],
    ['X-Real-Ip', peer],
    ['X-Forwarded-Proto', 'http'],
    ['X-Forwarded-Port', port],
    ['X-Forwarded-Host', authority],
    ['X-Forwarded-Server', 'sluice'],
    ['Via', `1.${request.minor} sluice`],
  ];
  if (request.framing === 'chunked') {
    own.push(['Transfer-Encoding', 'chunked']);
    const announced = announcedTrailers(request);
    if (announced.length > 0) own.push(['Trailer', announced.join(', ')]);
  } else if (request.framing === 'length') own.push(['Content-Length', `${request.length}`]);
  else if (/^(?:POST|PUT|PATCH)$/.test(request.method)) own.push(['Content-Length', '0']);
  if (request.expectsContinue) own.push(['Expect', '100-continue']);
  if (isUpgrade(request, options)) own.push(['Connection', 'Upgrade'], ['Upgrade', 'websocket']);
  else if (acceptsTrailers(request)) own.push(['Connection', 'TE'], ['TE', 'trailers']);
  return own;
}

/** U1. */
function isUpgrade(request: RequestRead, options: readonly string[]): boolean {
  const upgrades = valuesOf(request.lines, 'upgrade');
  const isPlainGet = request.minor === 1 && request.method === 'GET' && request.framing === 'none';
  return (
    isPlainGet && options.includes('upgrade') && upgrades.length === 1 && upgrades[0]!.toLowerCase() === 'websocket'
  );
}

/** C3; only a client of HTTP/1.1 can be sent trailers (V2). */
export function acceptsTrailers(request: Pick<RequestRead, 'lines' | 'minor'>): boolean {
  return request.minor === 1 && membersOf(request.lines, 'te').some((member) => /^trailers[\t ]*(?:;|$)/.test(member));
}

/** A2, A4. */
function isAuthority(text: string): boolean {
  const match = /^([A-Za-z0-9\-._~]+|\[[0-9A-Fa-f:.]+\])(?::(\d*))?$/.exec(text);
  if (match === null || text.length > 255 || Number(match[2] ?? 0) > 65_535 || (match[2] ?? '').length > 5)
    return false;
  const host = match[1]!;
  return host.startsWith('[') ? isIPv6(host.slice(1, -1)) : host !== '.';
}

/** A3. */
function hostOf(authority: string | undefined): string {
  return (authority ?? '').toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
}

/** P2 to P7; undefined when the path is refused. */
export function normalPath(raw: string): string | undefined {
  if (raw.includes('\\') || /%(?![0-9a-f]{2})/i.test(raw)) return undefined;
  const path = raw.replace(/%../g, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[A-Za-z0-9\-._~]/.test(character) ? character : escape.toUpperCase();
  });
  if (/%(?:00|5C|C0|C1)/.test(path)) return undefined;
  const result: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..' && result.pop() === undefined) return undefined;
    if (segment === '' || segment === '.' || segment === '..') continue;
    if (segment.split('%2F').some((part) => /^\.\.?$/.test(part.replace(/(?:;|%3B).*$/, '')))) return undefined;
    result.push(segment);
  }
  return `/${result.join('/')}${path.endsWith('/') && result.length > 0 ? '/' : ''}`;
}

/** What a client of HTTP/1.`minor` must read: interim responses and the final one, `Date` left out where the router adds it. */
export function expectedResponse(
  response: ResponseRead,
  request: Pick<RequestRead, 'lines' | 'minor' | 'method'>,
  closes: boolean,
): string {
  const lines = keptResponseLines(response).map(pair);
  const { minor } = request;
  const becomesChunked = response.framing === 'chunked' || response.framing === 'until-close';
  if (!becomesChunked && response.length >= 0) lines.push(['Content-Length', `${response.length}`]);
  if (becomesChunked && minor === 1) lines.push(['Transfer-Encoding', 'chunked']);
  if (response.status >= 200) {
    const ends = closes || (becomesChunked && minor === 0);
    if (ends) lines.push(['Connection', 'close']);
    else if (minor === 0) lines.push(['Connection', 'keep-alive']);
    if (!lines.some(([name]) => name.toLowerCase() === 'date')) lines.push(['Date', 'now']);
  }
  const trailers =
    response.framing === 'chunked' && acceptsTrailers(request) ? keptTrailers(response).map((line) => line.text) : [];
  return canonical(`HTTP/1.1 ${response.status} ${response.reason}`, lines, response.body, trailers.join(''));
}

/**
 * One text per message, the same for all that mean the same: lines of different names in any order, of one name in theirs (H9).
 * `X-Forwarded-` names outside the family are left out: the rules do not say.
 */
export function canonical(
  startLine: string,
  fields: readonly (readonly [string, string])[],
  body: string,
  trailers: string,
): string {
  const family = FAMILY.split(' ');
  const sorted = fields
    .filter(([name]) => !name.toLowerCase().startsWith('x-forwarded-') || family.includes(name.toLowerCase()))
    .map(([name, value], index) => ({ key: name.toLowerCase(), name, value, index }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.index - b.index));
  const head = sorted.map(({ name, value }) => `${name}: ${value}`).join('\n');
  return `${startLine}\n${head}\n\n${body}\n${trailers}`;
}

/** The same text for a message as the strict reader saw it; a `Date` of the present form is the router's own. */
export function canonicalOf(message: RawMessage): string {
  const fields = message.fields.map(([name, value]): readonly [string, string] =>
    name === 'Date' && /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/.test(value) ? [name, 'now'] : [name, value],
  );
  return canonical(message.startLine, fields, message.body, message.trailers);
}
