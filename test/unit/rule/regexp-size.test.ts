import { RE2JS } from 're2js';
import { describe, expect, test } from 'vitest';
import { estimateProgramSize } from '../../../src/rule/regexp-size.ts';

describe('estimateProgramSize', () => {
  test.for([
    { pattern: '', size: 0 },
    { pattern: 'abc', size: 3 },
    { pattern: '(abc)', size: 4 },
    { pattern: 'a{10}', size: 10 },
    { pattern: 'a{2,10}', size: 10 },
    { pattern: 'a{900,}', size: 900 },
    { pattern: 'a{0}', size: 1 },
    { pattern: '(ab){10}', size: 30 },
    { pattern: '((a{10}){10}){10}', size: 1110 },
    { pattern: '[a-z0-9]{3}', size: 3 },
    { pattern: '[]({9}]{3}', size: 3 },
    { pattern: '[^]({9}]{3}', size: 3 },
    { pattern: '\\(a\\){5}', size: 7 },
    { pattern: 'a{b}', size: 4 },
    { pattern: '{3}', size: 0 },
    { pattern: ')a', size: 2 },
    { pattern: '(a(b', size: 2 },
    { pattern: '𝒳{4}', size: 4 },
  ])('$pattern: $size', ({ pattern, size }) => {
    expect(estimateProgramSize(pattern)).toBe(size);
  });
});

test.for(['((a{10}){10}){9}', '(ab){500}', 'a?'.repeat(700), '(x[0-9]{3}|y){40}', '\\pL{300}'])(
  'the estimate of %s is near what the compiler makes of it',
  (pattern) => {
    const size = RE2JS.compile(pattern).programSize();
    expect(estimateProgramSize(pattern)).toBeGreaterThan(size / 5);
    expect(estimateProgramSize(pattern)).toBeLessThan(size * 5);
  },
);

test('a long text is estimated in no time', () => {
  expect(estimateProgramSize(`${'('.repeat(30_000)}a${'){1000}'.repeat(30_000)}`)).toBeGreaterThan(1e9);
});
