import { describe, expect, test } from 'vitest';
import type { MiddlewareOptions } from '../../../src/config/middleware-options.ts';
import { fieldsOf, runMiddlewares } from '../../support/middleware-lab.ts';

/** Target, `X-Forwarded-Prefix` and `X-Replaced-Path` that the server got, or the status and reason of a refusal. */
function through(options: MiddlewareOptions, target: string, lines = ''): readonly unknown[] {
  const { sent, answer, exchange } = runMiddlewares([options], `GET ${target} HTTP/1.1\r\n${lines}`);
  if (answer !== undefined) return [answer.status, exchange.failure];
  const fields = fieldsOf(sent);
  return [sent.split(' ')[1], fields['x-forwarded-prefix'], fields['x-replaced-path']].filter(Boolean);
}

describe('stripPrefix', () => {
  test.for([
    { prefixes: ['/api'], path: '/api/x?q=1', sees: ['/x?q=1', '/api'] },
    { prefixes: ['/api'], path: '/api', sees: ['/', '/api'] },
    { prefixes: ['/api/'], path: '/api/x', sees: ['/x', '/api'] },
    { prefixes: ['/a', '/a/b'], path: '/a/b/c', sees: ['/b/c', '/a'] },
    { prefixes: ['/api'], path: '/apis', sees: ['/apis'] },
    { prefixes: ['/api'], path: '/', sees: ['/'] },
    { prefixes: ['/'], path: '/x', sees: ['/x'] },
    { prefixes: ['api'], path: '/api/x', sees: ['/api/x'] },
    { prefixes: ['/%C3%A4'], path: '/%c3%a4/x', sees: ['/x', '/%C3%A4'] },
  ])('$prefixes of $path: $sees', ({ prefixes, path, sees }) => {
    expect(through({ type: 'stripPrefix', prefixes }, path)).toEqual(sees);
  });
});

describe('stripPrefixRegex', () => {
  test.for([
    { regexes: ['/v[0-9]+'], path: '/v12/x?q', sees: ['/x?q', '/v12'] },
    { regexes: ['/v[0-9]+/'], path: '/v1/x', sees: ['/x', '/v1/'] },
    { regexes: ['/nothing', '/[a-z]+/[0-9]+'], path: '/shop/7', sees: ['/', '/shop/7'] },
    // Not at the start, then not at a boundary, then nothing at all.
    { regexes: ['/v1'], path: '/x/v1', sees: ['/x/v1'] },
    { regexes: ['/v[0-9]'], path: '/v12/x', sees: ['/v12/x'] },
    { regexes: ['x*'], path: '/x', sees: ['/x'] },
  ])('$regexes of $path: $sees', ({ regexes, path, sees }) => {
    expect(through({ type: 'stripPrefixRegex', regexes }, path)).toEqual(sees);
  });
});

describe('addPrefix', () => {
  test.for([
    ['/v1', '/x?q', ['/v1/x?q']],
    ['v1', '/x', ['/v1/x']],
    ['/v1/', '/x', ['/v1/x']],
    ['/v1', '/', ['/v1/']],
    // P8: the result is no clean path.
    ['/a/..', '/x', [400, 'bad_path']],
  ] as const)('%s before %s: %s', ([prefix, path, sees]) => {
    expect(through({ type: 'addPrefix', prefix }, path)).toEqual(sees);
  });
});

describe('replacePath', () => {
  test.for([
    ['/new', '/old/x?q=1', '', ['/new?q=1', '/old/x']],
    ['/new', '/a%2fb', '', ['/new', '/a%2Fb']],
    ['/new', '/x', 'X-Replaced-Path: /forged\r\n', ['/new', '/x']],
    ['/a//b', '/x', '', [400, 'bad_path']],
  ] as const)('%s for %s %s: %s', ([path, target, lines, sees]) => {
    expect(through({ type: 'replacePath', path }, target, lines)).toEqual(sees);
  });
});

describe('replacePathRegex', () => {
  test.for([
    ['^/old/(.*)', '/new/$1', '/old/x/y?q', ['/new/x/y?q', '/old/x/y']],
    ['^/(?P<a>[^/]+)/(?P<b>[^/]+)$', '/${b}/${a}', '/1/2', ['/2/1', '/1/2']],
    ['o', '0', '/foo', ['/f00', '/foo']],
    ['^/nothing', '/x', '/other', ['/other']],
    // A replacement is a path, whatever it holds.
    ['^/x', '/a?b#c d\n', '/x', ['/a%3Fb%23c%20d%0A', '/x']],
    ['^/x', '/é\u010a', '/x', ['/%C3%A9%C4%8A', '/x']],
    // P8.
    ['^/x', '/..', '/x/y', [400, 'bad_path']],
    ['^/x/', '', '/x/y', [400, 'bad_path']],
  ] as const)('%s → %s of %s: %s', ([regex, replacement, target, sees]) => {
    expect(through({ type: 'replacePathRegex', regex, replacement }, target)).toEqual(sees);
  });
});
