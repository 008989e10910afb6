import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHUNKED, LENGTH, NO_BODY } from '../../../src/http/message.ts';
import { HeadReader } from '../../../src/http1/head-reader.ts';
import { RequestHead } from '../../../src/http1/request-head.ts';

const HOST = 'Host: a.test\r\n';

function parse(text: string, trusted = false): { readonly result: number; readonly head: RequestHead } {
  const head = new RequestHead();
  head.trustsForwarded = trusted;
  const buf = Buffer.from(text, 'latin1');
  return { result: head.parse(buf, 0, buf.length), head };
}

function accepted(text: string, trusted = false): RequestHead {
  const { result, head } = parse(text, trusted);
  expect(result).toBeGreaterThan(0);
  return head;
}

describe('start-line', () => {
  test.for([
    { line: 'GET / HTTP/1.1', method: 'GET', path: '/', query: '', unclean: false },
    { line: 'GET /a/b?x=1&y HTTP/1.1', method: 'GET', path: '/a/b', query: '?x=1&y', unclean: false },
    { line: 'GET /? HTTP/1.1', method: 'GET', path: '/', query: '?', unclean: false },
    { line: 'POST /%41 HTTP/1.1', method: 'POST', path: '/%41', query: '', unclean: true },
    { line: 'GET //a HTTP/1.1', method: 'GET', path: '//a', query: '', unclean: true },
    { line: 'GET /a/.. HTTP/1.1', method: 'GET', path: '/a/..', query: '', unclean: true },
    { line: 'GET /a.b HTTP/1.1', method: 'GET', path: '/a.b', query: '', unclean: false },
    { line: 'GET /a?//../%41 HTTP/1.1', method: 'GET', path: '/a', query: '?//../%41', unclean: false },
    { line: 'GET /"<>^`{|}[] HTTP/1.1', method: 'GET', path: '/"<>^`{|}[]', query: '', unclean: false },
    { line: 'purge! /x HTTP/1.1', method: 'purge!', path: '/x', query: '', unclean: false },
    { line: 'OPTIONS * HTTP/1.1', method: 'OPTIONS', path: '*', query: '', unclean: false },
  ])('$line', ({ line, method, path, query, unclean }) => {
    const head = accepted(`${line}\r\n${HOST}\r\n`);
    expect({ method: head.method, path: head.path, query: head.query, unclean: head.isPathUnclean }).toEqual({
      method,
      path,
      query,
      unclean,
    });
  });

  test('an absolute-form target brings its own authority (R8)', () => {
    const head = accepted(`GET http://b.test:81?x HTTP/1.1\r\n${HOST}\r\n`);
    expect([head.authority, head.path, head.query, head.targetScheme]).toEqual(['b.test:81', '/', '?x', 'http']);
  });

  test.for([
    ['GET / HTTP/1.2', 'version_unsupported'],
    ['GET / HTTP/2.0', 'version_unsupported'],
    ['GET / HTTP/1.1 ', 'bad_start_line'],
    ['GET  / HTTP/1.1', 'bad_start_line'],
    ['GET /', 'bad_start_line'],
    ['GET / http/1.1', 'bad_start_line'],
    ['GET /a b HTTP/1.1', 'bad_start_line'],
    ['GET /# HTTP/1.1', 'bad_start_line'],
    ['GET /a\\b HTTP/1.1', 'bad_start_line'],
    ['GET a.test HTTP/1.1', 'bad_start_line'],
    ['GET * HTTP/1.1', 'bad_start_line'],
    ['GET ftp://a.test/ HTTP/1.1', 'bad_start_line'],
    ['G(T / HTTP/1.1', 'bad_start_line'],
    [`${'M'.repeat(33)} / HTTP/1.1`, 'method_too_long'],
    ['CONNECT a.test:443 HTTP/1.1', 'connect_unsupported'],
    [`GET /${'a'.repeat(16_384)} HTTP/1.1`, 'target_too_long'],
    ['\x16\x03\x01\x02\x00', 'tls_on_plain_port'],
    ['PRI * HTTP/2.0', 'bad_start_line'],
  ])('%s is refused: %s', ([line, fault]) => {
    const { result, head } = parse(`${line}\r\n${HOST}\r\n`);
    expect([result, head.fault]).toEqual([-1, fault]);
  });
});

