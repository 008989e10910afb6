import { describe, expect, test } from 'vitest';
import { cookieValues, removeCookie } from '../../../src/balance/cookies.ts';

describe('the values of one name', () => {
  test.for<[readonly string[], readonly string[]]>([
    [[], []],
    [['s=1'], ['1']],
    [['a=b; s=1; c=d'], ['1']],
    [
      ['s=1; s=2', 's=3'],
      ['1', '2', '3'],
    ],
    [[' s = 1 ;s=2'], ['1', '2']],
    [['ss=1; xs=2; S=3'], []],
    [['s', '=s', 's=', ';;;'], ['']],
    [['s=a=b'], ['a=b']],
  ])('%j', ([lines, values]) => expect(cookieValues(lines, 's')).toEqual(values));
});

describe('a cookie is taken out of the field lines', () => {
  const block = (cookies: readonly string[]): string =>
    `Accept: */*\r\n${cookies.map((line) => `${line}\r\n`).join('')}X-S: s=1\r\n`;

  test.for<[readonly string[], readonly string[]]>([
    [[], []],
    [['Cookie: s=1'], []],
    [['cookie: s=1'], []],
    [['Cookie: a=b; s=1; c=d'], ['Cookie: a=b; c=d']],
    [['Cookie: s=1; a=b'], ['Cookie: a=b']],
    [['Cookie: a=b; s=1'], ['Cookie: a=b']],
    [['Cookie: s=1; s=2; a="x;y"; s=3'], ['Cookie: a="x;y"']],
    [
      ['Cookie: a=b', 'Cookie: s=1', 'Cookie: c=d;s=2'],
      ['Cookie: a=b', 'Cookie: c=d'],
    ],
    [['Cookie: s=1;'], []],
    [['Cookie: s=1; ;'], []],
    [['COOKIE: x;s=1;\xe9=y'], ['COOKIE: x;\xe9=y']],
    // Untouched to the last blank.
    [['Cookie:a=b;  ss=1;s'], ['Cookie:a=b;  ss=1;s']],
    [
      ['Cookie2: s=1', 'X-Cookie: s=1'],
      ['Cookie2: s=1', 'X-Cookie: s=1'],
    ],
  ])('%j', ([before, after]) => expect(removeCookie(block(before), 's')).toBe(block(after)));

  test('in time that grows with the block and not with its square', () => {
    const time = (pairs: number): number => {
      const fields = `Cookie: ${'s=1; a=b; '.repeat(pairs)}\r\n`;
      const began = performance.now();
      expect(removeCookie(fields, 's')).not.toContain('s=1');
      return performance.now() - began;
    };
    // The least of several: what else the machine does can only add to it.
    const least = (pairs: number): number => Math.min(...Array.from({ length: 7 }, () => time(pairs)));
    expect(least(200_000) / Math.max(1, least(20_000))).toBeLessThan(40);
  });
});
