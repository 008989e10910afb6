import { sensitiveHeaders, connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { duplexPair, type Duplex } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HpackDecoder } from '../../../src/http2/hpack-decoder.ts';
import { encodeBlock } from '../../../src/http2/response-block.ts';
import { FLAG, frame, PREFACE, settings, TYPE } from '../../support/http2-wire.ts';
import { type Random, Xorshift } from '../../support/random.ts';

/** Node's own HTTP/2 as an independent encoder and decoder, over a pair of streams in memory. */
let session: ClientHttp2Session;
let peer: Duplex;
/** Field blocks that Node sent, with the streams they belong to. */
let blocks: { readonly id: number; readonly block: Buffer }[];

beforeEach(() => {
  blocks = [];
  const [near, far] = duplexPair();
  peer = far;
  let rest = Buffer.alloc(0);
  let hasPreface = false;
  let open: Buffer[] = [];
  far.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    if (!hasPreface && rest.length >= PREFACE.length) {
      hasPreface = true;
      rest = rest.subarray(PREFACE.length);
    }
    if (!hasPreface) return;
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3);
      const [type, flags, id] = [rest[3]!, rest[4]!, rest.readUInt32BE(5)];
      if (type === TYPE.HEADERS || type === TYPE.CONTINUATION) {
        const from = (flags & FLAG.PRIORITY) !== 0 && type === TYPE.HEADERS ? 14 : 9;
        open.push(Buffer.from(rest.subarray(from, end)));
        if ((flags & FLAG.END_HEADERS) !== 0) {
          blocks.push({ id, block: Buffer.concat(open) });
          open = [];
        }
      }
      rest = rest.subarray(end);
    }
  });
  far.write(settings([3, 1000]));
  session = connect('http://a.test', { createConnection: () => near, maxSessionMemory: 100 });
  session.on('error', () => {});
});
afterEach(() => session.destroy());

const word = (random: Random, most: number): string =>
  Array.from({ length: random.below(most) }, () => String.fromCharCode(33 + random.below(94))).join('');

/** Names that come again, so that tables are used, and others. */
function randomFields(random: Random): [string, string][] {
  const names = ['accept', 'user-agent', 'x-a', 'x-b', 'cache-control', 'etag', 'referer', 'x-long'];
  const fields = names.flatMap((name): [string, string][] => {
    if (random.below(2) === 0) return [];
    return [[name, random.below(2) === 0 ? `same ${name}` : word(random, name === 'x-long' ? 3000 : 40)]];
  });
  return [...fields, [`x-${random.below(100_000)}`, word(random, 10)]];
}

test('what Node encodes is decoded, over hundreds of blocks with one table', async () => {
  const random = new Xorshift(7);
  const sent: [string, string][][] = [];
  for (let n = 0; n < 400; n++) {
    const fields = randomFields(random);
    const all: [string, string][] = [
      [':method', 'GET'],
      [':authority', 'a.test'],
      [':scheme', 'http'],
      [':path', `/${random.below(50)}`],
      ...fields,
    ];
    sent.push(all.map(([name, value]): [string, string] => [name, value.replace(/^[\t ]+|[\t ]+$/g, '')]));
    session.request(Object.fromEntries(all)).on('error', () => {});
  }
  await vi.waitFor(() => expect(blocks.length).toBe(400), { timeout: 4000, interval: 2 });
  const decoder = new HpackDecoder(65_536);
  const read = blocks.map(({ block }) => {
    const fields: [string, string][] = [];
    const isGood = decoder.decode(block, 0, block.length, {
      field: ({ name, value }) => void fields.push([name, value]),
    });
    return isGood ? fields : undefined;
  });
  const sorted = (list: readonly [string, string][] | undefined): unknown =>
    list && [...list].sort(([a], [b]) => (a < b ? -1 : 1));
  expect(read.map(sorted)).toEqual(sent.map(sorted));
  // Node's table was in use: later blocks are much shorter than what they say.
  expect(blocks.at(-1)!.block.length).toBeLessThan(3200);
});