describe('framing (X1 to X5)', () => {
  test.for([
    ['', NO_BODY, -1],
    ['Content-Length: 0\r\n', NO_BODY, 0],
    ['content-length:5\r\n', LENGTH, 5],
    ['Content-Length: \t00012 \r\n', LENGTH, 12],
    ['Transfer-Encoding: ChUnKeD\r\n', CHUNKED, -1],
  ] as const)('%j', ([fields, body, length]) => {
    const head = accepted(`POST / HTTP/1.1\r\n${HOST}${fields}\r\n`);
    expect([head.body, head.contentLength, head.fields]).toEqual([body, length, '']);
  });

  test.for([
    ['Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', 'bad_framing'],
    ['Content-Length: 5\r\nContent-Length: 5\r\n', 'bad_framing'],
    ['Content-Length: 1000000000000000\r\n', 'body_too_large'],
    ['Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', 'bad_framing'],
    ['Transfer-Encoding: chunked, chunked\r\n', 'bad_framing'],
    ['Transfer-Encoding: gzip\r\n', 'transfer_coding_unsupported'],
    ['Authorization: a\r\nAuthorization: b\r\n', 'bad_field'],
  ])('%j is refused: %s', ([fields, fault]) => {
    const { result, head } = parse(`POST / HTTP/1.1\r\n${HOST}${fields}\r\n`);
    expect([result, head.fault]).toEqual([-1, fault]);
  });

  test('a transfer coding in HTTP/1.0 is refused (X2)', () => {
    expect(parse(`POST / HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`).result).toBe(-1);
  });
});

describe('fields', () => {
  test('end-to-end fields keep order, case, duplicates and bytes (H9)', () => {
    const kept = 'Accept: */*\r\nX-One: 1\r\nx-one:  2 \r\nCookie: a=b\r\nX-Bytes: \x80\xff\tz\r\n';
    expect(accepted(`GET / HTTP/1.1\r\n${HOST}${kept}\r\n`).fields).toBe(kept);
  });

  test('hop-by-hop fields and what Connection names are removed (C1)', () => {
    const head = accepted(
      `GET / HTTP/1.1\r\nA: 1\r\nConnection: close, X-Drop\r\n${HOST}Keep-Alive: 5\r\nX-Drop: 1\r\nTE: trailers\r\n` +
        'Trailer: x\r\nProxy: evil\r\nProxy-Connection: x\r\nProxy-Authorization: x\r\nHTTP2-Settings: x\r\nB: 2\r\n\r\n',
    );
    expect(head.fields).toBe('A: 1\r\nB: 2\r\n');
    expect([head.connection.close, head.acceptsTrailers]).toEqual([true, true]);
  });

  test.for([
    ['trailers', '1', true],
    ['gzip , trailers;q=1', '1', true],
    ['gzip trailers', '1', false],
    ['trailers', '0', false],
  ] as const)('TE: %s from a client of HTTP/1.%s takes trailers: %s (C3, V2)', ([value, minor, takes]) => {
    expect(accepted(`GET / HTTP/1.${minor}\r\n${HOST}TE: ${value}\r\n\r\n`).acceptsTrailers).toBe(takes);
  });

  test('an option cannot remove what matters (C2)', () => {
    const kept = 'Cookie: a\r\nAuthorization: b\r\n';
    const head = accepted(`GET / HTTP/1.1\r\n${HOST}Connection: cookie, authorization, host\r\n${kept}\r\n`);
    expect(head.fields).toBe(kept);
  });

  test('forwarding fields go, and are kept aside from a trusted peer (F1, F2)', () => {
    const text = `GET / HTTP/1.1\r\n${HOST}X-Forwarded-For: 1.2.3.4\r\nX-Real-IP: 1.2.3.4\r\nForwarded: for=1\r\nX-Own: 1\r\n\r\n`;
    expect(accepted(text).forwarded).toBeUndefined();
    expect(accepted(text).fields).toBe('X-Own: 1\r\n');
    expect(accepted(text, true).forwarded).toEqual([
      ['x-forwarded-for', '1.2.3.4'],
      ['x-real-ip', '1.2.3.4'],
      ['forwarded', 'for=1'],
    ]);
  });

  test('a name with an underscore is dropped (H10)', () => {
    expect(accepted(`GET / HTTP/1.1\r\n${HOST}X_Forwarded_For: 1\r\nX-A: 1\r\n\r\n`).fields).toBe('X-A: 1\r\n');
  });

  test.for([
    ['', 'bad_host'],
    [`${HOST}${HOST}`, 'bad_host'],
    [`${HOST}Name : x\r\n`, 'bad_field'],
    [`${HOST} folded\r\n`, 'bad_field'],
    [`${HOST}nocolon\r\n`, 'bad_field'],
    [`${HOST}: empty\r\n`, 'bad_field'],
    [`${HOST}A: \x00\r\n`, 'bad_field'],
    [`${HOST}A: \x7f\r\n`, 'bad_field'],
    [`${HOST}A: b\nC: d\r\n`, 'bad_field'],
    [`${HOST}A: b\rC: d\r\n`, 'bad_field'],
    [`${HOST}${'A: b\r\n'.repeat(100)}`, 'head_too_large'],
    [`${HOST}A: ${'b'.repeat(33_000)}\r\n`, 'head_too_large'],
    [`${HOST}Expect: something\r\n`, 'expectation_failed'],
  ])('%j is refused: %s', ([fields, fault]) => {
    const { result, head } = parse(`GET / HTTP/1.1\r\n${fields}\r\n`);
    expect([result, head.fault]).toEqual([-1, fault]);
  });

  test('our own Via entries are counted (A9)', () => {
    expect(accepted(`GET / HTTP/1.1\r\n${HOST}Via: 1.1 sluice, 1.1 sluice\r\nVia: 1.1 other\r\n\r\n`).hops).toBe(2);
  });
});

