import { chance, pick, type Random } from './random.ts';

/** Makes valid HTTP/1.x messages of every shape the rules let through, as latin1 text. */

const METHODS = [
  'GET',
  'POST',
  'HEAD',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'PROPFIND',
  'get',
  "!#$%&'*+-.^_`|~x",
  'M'.repeat(32),
];
const PATHS = [
  '/',
  '/a',
  '/a/b/',
  '/a%2fb',
  '/%61',
  '/caf%c3%a9',
  '/a//b',
  '/a/./b/../c',
  '/a;v=1/b',
  '/a%252Eb',
  '/%7Euser/..b',
  '/a"<>^`{|}b',
  '/x/%2e%2E/y',
  '/a/..',
  '/%20%3F%23',
  '/.well-known/x',
  "/@:!$&'()*+,=~",
  `/${'l'.repeat(300)}`,
];
const QUERIES = ['', '', '?', '?a=b', '?a=%zz&;c=%00', '?//../%2e', '??"<>\\^`{|}[]'];
const HOSTS = ['a.test', 'a.test', 'A.Test', 'a.test:80', 'a.test:65535', 'a.test.', 'a.test:'];
const NAMES = [
  'X-A',
  'x-b',
  'Accept',
  'Cookie',
  'User-Agent',
  'Content-Type',
  'Cache-Control',
  'Referer',
  "!#$%&'*+-.^`|~9",
  'Via',
  'Authorization',
  '__proto__',
  'constructor',
  'X_Under',
  'X-Forwarded-For',
  'x-forwarded-proto',
  'X-FORWARDED-HOST',
  'Forwarded',
  'X-Real-IP',
  'X_Forwarded_For',
  'Proxy',
  'Proxy-Authorization',
  'Proxy-Connection',
  'Keep-Alive',
  'HTTP2-Settings',
  'Trailer',
  'X-Hop',
  'Hosts',
  'Content-Lengt',
  'Transfer-Encodings',
  'X-Forwarded-Tls-Client-Cert-Info',
  'Front-End-Https',
  `X-${'n'.repeat(60)}`,
];
const VALUES = [
  '1',
  '',
  'text/html; q=0.9, */*',
  'a=b; c=d',
  '\x80\xff\xe9',
  'a\tb',
  '"quoted, \\" string"',
  'chunked',
  ':',
  'a: b',
  '5',
  'GET / HTTP/1.1',
  '1.1 other',
  ',',
  'v'.repeat(500),
];
const BLANKS = [' ', ' ', ' ', '', '\t', '  \t '];
const OPTIONS_OF_CONNECTION = [
  'keep-alive',
  'close',
  'X-Hop',
  'x-hop, X-A',
  'Host, Cookie',
  'TE',
  ', ,',
  'Keep-Alive,Content-Length',
  'upgrade',
];

/** A complete, valid request to `a.test`. */
export function validRequest(random: Random): string {
  const minor = chance(random, 15) ? 0 : 1;
  const method = pick(random, METHODS);
  const host = pick(random, HOSTS);
  const path = pick(random, PATHS) + pick(random, QUERIES);
  const target = chance(random, 8) ? absoluteForm(random, host, path) : path;
  const lines = fieldLines(random, random.below(6), minor);
  const framing = requestBody(random, minor);
  insert(random, lines, line(random, anyCase(random, 'Host'), target === path ? host : 'b.test'));
  if (framing.field !== '') insert(random, lines, framing.field);
  if (framing.field !== '' && chance(random, 5)) insert(random, lines, line(random, 'Expect', '100-Continue'));
  const lead = chance(random, 5) ? '\r\n' : '';
  return `${lead}${method} ${target} HTTP/1.${minor}\r\n${lines.join('')}\r\n${framing.body}`;
}

function absoluteForm(random: Random, host: string, path: string): string {
  return pick(random, ['http://', 'HTTP://']) + host + (path.startsWith('/?') ? path.slice(1) : path);
}

function fieldLines(random: Random, count: number, minor: number): string[] {
  const lines: string[] = [];
  for (let i = 0; i < count; i++) {
    const name = pick(random, NAMES);
    // H11: a second line of credentials is an error of its own.
    if (name === 'Authorization' && lines.some((text) => text.startsWith(name))) continue;
    lines.push(line(random, name, pick(random, VALUES)));
  }
  if (chance(random, 25))
    insert(random, lines, line(random, anyCase(random, 'Connection'), pick(random, OPTIONS_OF_CONNECTION)));
  if (minor === 0 && chance(random, 50)) insert(random, lines, 'Connection: Keep-Alive\r\n');
  if (chance(random, 8))
    insert(random, lines, line(random, 'TE', pick(random, ['trailers', 'gzip, trailers;q=1', 'deflate'])));
  if (chance(random, 4)) insert(random, lines, 'Upgrade: websocket\r\n');
  return lines;
}

function line(random: Random, name: string, value: string): string {
  return `${name}:${pick(random, BLANKS)}${value}${chance(random, 10) ? pick(random, BLANKS) : ''}\r\n`;
}

function insert(random: Random, lines: string[], text: string): void {
  lines.splice(random.below(lines.length + 1), 0, text);
}

