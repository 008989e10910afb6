import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPathFault, normalisePath, type PathOptions } from '../../../src/http/path.ts';

describe('P2: escapes, dot segments and slashes', () => {
  test.for([
    { raw: '/', path: '/' },
    { raw: '/a/b', path: '/a/b' },
    { raw: '/a/b/', path: '/a/b/' },
    { raw: '/%61dmin', path: '/admin' },
    { raw: '/%7Euser/%2Da%5Fb', path: '/~user/-a_b' },
    { raw: '/a%2fb', path: '/a%2Fb' },
    { raw: '/a%20b', path: '/a%20b' },
    { raw: '/caf%c3%a9', path: '/caf%C3%A9' },
    { raw: '/a%252Eb', path: '/a%252Eb' },
    { raw: '/a%2525b', path: '/a%2525b' },
    { raw: '//a///b//', path: '/a/b/' },
    { raw: '/a/./b', path: '/a/b' },
    { raw: '/a/.', path: '/a' },
    { raw: '/a/./', path: '/a/' },
    { raw: '/a/b/..', path: '/a' },
    { raw: '/a/b/../', path: '/a/' },
    { raw: '/a//../b', path: '/b' },
    { raw: '/a/%2e%2e/b', path: '/b' },
    { raw: '/a/.%2E/b', path: '/b' },
    { raw: '/.', path: '/' },
    { raw: '/a/..', path: '/' },
    { raw: '/.well-known/x', path: '/.well-known/x' },
    { raw: '/a/..b', path: '/a/..b' },
    { raw: '/a/b..', path: '/a/b..' },
    { raw: '/a/...', path: '/a/...' },
    { raw: '/a;v=1.2/b', path: '/a;v=1.2/b' },
    { raw: '/file.tar%2Egz%20x', path: '/file.tar.gz%20x' },
  ])('$raw → $path', ({ raw, path }) => {
    expect(normalisePath(raw)).toBe(path);
  });
});

describe('what is refused, and the option that allows it', () => {
  const cases: readonly { rule: string; raw: string; code: string; allow?: PathOptions; path?: string }[] = [
    { rule: 'P2', raw: '/a%', code: 'path_bad_escape' },
    { rule: 'P2', raw: '/a%2', code: 'path_bad_escape' },
    { rule: 'P2', raw: '/a%zz', code: 'path_bad_escape' },
    { rule: 'P2', raw: '/a% 2', code: 'path_bad_escape' },
    { rule: 'P2', raw: '/a%%41', code: 'path_bad_escape' },
    { rule: 'P2', raw: '/a%1_', code: 'path_bad_escape' },
    { rule: 'P3', raw: '/..', code: 'path_above_root', allow: { clampAboveRoot: true }, path: '/' },
    { rule: 'P3', raw: '/a/../../b', code: 'path_above_root', allow: { clampAboveRoot: true }, path: '/b' },
    { rule: 'P3', raw: '/..///b///', code: 'path_above_root', allow: { clampAboveRoot: true }, path: '/b/' },
    { rule: 'P3', raw: '/%2e%2e/b', code: 'path_above_root', allow: { clampAboveRoot: true }, path: '/b' },
    { rule: 'P4', raw: '/a\\b', code: 'path_backslash', allow: { allowBackslash: true }, path: '/a\\b' },
    { rule: 'P5', raw: '/a%5cb', code: 'path_backslash', allow: { allowBackslash: true }, path: '/a%5Cb' },
    { rule: 'P5', raw: '/a%00', code: 'path_null', allow: { allowNull: true }, path: '/a%00' },
    { rule: 'P6', raw: '/a/..%2Fb', code: 'path_encoded_dots', allow: { allowEncodedDots: true }, path: '/a/..%2Fb' },
    { rule: 'P6', raw: '/a/b%2f..', code: 'path_encoded_dots', allow: { allowEncodedDots: true }, path: '/a/b%2F..' },
    { rule: 'P6', raw: '/a/..;/b', code: 'path_encoded_dots', allow: { allowEncodedDots: true }, path: '/a/..;/b' },
    { rule: 'P6', raw: '/a/.;x/b', code: 'path_encoded_dots', allow: { allowEncodedDots: true }, path: '/a/.;x/b' },
    { rule: 'P6', raw: '/a/..%3bx', code: 'path_encoded_dots', allow: { allowEncodedDots: true }, path: '/a/..%3Bx' },
    {
      rule: 'P6',
      raw: '/a/%2e%2e%2fb',
      code: 'path_encoded_dots',
      allow: { allowEncodedDots: true },
      path: '/a/..%2Fb',
    },
    { rule: 'P7', raw: '/a%C0%AFb', code: 'path_overlong' },
    { rule: 'P7', raw: '/a%c1%81', code: 'path_overlong' },
    { rule: 'R4', raw: 'a', code: 'path_not_absolute' },
    { rule: 'R4', raw: '', code: 'path_not_absolute' },
  ];

  test.for(cases)('$rule: $raw', ({ raw, code }) => {
    expect(normalisePath(raw)).toBe(code);
    expect(isPathFault(normalisePath(raw))).toBe(true);
  });

  test.for(cases.filter(({ allow }) => allow !== undefined))('$rule: $raw when allowed', ({ raw, allow, path }) => {
    expect(normalisePath(raw, allow)).toBe(path);
  });
});

describe('every path', () => {
  const anyPath = fc
    .array(
      fc.constantFrom('/', '.', '..', 'a', 'B', '%2e', '%2F', '%41', '%20', '%5C', '%', ';', '%00', '\\', '%c3%a9'),
    )
    .map((parts) => `/${parts.join('')}`);

  test('is normalised once and for all', () => {
    fc.assert(
      fc.property(anyPath, (raw) => {
        const path = normalisePath(raw);
        return isPathFault(path) || normalisePath(path) === path;
      }),
    );
  });

  test('comes out without dot segments, empty segments and escapes of unreserved characters', () => {
    fc.assert(
      fc.property(anyPath, (raw) => {
        const path = normalisePath(raw);
        return isPathFault(path) || !/\/\.{1,2}(\/|$)|\/\/|%2E|%41|%[0-9A-F]?[a-f]/.test(path);
      }),
    );
  });
});
