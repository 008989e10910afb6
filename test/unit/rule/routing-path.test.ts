import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultPriority } from '../../../src/rule/priority.ts';
import { queryValues } from '../../../src/rule/query.ts';
import { routingPath } from '../../../src/rule/routing-path.ts';

describe('routingPath (rules.md section 5)', () => {
  test.for([
    { path: '/a', routed: '/a' },
    { path: '/a%20b', routed: '/a b' },
    { path: '/caf%C3%A9', routed: '/café' },
    { path: '/%F0%9F%98%80', routed: '/😀' },
    { path: '/a%2Fb', routed: '/a%2Fb' },
    { path: '/%C3%A9%2F%C3%A9', routed: '/é%2Fé' },
    { path: '/a%252Fb', routed: '/a%252Fb' },
    { path: '/a%3A%3F%23%5B%5D%40%21', routed: '/a%3A%3F%23%5B%5D%40%21' },
    { path: '/a%24%26%27%28%29%2A%2B%2C%3B%3D', routed: '/a%24%26%27%28%29%2A%2B%2C%3B%3D' },
    { path: '/a%22%3C%7C%5E%60', routed: '/a"<|^`' },
    { path: '/a%FFb', routed: '/a\ufffdb' },
  ])('$path → $routed', ({ path, routed }) => {
    expect(routingPath(path)).toBe(routed);
  });

  test('never decodes twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
        const path = `/${encodeURIComponent(text)}`;
        return !routingPath(path).includes('%') || path.includes('%');
      }),
    );
  });
});

describe('queryValues (rules.md section 7)', () => {
  test.for([
    { query: '', key: 'a', values: [] },
    { query: 'a=b', key: 'a', values: ['b'] },
    { query: 'a=1&b=2&a=3', key: 'a', values: ['1', '3'] },
    { query: 'a', key: 'a', values: [''] },
    { query: 'a=', key: 'a', values: [''] },
    { query: '=x', key: '', values: ['x'] },
    { query: 'a=b=c', key: 'a', values: ['b=c'] },
    { query: 'a=b+c%2B', key: 'a', values: ['b c+'] },
    { query: '%61=b', key: 'a', values: ['b'] },
    { query: 'a=caf%C3%A9', key: 'a', values: ['café'] },
    { query: 'a=%zz&a=1', key: 'a', values: ['1'] },
    { query: 'a%zz=1', key: 'a%zz', values: [] },
    { query: 'a=1;a=2', key: 'a', values: ['1', '2'] },
    { query: '&&a=1&', key: 'a', values: ['1'] },
    { query: 'A=1', key: 'a', values: [] },
  ])('"$query" has $key = $values', ({ query, key, values }) => {
    expect(queryValues(query, key)).toEqual(values);
  });

  test('reads what URLSearchParams writes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 5 }), (pairs) => {
        const params = new URLSearchParams(pairs);
        return pairs.every(
          ([key]) => JSON.stringify(queryValues(params.toString(), key)) === JSON.stringify(params.getAll(key)),
        );
      }),
    );
  });
});

test.for([
  { rule: 'Host(`a`)', priority: 9 },
  { rule: 'Path(`/é`)', priority: 11 },
  { rule: 'Path(`/😀`)', priority: 13 },
])('the priority of $rule is its length in bytes', ({ rule, priority }) => {
  expect(defaultPriority(rule)).toBe(priority);
});
