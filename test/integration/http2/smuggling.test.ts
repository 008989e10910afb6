import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { oneService, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { block, CODE, FLAG, frame, GET, headers, Http2Wire, request, TYPE } from '../../support/http2-wire.ts';
import { rawBackend, type RawBackend, readMessages } from '../../support/raw-http.ts';

const { END_HEADERS, END_STREAM } = FLAG;
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
/** What a smuggler wants the backend to see as a request of its own. */
const EVIL = 'GET /evil HTTP/1.1\r\nHost: localhost\r\n\r\n';
let backend: RawBackend;
let plane: TestDataPlane;
let wire: Http2Wire;
let from: number;

beforeAll(async () => {
  const answered = new Map<number, number>();
  backend = await rawBackend((socket, received, connection) => {
    const whole = readMessages(received, 'request').filter((message) => message.isComplete).length;
    socket.write(OK.repeat(whole - (answered.get(connection) ?? 0)));
    answered.set(connection, whole);
  });
  plane = await startDataPlane(oneService([server(backend.port)]));
});
afterAll(async () => {
  await plane.stop();
  await backend.close();
});
beforeEach(async () => {
  from = seen().length;
  wire = await Http2Wire.open(plane.httpsPort);
});
afterEach(() => wire.close());

/** Every request the backend got, as a strict reader of HTTP/1.1 sees its bytes. */
const seen = (): string[] =>
  backend.received.flatMap((text) => readMessages(text, 'request').map((one) => `${one.startLine} ${one.body}`));

type Change = Readonly<Record<string, string | undefined>>;
type More = readonly (readonly [string, string])[];
const POST = { ':method': 'POST' };

/** Refused by what is wrong in its head: nothing of it gets to the backend. */
test.for<[what: string, outcome: number | 'reset', change: Change, more?: More]>([
  ['H2.TE', 'reset', POST, [['transfer-encoding', 'chunked']]],
  ['H2.TE, upper-case', 'reset', POST, [['Transfer-Encoding', 'chunked']]],
  [
    'H2.TE with a length',
    'reset',
    POST,
    [
      ['transfer-encoding', 'chunked'],
      ['content-length', '0'],
    ],
  ],
  ['H2.TE, a space behind the name', 'reset', POST, [['transfer-encoding ', 'chunked']]],
  ['H2.TE in a value', 'reset', POST, [['a', 'b\r\ntransfer-encoding: chunked']]],
  ['H2.TE in a name', 'reset', POST, [['a: b\r\ntransfer-encoding', 'chunked']]],
  ['H2.TE, a tab in the name', 'reset', POST, [['transfer-encoding\t', 'chunked']]],
  ['connection', 'reset', {}, [['connection', 'close']]],
  ['connection names a field', 'reset', {}, [['connection', 'content-length']]],
  ['keep-alive', 'reset', {}, [['keep-alive', '1']]],
  ['proxy-connection', 'reset', {}, [['proxy-connection', 'close']]],
  ['upgrade', 'reset', {}, [['upgrade', 'h2c']]],
  ['te', 'reset', {}, [['te', 'trailers, chunked']]],
  ['CR LF in a value', 'reset', {}, [['a', `b\r\n\r\n${EVIL}`]]],
  ['LF in a value', 'reset', {}, [['a', 'b\nc: d']]],
  ['CR in a value', 'reset', {}, [['a', 'b\rc: d']]],
  ['NUL in a value', 'reset', {}, [['a', 'b\0c']]],
  ['CR LF in a name', 'reset', {}, [['a\r\nb', 'c']]],
  ['LF in a name', 'reset', {}, [['a\nb', 'c']]],
  ['NUL in a name', 'reset', {}, [['a\0', 'c']]],
  ['a colon in a name', 'reset', {}, [['a:b', 'c']]],
  ['an empty name', 'reset', {}, [['', 'c']]],
  ['a space in a name', 'reset', {}, [['a b', 'c']]],
  ['8 bits in a name', 'reset', {}, [['a\xff', 'c']]],
  ['a delimiter in a name', 400, {}, [['a(b)', 'c']]],
  ['a control character in a value', 400, {}, [['a', 'b\x01c']]],
  ['space around a value', 'reset', {}, [['a', ' b']]],
  ['CR LF in the method', 'reset', { ':method': `GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET` }],
  ['a space in the method', 'reset', { ':method': 'GET /evil HTTP/1.1' }],
  ['a tab in the method', 400, { ':method': 'GE\tT' }],
  ['CR LF in the path', 'reset', { ':path': `/ HTTP/1.1\r\nHost: localhost\r\n\r\nGET /evil` }],
  ['a space in the path', 'reset', { ':path': '/ HTTP/1.1' }],
  ['a tab in the path', 400, { ':path': '/\tHTTP/1.1' }],
  ['NUL in the path', 'reset', { ':path': '/\0' }],
  ['an absolute path', 'reset', { ':path': 'http://evil.test/' }],
  ['an authority as the path', 'reset', { ':path': 'evil.test:443' }],
  ['an asterisk', 'reset', { ':path': '*' }],
  ['an empty path', 'reset', { ':path': '' }],
  ['no path', 'reset', { ':path': undefined }],
  ['a fragment', 400, { ':path': '/a#b' }],
  ['CR LF in the scheme', 'reset', { ':scheme': 'https\r\na: b' }],
  ['CR LF in the authority', 'reset', { ':authority': 'localhost\r\na: b' }],
  ['a space in the authority', 400, { ':authority': 'localhost evil.test' }],
  ['a path in the authority', 400, { ':authority': 'localhost/evil' }],
  ['a user in the authority', 400, { ':authority': 'evil.test@localhost' }],
  ['a comma in the authority', 400, { ':authority': 'localhost,evil.test' }],
  ['an empty authority', 'reset', { ':authority': '' }],
  ['another host', 400, {}, [['host', 'evil.test']]],
  ['another port', 400, {}, [['host', 'localhost:1']]],
  ['an empty host', 400, {}, [['host', '']]],
  [
    'two hosts',
    'reset',
    {},
    [
      ['host', 'localhost'],
      ['host', 'localhost'],
    ],
  ],
  ['neither authority nor host', 400, { ':authority': undefined }],
  [
    'a late pseudo-field',
    'reset',
    {},
    [
      ['a', 'b'],
      [':path', '/evil'],
    ],
  ],
  ['two paths', 'reset', {}, [[':path', '/evil']]],
  ['an unknown pseudo-field', 'reset', {}, [[':evil', '/']]],
  ['a status', 'reset', {}, [[':status', '200']]],
  ['a protocol', 'reset', {}, [[':protocol', 'websocket']]],
  [
    'a protocol and a length',
    'reset',
    { ':method': 'CONNECT' },
    [
      [':protocol', 'websocket'],
      ['content-length', '5'],
    ],
  ],
  ['another protocol', 501, { ':method': 'CONNECT' }, [[':protocol', 'connect-udp']]],
  [
    'two lengths',
    400,
    POST,
    [
      ['content-length', '5'],
      ['content-length', '0'],
    ],
  ],
  ['a list of lengths', 400, POST, [['content-length', '5, 0']]],
  ['a length with a sign', 400, POST, [['content-length', '+5']]],
  ['a length in hex', 400, POST, [['content-length', '0x5']]],
  ['a length that is huge', 413, POST, [['content-length', '99999999999999999999']]],
  ['a negative length', 400, POST, [['content-length', '-1']]],
])('%s: %s, and the backend hears nothing', async ([, outcome, change, more]) => {
  wire.send(headers(1, request(change, more), END_HEADERS), frame(TYPE.DATA, END_STREAM, 1, Buffer.from(EVIL)));
  if (outcome === 'reset') expect(await wire.reset(1)).toBe(CODE.PROTOCOL_ERROR);
  else expect(await wire.status(1)).toBe(outcome);
  expect(await wire.isWell(3)).toBe(true);
  expect(seen().slice(from)).toEqual(['GET / HTTP/1.1 ']);
});

/** What is in payload stays there: one request, whatever follows it. */
test.for<[what: string, body: string, change: Change, more: More, parts: readonly string[]]>([
  ['H2.CL: a request in the payload', EVIL, POST, [['content-length', `${EVIL.length}`]], [EVIL]],
  ['no length: a request in the payload', EVIL, POST, [], [EVIL.slice(0, 9), EVIL.slice(9)]],
  ['the end of a chunked payload in the payload', `0\r\n\r\n${EVIL}`, POST, [], [`0\r\n\r\n${EVIL}`]],
  ['GET with payload', EVIL, {}, [], [EVIL]],
  [
    'a length twice',
    'hello',
    POST,
    [
      ['content-length', '5'],
      ['content-length', '5'],
    ],
    ['hello'],
  ],
  ['a length with zeros', 'hello', POST, [['content-length', '005']], ['hello']],
])('%s: one request', async ([, body, change, more, parts]) => {
  wire.send(headers(1, request(change, more), END_HEADERS));
  for (const [i, part] of parts.entries()) {
    wire.send(frame(TYPE.DATA, i === parts.length - 1 ? END_STREAM : 0, 1, Buffer.from(part)));
  }
  expect([200, 400]).toContain(await wire.status(1));
  expect(await wire.isWell(3)).toBe(true);
  const [first, ...rest] = seen().slice(from);
  // Refused or passed on whole.
  if (rest.length > 0) expect([first!.endsWith(` ${body}`), rest]).toEqual([true, ['GET / HTTP/1.1 ']]);
  else expect(first).toBe('GET / HTTP/1.1 ');
});

/** A length that is not the payload's is found out while the payload is on its way: what follows it is nobody's request. */
test.for<[what: string, length: string, payload: string, flags: number]>([
  ['H2.CL 0 with a request behind it', '0', EVIL, END_STREAM],
  ['H2.CL shorter than the payload', '5', `hello${EVIL}`, END_STREAM],
  ['H2.CL longer than the payload', '500', EVIL, END_STREAM],
  ['H2.CL shorter, and no end', '5', `hello${EVIL}`, 0],
])('%s: reset, and no second request', async ([, length, payload, flags]) => {
  const head = request(POST, [['content-length', length]]);
  wire.send(headers(1, head, END_HEADERS), frame(TYPE.DATA, flags, 1, Buffer.from(payload)));
  expect(await wire.reset(1)).toBe(CODE.PROTOCOL_ERROR);
  expect(await wire.isWell(3)).toBe(true);
  const requests = seen().slice(from);
  expect(requests.filter((one) => one.includes('evil') && one.startsWith('GET /evil'))).toEqual([]);
  expect(requests.filter((one) => one.startsWith('GET / '))).toHaveLength(1);
});

test.for<[what: string, fields: More]>([
  ['a pseudo-field', [[':path', '/evil']]],
  ['transfer-encoding', [['transfer-encoding', 'chunked']]],
  ['CR LF', [['a', `b\r\n\r\n${EVIL}`]]],
])('trailers with %s: reset, and nothing of them is passed on', async ([, fields]) => {
  wire.send(headers(1, request(POST), END_HEADERS), frame(TYPE.DATA, 0, 1, Buffer.from('hello')));
  wire.send(headers(1, block(fields), END_HEADERS | END_STREAM));
  expect(await wire.reset(1)).toBe(CODE.PROTOCOL_ERROR);
  expect(await wire.isWell(3)).toBe(true);
  expect(seen().slice(from).join('\n')).not.toMatch(/^GET \/evil|chunked$/m);
});

test('a length beside END_STREAM is refused, and GET is no exception', async () => {
  wire.send(headers(1, block([...GET, ['content-length', '5']])));
  expect(await wire.reset(1)).toBe(CODE.PROTOCOL_ERROR);
  expect(await wire.isWell(3)).toBe(true);
  expect(seen().slice(from)).toEqual(['GET / HTTP/1.1 ']);
});
