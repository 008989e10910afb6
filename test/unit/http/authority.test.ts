import { describe, expect, test } from 'vitest';
import { AuthorityCache, parseAuthority } from '../../../src/http/authority.ts';

describe('parseAuthority (A2, A3)', () => {
  test.for([
    ['a.test', 'a.test', ''],
    ['A.Test:8080', 'a.test', '8080'],
    ['a.test.', 'a.test', ''],
    ['a.test:', 'a.test', ''],
    ['127.0.0.1:80', '127.0.0.1', '80'],
    ['[2001:DB8::A]:443', '2001:db8::a', '443'],
    ['under_score~1', 'under_score~1', ''],
  ] as const)('%s', ([text, host, port]) => {
    expect(parseAuthority(text)).toMatchObject({ text, host, port });
  });

  test('the trailing dot stays visible for HostRegexp', () => {
    expect(parseAuthority('A.test.')?.hostAsGiven).toBe('a.test.');
  });

  test.for([
    ...[
      '',
      '.',
      'a.test:65536',
      'a.test:x',
      'u@a.test',
      'a.test/x',
      'a test',
      'a,b',
      'a%41',
      '[::1',
      '[zz]',
      '[1.2.3.4]',
    ],
    ...['b\u00fccher.test', 'a'.repeat(256), '[::1]x', '::1', 'a..test?'],
  ])('%j is refused', (text) => {
    expect(parseAuthority(text)).toBeUndefined();
  });
});

test('the cache is bounded and answers the same after it started over', () => {
  const cache = new AuthorityCache(2);
  for (let i = 0; i < 10; i++) expect(cache.get(`h${i}.test`)?.host).toBe(`h${i}.test`);
  expect(cache.get('bad host')).toBeUndefined();
  expect(cache.get('h0.test')?.host).toBe('h0.test');
});
