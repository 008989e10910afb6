import { expect, test } from 'vitest';
import { compileReplacement } from '../../../src/lib/go-replacement.ts';

/** What Go's `regexp.ReplaceAllString` gives; undefined where nothing matches. */
test.for([
  ['a(b)c', '<$1>', 'xabcx', 'x<b>x'],
  ['a(b)c', '<${1}x>', 'abc', '<bx>'],
  // The longest name counts: there is no group `1x`.
  ['a(b)c', '<$1x>', 'abc', '<>'],
  ['a(?P<n>b)c', '$n-${n}', 'abc', 'b-b'],
  ['a(?P<n>b)c', '$nn', 'abc', ''],
  ['a', '$$1', 'a', '$1'],
  ['a', '$0$0', 'ba', 'baa'],
  ['(a)', '$01', 'a', ''],
  ['(a)', '$2', 'a', ''],
  ['(a)|(b)', '[$2]', 'ab', '[][b]'],
  ['a', '$', 'a', '$'],
  ['a', '${', 'a', '${'],
  ['a', '${a b}', 'a', '${a b}'],
  ['a', '$é', 'a', ''],
  ['a*', 'x', 'baac', 'xbxcx'],
  ['', '-', 'ab', '-a-b-'],
  ['b+', 'x', 'abbab', 'axax'],
  ['z', 'x', 'abc', undefined],
] as const)('%s with %s in %s: %s', ([regex, replacement, text, expected]) => {
  expect(compileReplacement(regex, replacement)(text)).toBe(expected);
});
