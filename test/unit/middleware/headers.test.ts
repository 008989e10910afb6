import { describe, expect, test } from 'vitest';
import type { CorsOptions, FieldEntry, HeadersOptions } from '../../../src/config/middleware-options.ts';
import { fieldsOf, type LabOptions, runMiddlewares } from '../../support/middleware-lab.ts';

function headers(changes: Partial<HeadersOptions>): HeadersOptions {
  return {
    type: 'headers',
    request: [],
    host: undefined,
    response: [],
    security: [],
    tlsSecurity: [],
    tlsSigns: [],
    cors: undefined,
    allowedHosts: [],
    hostFields: [],
    ...changes,
  };
}

function cors(changes: Partial<CorsOptions>): HeadersOptions {
  const nothing: CorsOptions = {
    credentials: false,
    allowHeaders: [],
    allowMethods: [],
    origins: [],
    originRegexes: [],
    exposeHeaders: [],
    maxAge: undefined,
    vary: false,
  };
  return headers({ cors: { ...nothing, ...changes } });
}

const TRUSTED: LabOptions = { peer: '10.1.1.1' };

describe('request headers', () => {
  const CLIENT = 'GET / HTTP/1.1\r\nX-A: client\r\nx-a: again\r\nCookie: c\r\nX-Forwarded-For: 1.1.1.1\r\n';
  const seen = (request: readonly FieldEntry[], lab: LabOptions = {}, changes: Partial<HeadersOptions> = {}) =>
    runMiddlewares([headers({ request, ...changes })], CLIENT, lab).sent;

  test.for<[string, readonly FieldEntry[], readonly string[], readonly string[]]>([
    ['a new one is added', [['X-New', 'v']], ['X-New: v', 'X-A: client', 'x-a: again', 'Cookie: c'], []],
    ['one replaces every line of the client', [['X-A', 'v']], ['X-A: v'], ['client', 'again']],
    ['an empty one removes', [['cookie', '']], ['X-A: client'], ['Cookie']],
    ['octets are sent as they are', [['X-New', 'Ã¤']], ['X-New: Ã¤'], []],
    ['one of ours is replaced', [['x-forwarded-proto', 'https']], ['x-forwarded-proto: https'], ['X-Forwarded-Proto']],
    ['one of ours is removed', [['X-Forwarded-For', '']], ['X-Real-Ip: 192.0.2.1'], ['X-Forwarded-For']],
  ])('%s', ([, request, there, gone]) => {
    const lines = seen(request).split('\r\n');
    for (const line of there) expect(lines.filter((one) => one === line)).toHaveLength(1);
    for (const text of gone) expect(lines.join('\n')).not.toContain(text);
  });

  test('what an earlier middleware added is replaced, too', () => {
    const strip = { type: 'stripPrefix', prefixes: ['/a'] } as const;
    const { sent } = runMiddlewares(
      [strip, headers({ request: [['X-Forwarded-Prefix', '/b']] })],
      'GET /a/x HTTP/1.1\r\n',
    );
    expect(sent.match(/x-forwarded-prefix: .*/gi)).toEqual(['X-Forwarded-Prefix: /b']);
  });

  test.for([
    [true, 'Host: app.internal:81'],
    [false, 'Host: server:1'],
  ] as const)('Host, when the service passes it on: %s', ([passHostHeader, line]) => {
    const sent = seen([], { passHostHeader }, { host: 'app.internal:81' });
    expect(sent.match(/^host:.*/gim)).toEqual([line]);
    expect(sent).toContain('X-Forwarded-Host: a.test\r\n');
  });
});

