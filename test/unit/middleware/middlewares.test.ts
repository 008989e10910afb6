import { describe, expect, test } from 'vitest';
import type { MiddlewareOptions } from '../../../src/config/dynamic.ts';
import type { Answer } from '../../../src/http/answer.ts';
import { parseAuthority } from '../../../src/http/authority.ts';
import { compileMiddleware } from '../../../src/middleware/catalog.ts';

/** What a middleware sees of a request. */
function exchange(
  path: string,
  overrides: { readonly host?: string; readonly tls?: boolean; readonly method?: string } = {},
) {
  return {
    path,
    addedFields: '',
    authority: overrides.host === '' ? undefined : parseAuthority(overrides.host ?? 'a.test'),
    request: { method: overrides.method ?? 'GET', query: '?q=1', fields: '' },
    down: { peer: { isTls: overrides.tls ?? false } },
    plane: { requestId: () => 'id' },
  };
}

type Fake = ReturnType<typeof exchange>;

function apply(options: MiddlewareOptions, fake: Fake): Answer | undefined {
  const step = compileMiddleware(options) as unknown as (exchange: Fake) => Answer | undefined;
  return step(fake);
}

describe('stripPrefix', () => {
  const strip = (prefixes: readonly string[], path: string): [string, string, number | undefined] => {
    const fake = exchange(path);
    const answer = apply({ type: 'stripPrefix', prefixes }, fake);
    return [fake.path, fake.addedFields, answer?.status];
  };

  test.for([
    { prefixes: ['/api'], path: '/api/x', rest: '/x', prefix: '/api' },
    { prefixes: ['/api'], path: '/api', rest: '/', prefix: '/api' },
    { prefixes: ['/api/'], path: '/api/x', rest: '/x', prefix: '/api' },
    { prefixes: ['/a', '/a/b'], path: '/a/b/c', rest: '/b/c', prefix: '/a' },
    { prefixes: ['/api'], path: '/apis', rest: '/apis', prefix: undefined },
    { prefixes: ['/api'], path: '/', rest: '/', prefix: undefined },
    { prefixes: ['/'], path: '/x', rest: '/x', prefix: undefined },
  ])('$prefixes of $path leaves $rest', ({ prefixes, path, rest, prefix }) => {
    const fields = prefix === undefined ? '' : `X-Forwarded-Prefix: ${prefix}\r\n`;
    expect(strip(prefixes, path)).toEqual([rest, fields, undefined]);
  });
});

describe('addPrefix', () => {
  test.for([
    ['/v1', '/x', '/v1/x'],
    ['v1', '/x', '/v1/x'],
    ['/v1/', '/x', '/v1/x'],
    ['/v1', '/', '/v1/'],
  ] as const)('%s before %s: %s', ([prefix, path, expected]) => {
    const fake = exchange(path);
    expect([apply({ type: 'addPrefix', prefix }, fake), fake.path]).toEqual([undefined, expected]);
  });

  test('a result that is no clean path is refused (P8)', () => {
    expect(apply({ type: 'addPrefix', prefix: '/a/..' }, exchange('/x'))?.status).toBe(400);
  });
});

describe('redirectScheme', () => {
  const redirect = (
    extra: { readonly port?: string; readonly permanent?: boolean; readonly preservesMethod?: boolean },
    fake: Fake,
  ): [number, string] | undefined => {
    const { port, permanent = true, ...rest } = extra;
    const answer = apply({ type: 'redirectScheme', scheme: 'https', port, permanent, ...rest }, fake);
    return answer === undefined ? undefined : [answer.status, answer.fields.trim()];
  };

  test.for([
    { extra: { preservesMethod: true }, method: 'GET', status: 308 },
    { extra: {}, method: 'GET', status: 301 },
    { extra: {}, method: 'HEAD', status: 308 },
    { extra: { permanent: false }, method: 'GET', status: 302 },
    { extra: { permanent: false }, method: 'POST', status: 307 },
  ])('$extra $method: $status', ({ extra, method, status }) => {
    expect(redirect(extra, exchange('/p', { method }))).toEqual([status, 'Location: https://a.test/p?q=1']);
  });

  test.for([
    ['a.test:8080', undefined, 'https://a.test/p?q=1'],
    ['a.test:8080', '443', 'https://a.test/p?q=1'],
    ['a.test', '8443', 'https://a.test:8443/p?q=1'],
    ['[::1]:80', undefined, 'https://[::1]/p?q=1'],
    ['A.TEST.', undefined, 'https://a.test/p?q=1'],
  ] as const)('%s to port %s: %s', ([host, port, location]) => {
    expect(redirect(port === undefined ? {} : { port }, exchange('/p', { host }))?.[1]).toBe(`Location: ${location}`);
  });

  test('a request that is there already goes on, and so does one that names no host', () => {
    expect(redirect({}, exchange('/', { tls: true }))).toBeUndefined();
    expect(redirect({}, exchange('/', { host: '' }))).toBeUndefined();
  });
});
