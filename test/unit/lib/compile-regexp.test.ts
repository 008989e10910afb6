import { expect, test } from 'vitest';
import { compileRegexp } from '../../../src/lib/compile-regexp.ts';

test('one text is compiled once', () => {
  expect(compileRegexp('^/once')).toBe(compileRegexp('^/once'));
});

test('what is kept has a bound', () => {
  const first = compileRegexp('^/first');
  for (let index = 0; index < 30; index++) compileRegexp(`a{900}${index}`);
  expect(compileRegexp('^/first')).not.toBe(first);
  const last = compileRegexp('a{900}29');
  expect(compileRegexp('a{900}29')).toBe(last);
});

test('a wrong one is wrong every time', () => {
  for (let round = 0; round < 2; round++) expect(() => compileRegexp('(')).toThrow('missing closing');
});
