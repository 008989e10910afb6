import { expect, test } from 'vitest';
import { normaliseName } from '../../../src/lib/normalise-name.ts';

test.for([
  { text: 'web', expected: 'web' },
  { text: 'my_app-web.1', expected: 'my-app-web-1' },
  { text: '__web__', expected: 'web' },
  { text: 'a--b..c', expected: 'a-b-c' },
  { text: 'Web', expected: 'Web' },
  { text: 'größe_日本', expected: 'größe-日本' },
  { text: '½x', expected: '½x' },
  { text: '---', expected: '' },
  { text: '', expected: '' },
])("'$text' normalises to '$expected'", ({ text, expected }) => {
  expect(normaliseName(text)).toBe(expected);
});