describe('Max-Forwards (H15)', () => {
  test.for([
    ['OPTIONS', '5', 'Max-Forwards: 4\r\n', false],
    ['OPTIONS', '1', 'Max-Forwards: 0\r\n', false],
    ['OPTIONS', '0', '', true],
    ['GET', '0', 'Max-Forwards: 0\r\n', false],
  ] as const)('%s with %s', ([method, value, fields, isLastHop]) => {
    const head = accepted(`${method} / HTTP/1.1\r\n${HOST}Max-Forwards: ${value}\r\n\r\n`);
    expect([head.fields, head.isLastHop]).toEqual([fields, isLastHop]);
  });

  test.for(['', '-1', '1, 2', '1\r\nMax-Forwards: 1', '0\r\nMax-Forwards: 0', '9999999999'])(
    '%j is refused',
    (value) => {
      const { result, head } = parse(`OPTIONS / HTTP/1.1\r\n${HOST}Max-Forwards: ${value}\r\n\r\n`);
      expect([result, head.fault]).toEqual([-1, 'bad_field']);
    },
  );
});

describe('upgrade (U1)', () => {
  const request = (fields: string, method = 'GET'): boolean =>
    accepted(`${method} / HTTP/1.1\r\n${HOST}${fields}\r\n`).isUpgrade;

  test.for([
    ['Connection: Upgrade\r\nUpgrade: websocket\r\n', true],
    ['Connection: keep-alive, upgrade\r\nUpgrade: WebSocket\r\n', true],
    ['Upgrade: websocket\r\n', false],
    ['Connection: upgrade\r\nUpgrade: h2c\r\n', false],
    ['Connection: upgrade\r\nUpgrade: websocket, h2c\r\n', false],
    ['Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: websocket\r\n', false],
    ['Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n', false],
  ] as const)('%j: %s', ([fields, expected]) => {
    expect(request(fields)).toBe(expected);
  });

  test('only GET', () => {
    expect(request('Connection: upgrade\r\nUpgrade: websocket\r\n', 'POST')).toBe(false);
  });
});

describe('any split of the bytes gives the same result (L6)', () => {
  interface Outcome {
    readonly end: number;
    readonly fault: string;
    readonly method: string;
    readonly fields: string;
  }

  function read(pieces: readonly Buffer[]): Outcome {
    const reader = new HeadReader();
    let before = 0;
    for (const piece of pieces) {
      const end = reader.read(piece, 0, piece.length);
      if (end < 0) return { end: -1, fault: reader.head.fault, method: '', fields: '' };
      if (end > 0) return { end: before + end, fault: '', method: reader.head.method, fields: reader.head.fields };
      before += piece.length;
    }
    return { end: 0, fault: '', method: '', fields: '' };
  }

  function cut(buf: Buffer, cuts: readonly number[]): Buffer[] {
    const at = [0, ...cuts.map((c) => c % (buf.length + 1)).toSorted((a, b) => a - b), buf.length];
    return at.slice(1).flatMap((end, i) => (end > at[i]! ? [buf.subarray(at[i], end)] : []));
  }

  const token = fc.stringMatching(/^[A-Za-z-]{1,12}$/);
  const value = fc.stringMatching(/^[ -~\t]{0,20}$/);
  const valid = fc
    .record({
      path: fc.stringMatching(/^\/[a-z%/.]{0,20}$/),
      fields: fc.array(fc.tuple(token, value), { maxLength: 6 }),
    })
    .map(
      ({ path, fields }) =>
        `GET ${path} HTTP/1.1\r\n${HOST}${fields.map(([n, v]) => `${n}: ${v}\r\n`).join('')}\r\nrest`,
    );
  const mutated = fc.tuple(valid, fc.nat(), fc.constantFrom('\r', '\n', '\0', ' ', ':', '')).map(([text, at, byte]) => {
    const index = at % text.length;
    return text.slice(0, index) + byte + text.slice(index + 1);
  });

  test('of a valid head', () => {
    fc.assert(
      fc.property(valid, fc.array(fc.nat(), { maxLength: 6 }), (text, cuts) => {
        const buf = Buffer.from(text, 'latin1');
        expect(read(cut(buf, cuts))).toEqual(read([buf]));
      }),
      { numRuns: 500 },
    );
  });

  test('of a damaged head: refused in both ways or in neither', () => {
    fc.assert(
      fc.property(mutated, fc.array(fc.nat(), { maxLength: 6 }), (text, cuts) => {
        const buf = Buffer.from(text, 'latin1');
        const [whole, pieces] = [read([buf]), read(cut(buf, cuts))];
        // The code may differ: a bare CR or LF is seen earlier in pieces. The verdict and what is behind it may not.
        expect({ ...pieces, fault: '' }).toEqual({ ...whole, fault: '' });
      }),
      { numRuns: 1000 },
    );
  });
});