function anyCase(random: Random, name: string): string {
  return pick(random, [name, name.toLowerCase(), name.toUpperCase()]);
}

function requestBody(random: Random, minor: number): { readonly field: string; readonly body: string } {
  const kind = random.below(10);
  if (kind < 5) return { field: '', body: '' };
  if (kind < 8 || minor === 0) return countedBody(random);
  return {
    field: line(random, anyCase(random, 'Transfer-Encoding'), anyCase(random, 'chunked')),
    body: chunkedBody(random),
  };
}

function countedBody(random: Random): { readonly field: string; readonly body: string } {
  const body = payload(random);
  const zeros = chance(random, 10) ? '000' : '';
  return { field: line(random, anyCase(random, 'Content-Length'), `${zeros}${body.length}`), body };
}

const PAYLOADS = [
  '',
  'x',
  'hello',
  '\r\n',
  '0\r\n\r\n',
  'GET /in-body HTTP/1.1\r\nHost: a.test\r\n\r\n',
  '\x00\x80\xff\r\r\n\n',
];

function payload(random: Random): string {
  if (chance(random, 3)) return 'L'.repeat(1 + random.below(40_000));
  return pick(random, PAYLOADS);
}

const EXTENSIONS = ['', '', '', ';a', ';a=b', ';a="q;\\""', ';a=b;c="\t\xe9"', `;${'e'.repeat(200)}`];
const TRAILERS = [
  '',
  '',
  'X-Sum: 1\r\n',
  'x-a:\r\nX-B: \xff\r\n',
  'Content-Length: 7\r\n',
  'X_U: 1\r\nHost: b.test\r\nSet-Cookie: a\r\nX-C: 3\r\n',
  `X-Scheme: 1\r\nFront-End-Https: 1\r\nContent-${'c'.repeat(40)}: 1\r\n`,
];

function chunkedBody(random: Random): string {
  let body = '';
  for (let left = random.below(4); left > 0; left--) {
    const data = payload(random);
    if (data === '') continue;
    const size = data.length.toString(16);
    body += `${pick(random, ['', '0', '000'])}${chance(random, 30) ? size.toUpperCase() : size}${pick(random, EXTENSIONS)}\r\n${data}\r\n`;
  }
  return `${body}${pick(random, ['0', '00'])}${pick(random, EXTENSIONS)}\r\n${pick(random, TRAILERS)}\r\n`;
}

const STATUSES = [200, 200, 200, 201, 204, 205, 206, 301, 304, 404, 426, 500, 503, 599, 299];
const REASONS = [' OK', ' No', '', ' ', ' Not Found', ' \xe9t\xe9 \t!', ' HTTP/1.1 200 OK'];
const RESPONSE_NAMES = [
  'X-A',
  'Set-Cookie',
  'Date',
  'Server',
  'ETag',
  'X_Under',
  'Keep-Alive',
  'Proxy-Connection',
  'Trailer',
  'Via',
  'X-Hop',
  'Upgrade',
  'Content-Type',
  'Vary',
  '__proto__',
  'Location',
  'TE',
  'HTTP2-Settings',
  'Age',
];

/** A response with interim ones before it. `ends`: only the end of the connection delimits it. */
export function validResponse(random: Random): { readonly text: string; readonly ends: boolean } {
  let text = '';
  for (let left = chance(random, 15) ? 1 + random.below(3) : 0; left > 0; left--) {
    text += `HTTP/1.1 ${pick(random, [103, 102, 100, 199])}${pick(random, REASONS)}\r\n${responseLines(random, random.below(3)).join('')}\r\n`;
  }
  const minor = chance(random, 10) ? 0 : 1;
  const status = pick(random, STATUSES);
  const lines = responseLines(random, random.below(6));
  const hasNoBody = status === 204 || status === 205 || status === 304;
  const kind = random.below(10);
  let body = '';
  if (kind < 5 || (hasNoBody && kind < 7)) {
    const counted = countedBody(random);
    insert(random, lines, status === 205 ? 'Content-Length: 0\r\n' : counted.field);
    if (!hasNoBody) body = counted.body;
  } else if (kind < 8 && minor === 1) {
    insert(random, lines, line(random, anyCase(random, 'Transfer-Encoding'), anyCase(random, 'chunked')));
    if (!hasNoBody) body = chunkedBody(random);
  } else {
    if (!hasNoBody) body = payload(random);
    return {
      text: `${text}HTTP/1.${minor} ${status}${pick(random, REASONS)}\r\n${lines.join('')}\r\n${body}`,
      ends: true,
    };
  }
  return {
    text: `${text}HTTP/1.${minor} ${status}${pick(random, REASONS)}\r\n${lines.join('')}\r\n${body}`,
    ends: false,
  };
}

function responseLines(random: Random, count: number): string[] {
  const lines = Array.from({ length: count }, () => line(random, pick(random, RESPONSE_NAMES), pick(random, VALUES)));
  if (chance(random, 20))
    insert(random, lines, line(random, 'Connection', pick(random, [...OPTIONS_OF_CONNECTION, 'Date'])));
  return lines;
}
