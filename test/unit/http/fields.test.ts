import { expect, test } from 'vitest';
import { fieldValues } from '../../../src/http/fields.ts';

const BLOCK = 'Accept: a\r\nX-A:  one \r\nx-a:two\r\nX-AB: no\r\nEmpty:\r\n';

test.for([
  ['accept', ['a']],
  ['x-a', ['one', 'two']],
  ['empty', ['']],
  ['x', []],
  ['missing', []],
] as const)('%s', ([name, values]) => {
  expect(fieldValues(BLOCK, name)).toEqual(values);
});

test('an empty block has none', () => {
  expect(fieldValues('', 'a')).toEqual([]);
});