/** What Node makes of a response with these lines. */
async function respond(
  status: number,
  lines: string,
  trailers: string,
): Promise<[IncomingHttpHeaders, IncomingHttpHeaders]> {
  const stream = session.request({ ':path': '/' });
  let head: IncomingHttpHeaders = {};
  let end: IncomingHttpHeaders = {};
  let failed: Error | undefined;
  stream.on('response', (fields) => (head = fields));
  stream.on('trailers', (fields) => (end = fields));
  stream.on('error', (error) => (failed = error));
  stream.resume();
  const before = blocks.length;
  await vi.waitFor(() => expect(blocks.length).toBeGreaterThan(before), { interval: 1 });
  const { id } = blocks.at(-1)!;
  const { END_HEADERS, END_STREAM } = FLAG;
  peer.write(frame(TYPE.HEADERS, END_HEADERS, id, encodeBlock(status, lines)));
  peer.write(frame(TYPE.HEADERS, END_HEADERS | END_STREAM, id, encodeBlock(undefined, trailers)));
  await vi.waitFor(() => expect(stream.closed || failed !== undefined).toBe(true), { interval: 1 });
  if (failed !== undefined) throw failed;
  return [head, end];
}

/** Without what Node adds under symbols. */
const plain = (fields: IncomingHttpHeaders): object => Object.fromEntries(Object.entries(fields));

test.for([200, 204, 206, 304, 400, 404, 500, 201, 299, 418, 599])('status %i is read by Node', async (status) => {
  const [head] = await respond(status, '', 'x-t: 1\r\n');
  expect(head[':status']).toBe(status);
});

test('what we encode is decoded by Node', async () => {
  const random = new Xorshift(11);
  for (let n = 0; n < 60; n++) {
    const fields = randomFields(random).map(([name, value]): [string, string] => [name, value.trim()]);
    const lines = fields.map(([name, value], index) => `${index % 2 === 0 ? name.toUpperCase() : name}: ${value}\r\n`);
    const [head, trailers] = await respond(200, lines.join(''), 'X-Sum: abc\r\nx-other:  \xa0spaced\xa0 \r\n');
    expect(plain(head)).toEqual({ ':status': 200, ...Object.fromEntries(fields) });
    expect(plain(trailers)).toEqual({ 'x-sum': 'abc', 'x-other': '\xa0spaced\xa0' });
  }
});

test('lines are kept apart, octets above 127 and long values arrive as they are', async () => {
  const long = 'z~'.repeat(4000);
  const lines = `Set-Cookie: a=1; Path=/\r\nset-cookie: b=2\r\nX-Long: ${long}\r\nX-Latin: \xe4\xff\r\nX-Empty:\r\nX-Colon: a:b\r\n`;
  const [head] = await respond(200, lines, 'x-t: 1\r\n');
  expect(plain(head)).toEqual({
    ':status': 200,
    'set-cookie': ['a=1; Path=/', 'b=2'],
    'x-long': long,
    'x-latin': '\xe4\xff',
    'x-empty': '',
    'x-colon': 'a:b',
  });
  // RFC 7541 7.1.3: what nobody on the way may put into a table either.
  expect(head[sensitiveHeaders as unknown as string]).toEqual(['set-cookie', 'set-cookie']);
});

test('a line that was remembered means the same the second time, and thousands do not pile up', async () => {
  for (let n = 0; n < 3000; n++) encodeBlock(200, `x-pile: ${n}\r\n`);
  for (const _ of [1, 2]) {
    const [head] = await respond(200, 'Server: x\r\nx-pile: 1\r\n', 'x-t: 1\r\n');
    expect(plain(head)).toEqual({ ':status': 200, server: 'x', 'x-pile': '1' });
  }
});
