import { describe, expect, test } from 'vitest';
import type { MiddlewareOptions } from '../../../src/config/middleware-options.ts';
import { type LabOptions, runMiddlewares } from '../../support/middleware-lab.ts';

/** Status and Location, `on` when the request went on, or the reason of a refusal. */
function redirect(
  options: MiddlewareOptions,
  request: { readonly method?: string; readonly target?: string; readonly host?: string; readonly lines?: string } = {},
  lab: LabOptions = {},
): readonly unknown[] | string {
  const { method = 'GET', target = '/p?q=1', host = 'a.test', lines = '' } = request;
  const head =
    host === '' ? `${method} ${target} HTTP/1.0\r\n` : `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${lines}`;
  const { answer, exchange, sent } = runMiddlewares([options], host === '' ? `${head}X-Not-Host: x\r\n` : head, lab);
  if (answer === undefined) return sent === '' ? 'lost' : 'on';
  const location = /^Location: (.*)\r\n$/.exec(answer.fields)?.[1];
  return location === undefined ? [answer.status, exchange.failure] : [answer.status, location];
}

describe('redirectScheme', () => {
  const to = (changes: { port?: string; permanent?: boolean; preservesMethod?: boolean } = {}): MiddlewareOptions => {
    return { type: 'redirectScheme', scheme: 'https', port: undefined, permanent: true, ...changes };
  };

  test.for([
    { changes: { preservesMethod: true }, method: 'GET', status: 308 },
    { changes: {}, method: 'GET', status: 301 },
    { changes: {}, method: 'HEAD', status: 308 },
    { changes: { permanent: false }, method: 'GET', status: 302 },
    { changes: { permanent: false }, method: 'POST', status: 307 },
  ])('$changes $method: $status', ({ changes, method, status }) => {
    expect(redirect(to(changes), { method })).toEqual([status, 'https://a.test/p?q=1']);
  });

  test.for([
    ['a.test:8080', undefined, 'https://a.test/p?q=1'],
    ['a.test:8080', '443', 'https://a.test/p?q=1'],
    ['a.test', '8443', 'https://a.test:8443/p?q=1'],
    ['[::1]:80', undefined, 'https://[::1]/p?q=1'],
    ['A.TEST.', undefined, 'https://a.test/p?q=1'],
  ] as const)('%s to port %s: %s', ([host, port, location]) => {
    expect(redirect(to(port === undefined ? {} : { port }), { host })).toEqual([301, location]);
  });

  const proto = (value: string) => ({ lines: `X-Forwarded-Proto: ${value}\r\n` });

  test.for<[string, Parameters<typeof redirect>[1], LabOptions, MiddlewareOptions]>([
    ['a request that is there already', {}, { tls: true }, to()],
    ['one on the port that the scheme implies', { host: 'a.test:443' }, { tls: true }, to({ port: '443' })],
    ['one that names no host', { host: '', target: '/' }, {}, to()],
    ['one that a trusted proxy got over TLS', proto('https'), { peer: '10.1.1.1' }, to()],
    ['a WebSocket of such a one', proto('wss'), { peer: '10.1.1.1' }, to()],
  ])('%s goes on', ([, request, lab, options]) => {
    expect(redirect(options, request, lab)).toBe('on');
  });

  test.for<[string, Parameters<typeof redirect>[1], LabOptions]>([
    ['a stranger who says that it came over TLS', proto('https'), {}],
    ['a trusted proxy that was asked in plain HTTP', proto('http'), { peer: '10.1.1.1', tls: true }],
  ])('%s is redirected', ([, request, lab]) => {
    expect(redirect(to(), request, lab)).toEqual([301, 'https://a.test/p?q=1']);
  });
});

describe('redirectHost', () => {
  test.for<[string, Parameters<typeof redirect>[1], LabOptions, readonly unknown[] | string]>([
    ['plain', {}, {}, [308, 'http://b.test/p?q=1']],
    ['TLS and its port', { host: 'www.b.test:8443' }, { tls: true }, [308, 'https://b.test:8443/p?q=1']],
    ['any method', { method: 'POST' }, {}, [308, 'http://b.test/p?q=1']],
    [
      'path and query as they are',
      { target: '/%2F%2fx/?a=%20&b;//e' },
      {},
      [308, 'http://b.test/%2F%2Fx/?a=%20&b;//e'],
    ],
    ['no host', { host: '', target: '/' }, {}, 'on'],
  ])('%s', ([, request, lab, expected]) => {
    expect(redirect({ type: 'redirectHost', host: 'b.test' }, request, lab)).toEqual(expected);
  });
});

describe('redirectRegex', () => {
  const rewrite = (regex: string, replacement: string, permanent = false): MiddlewareOptions => {
    return { type: 'redirectRegex', regex, replacement, permanent };
  };

  test.for([
    ['GET', false, 302],
    ['GET', true, 301],
    ['HEAD', false, 307],
    ['HEAD', true, 308],
    ['POST', false, 307],
    ['POST', true, 308],
  ] as const)('%s, permanent %s: %s', ([method, permanent, status]) => {
    expect(redirect(rewrite('^http://', 'https://', permanent), { method })).toEqual([status, 'https://a.test/p?q=1']);
  });

  test.for<[string, string, string, string, readonly unknown[] | string]>([
    ['^http://(.*)', 'https://www.$1', 'a.test', '/x?y=1', [302, 'https://www.a.test/x?y=1']],
    ['^https?://www\\.(.+)', 'http://${1}', 'www.a.test', '/x', [302, 'http://a.test/x']],
    ['^http://[^/]+/old(.*)', 'https://b.test:8443$1', 'a.test:8080', '/old/x?y', [302, 'https://b.test:8443/x?y']],
    ['b\\.test', 'c.test', 'a.test', '/', 'on'],
    ['a', 'a', 'a.test', '/a', 'on'],
    // A path becomes absolute (P9).
    ['^http://[^/]+/a', '/b', 'a.test', '/a/c', [302, 'http://a.test/b/c']],
    // What browsers take for another host, or for none.
    ['^http://[^/]+(.*)', '/$1', 'a.test', '/evil.test', [400, 'bad_redirect']],
    ['^http://[^/]+/[?]u=(.*)', '$1', 'a.test', '/?u=//evil.test', [400, 'bad_redirect']],
    ['^http://[^/]+/[?]u=(.*)', '$1', 'a.test', '/?u=javascript:alert(1)', [400, 'bad_redirect']],
    ['^http://[^/]+/[?]u=(.*)', 'https://b.test$1', 'a.test', '/?u=@evil.test', [400, 'bad_redirect']],
    ['^http://[^/]+/[?]u=(.*)', '/$1', 'a.test', '/?u=\\evil.test', [302, 'http://a.test/%5Cevil.test']],
    // Neither a line break nor what latin1 would make of others.
    [
      '^http://[^/]+/',
      'https://b.test/\r\nX: y\u010d\u010a',
      'a.test',
      '/',
      [302, 'https://b.test/%0D%0AX:%20y%C4%8D%C4%8A'],
    ],
  ])('%s → %s of %s%s: %s', ([regex, replacement, host, target, expected]) => {
    expect(redirect(rewrite(regex, replacement), { host, target })).toEqual(expected);
  });
});
