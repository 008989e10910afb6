import { expect, test } from 'vitest';
import { withoutFinalSlashes } from '../../../src/lib/final-slashes.ts';

test.for([
  { path: '', expected: '' },
  { path: '/', expected: '' },
  { path: '///', expected: '' },
  { path: '/api', expected: '/api' },
  { path: '/api/', expected: '/api' },
  { path: '/api//', expected: '/api' },
  { path: '//api/x/', expected: '//api/x' },
  { path: `${'/'.repeat(100_000)}x`, expected: `${'/'.repeat(100_000)}x` },
])('$path', ({ path, expected }) => {
  expect(withoutFinalSlashes(path)).toBe(expected);
});