describe('response headers', () => {
  const FROM_SERVER = 'Server: x\r\nX-Frame-Options: ALLOW\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n';

  test('custom ones have the last word over security ones, and other lines keep their order', () => {
    const options = headers({
      security: [
        ['X-Frame-Options', 'DENY'],
        ['Referrer-Policy', 'no-referrer'],
      ],
      response: [
        ['Server', ''],
        ['Referrer-Policy', 'origin'],
      ],
    });
    const { respond } = runMiddlewares([options], 'GET / HTTP/1.1\r\n');
    expect(respond(FROM_SERVER)).toBe(
      'Set-Cookie: a\r\nSet-Cookie: b\r\nX-Frame-Options: DENY\r\nReferrer-Policy: origin\r\n',
    );
  });

  test('the outer of two middlewares has the last word', () => {
    const outer = headers({ response: [['X-A', 'outer']] });
    const inner = headers({
      response: [
        ['X-A', 'inner'],
        ['X-B', 'inner'],
      ],
    });
    const { respond } = runMiddlewares([outer, inner], 'GET / HTTP/1.1\r\n');
    expect(respond('X-A: server\r\n')).toBe('X-B: inner\r\nX-A: outer\r\n');
  });

  test('an answer of ours gets those of the middlewares before, one of the router behind all of them gets all', () => {
    const [outer, inner] = ['outer', 'inner'].map((name) => headers({ response: [[`X-${name}`, '1']] }));
    const refuse = { type: 'ipAllowList', networks: [], source: { kind: 'peer' }, ipv6Bits: undefined } as const;
    const between = runMiddlewares([outer!, { ...refuse, status: undefined }, inner!], 'GET / HTTP/1.1\r\n');
    expect(between.answer?.fields).toMatch(/X-outer: 1/);
    expect(between.answer?.fields).not.toMatch(/X-inner/);
    const behind = runMiddlewares([outer!, inner!], 'GET / HTTP/1.1\r\n', { hasServer: false });
    expect([behind.exchange.failure, behind.answer?.fields]).toEqual([
      'no_server',
      expect.stringMatching(/X-inner: 1\r\nX-outer: 1\r\n$/),
    ]);
  });
});

describe('over TLS only', () => {
  const STS: FieldEntry = ['Strict-Transport-Security', 'max-age=1'];
  const sign: FieldEntry = ['x-scheme-is', 'https'];
  const PROTO: FieldEntry = ['x-forwarded-proto', 'https'];

  test.for<[string, string, LabOptions, boolean]>([
    ['TLS', '', { tls: true }, true],
    ['plain', '', {}, false],
    ['a sign of a stranger', 'X-Scheme-Is: https\r\nX-Forwarded-Proto: https\r\n', {}, false],
    ['a sign of a trusted proxy', 'X-Scheme-Is: https\r\n', TRUSTED, true],
    ['another value of it', 'X-Scheme-Is: http\r\n', TRUSTED, false],
    ['the scheme it forwards', 'X-Forwarded-Proto: https\r\n', TRUSTED, true],
  ])('%s', ([, lines, lab, expected]) => {
    const options = headers({ tlsSecurity: [STS], tlsSigns: [sign, PROTO] });
    const { respond } = runMiddlewares([options], `GET / HTTP/1.1\r\n${lines}`, lab);
    expect(respond()).toBe(expected ? 'Strict-Transport-Security: max-age=1\r\n' : '');
  });
});

describe('allowed hosts', () => {
  test.for<[string, string, LabOptions, boolean]>([
    ['one of them', 'Host: A.test\r\n', {}, true],
    ['one with any port', 'Host: a.test:8080\r\n', {}, true],
    ['one that is listed with its port', 'Host: b.test:81\r\n', {}, true],
    ['another port of it', 'Host: b.test:82\r\n', {}, false],
    ['another', 'Host: c.test\r\n', {}, false],
    ['what a trusted proxy says', 'Host: c.test\r\nX-Forwarded-Host: a.test\r\n', TRUSTED, true],
    ['what a stranger says', 'Host: c.test\r\nX-Forwarded-Host: a.test\r\n', {}, false],
    ['another that a trusted proxy says', 'Host: a.test\r\nX-Forwarded-Host: c.test\r\n', TRUSTED, false],
  ])('%s', ([, lines, lab, isAllowed]) => {
    const options = headers({ allowedHosts: ['a.test', 'b.test:81'], hostFields: ['x-forwarded-host'] });
    const { sent, answer, exchange } = runMiddlewares([options], `GET / HTTP/1.1\r\n${lines}`, lab);
    expect(sent !== '').toBe(isAllowed);
    if (!isAllowed) expect([answer?.status, exchange.failure]).toEqual([500, 'host_not_allowed']);
  });
});

describe('CORS', () => {
  const preflight = (origin: string): string =>
    `OPTIONS / HTTP/1.1\r\nOrigin: ${origin}\r\nAccess-Control-Request-Method: PUT\r\n`;
  const full = cors({
    credentials: true,
    allowHeaders: ['X-A', 'X-B'],
    allowMethods: ['GET', 'PUT'],
    origins: ['https://a.com'],
    originRegexes: ['^https://[a-z]+\\.b\\.com$'],
    exposeHeaders: ['X-C'],
    maxAge: 0,
    vary: true,
  });

  test.for([
    ['https://a.com', 'https://a.com'],
    ['https://x.b.com', 'https://x.b.com'],
    ['https://evil.com', undefined],
    ['https://x.b.com.evil.com', undefined],
  ] as const)('a preflight from %s is answered here with %s', ([origin, allowed]) => {
    const { answer, sent } = runMiddlewares([full], preflight(origin));
    expect([answer?.status, sent]).toEqual([200, '']);
    expect(fieldsOf(answer?.fields ?? '')).toEqual({
      ...(allowed === undefined ? {} : { 'access-control-allow-origin': allowed }),
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'X-A,X-B',
      'access-control-allow-methods': 'GET,PUT',
      'access-control-max-age': '0',
    });
  });

  test.for([
    ['without CORS', headers({ response: [['X-A', '1']] }), preflight('https://a.com')],
    ['without a method', full, 'OPTIONS / HTTP/1.1\r\nOrigin: https://a.com\r\n'],
    ['without an origin', full, 'OPTIONS / HTTP/1.1\r\nAccess-Control-Request-Method: PUT\r\n'],
    ['with another method', full, preflight('https://a.com').replace('OPTIONS', 'GET')],
  ] as const)('%s it is the app that answers', ([, options, head]) => {
    expect(runMiddlewares([options], head).sent).not.toBe('');
  });

  test.for<[string, HeadersOptions, string, string, string]>([
    [
      'an origin of the list',
      full,
      'Origin: https://a.com\r\n',
      '',
      'ACAO: https://a.com\r\nACAC: true\r\nACEH: X-C\r\nVary: Origin\r\n',
    ],
    [
      'an origin by expression',
      full,
      'Origin: https://q.b.com\r\n',
      'Vary: Accept\r\n',
      'Vary: Accept\r\nACAO: https://q.b.com\r\nACAC: true\r\nACEH: X-C\r\nVary: Origin\r\n',
    ],
    ['another', full, 'Origin: https://c.com\r\n', '', 'ACAC: true\r\nACEH: X-C\r\nVary: Origin\r\n'],
    ['none', full, '', 'ACEH: X-server\r\n', 'ACAC: true\r\nACEH: X-C\r\nVary: Origin\r\n'],
    ['all', cors({ origins: ['*'] }), '', 'ACAO: https://server\r\n', 'ACAO: *\r\n'],
    [
      'all but one by name',
      cors({ origins: ['https://a.com', '*'] }),
      'Origin: https://a.com\r\n',
      '',
      'ACAO: https://a.com\r\n',
    ],
    ['an empty one', cors({ originRegexes: ['.*'] }), 'Origin:\r\n', '', ''],
    [
      'what the app says to those who are not allowed stays',
      cors({ origins: ['https://a.com'] }),
      'Origin: https://c.com\r\n',
      'ACAO: https://c.com\r\n',
      'ACAO: https://c.com\r\n',
    ],
  ])('%s', ([, options, lines, fromServer, expected]) => {
    const long = (text: string): string =>
      text
        .replaceAll('ACAO', 'Access-Control-Allow-Origin')
        .replaceAll('ACAC', 'Access-Control-Allow-Credentials')
        .replaceAll('ACEH', 'Access-Control-Expose-Headers');
    const { respond } = runMiddlewares([options], `GET / HTTP/1.1\r\n${lines}`);
    expect(respond(long(fromServer))).toBe(long(expected));
  });
});
