import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../../src/http/exchange.ts';
import {
  editFields,
  mergeEdits,
  removeFields,
  removeRequestFields,
  requestNames,
  setFields,
} from '../../../src/http/header-edits.ts';
import { editAnswer, joinEdits, type ResponseEdit } from '../../../src/http/response-edits.ts';

const BLOCK = 'A: 1\r\nb:2\r\nC: 3:4\r\nB: 5\r\n';

describe('removeFields', () => {
  test.for([
    [['b'], 'A: 1\r\nC: 3:4\r\n'],
    [['a', 'c'], 'b:2\r\nB: 5\r\n'],
    [['a', 'b', 'c'], ''],
    [['d', 'b2', ''], BLOCK],
    [[], BLOCK],
  ] as const)('%s', ([names, rest]) => {
    expect(removeFields(BLOCK, new Set(names))).toBe(rest);
  });

  test('compares names as they are', () => {
    expect(removeFields('x_a: 1\r\nX-A: 2\r\n', new Set(['x-a']))).toBe('x_a: 1\r\n');
  });

  test('of an empty block nothing', () => {
    expect(removeFields('', new Set(['a']))).toBe('');
  });
});

test.for([['X-Auth-User'], ['x_auth_user'], ['X_Auth-User']])(
  'removeRequestFields takes %s in every spelling (H10)',
  ([name]) => {
    const spellings = ['x-auth-user', 'X_AUTH_USER', 'X-Auth_User', 'x_auth-user'].map((one) => `${one}: evil\r\n`);
    const fields = `a_b: 1\r\n${spellings.join('')}xauthuser: 2\r\n`;
    expect(removeRequestFields(fields, requestNames([name!]))).toBe('a_b: 1\r\nxauthuser: 2\r\n');
  },
);

test('setFields replaces, adds and removes', () => {
  const edits = setFields([
    ['B', 'x'],
    ['New', 'y'],
    ['a', ''],
  ]);
  expect(editFields(BLOCK, edits)).toBe('C: 3:4\r\nB: x\r\nNew: y\r\n');
});

test('merged edits do what the two do one after the other', () => {
  const first = setFields([
    ['A', 'first'],
    ['D', 'first'],
  ]);
  const second = setFields([
    ['a', 'second'],
    ['B', ''],
  ]);
  expect(editFields(BLOCK, mergeEdits(first, second))).toBe(editFields(editFields(BLOCK, first), second));
});

describe('joinEdits', () => {
  const [a, b] = [setFields([['A', 'x']]), setFields([['B', 'y']])];
  const chosen: ResponseEdit = () => b;

  test.for<[string, readonly ResponseEdit[], number | undefined]>([
    ['none', [], undefined],
    ['neighbours become one', [a, b, a], 1],
    ['what is chosen later stays where it is', [a, b, chosen, a, b], 3],
  ])('%s', ([, edits, count]) => {
    expect(joinEdits(edits)?.length).toBe(count);
  });

  test('the order stays', () => {
    const last = setFields([['B', 'z']]);
    const answer = { status: 200, fields: BLOCK, body: '', close: false };
    const edited = editAnswer(answer, joinEdits([a, chosen, () => undefined, last]), {} as Exchange);
    expect(edited.fields).toBe('C: 3:4\r\nA: x\r\nB: z\r\n');
    expect(editAnswer(answer, undefined, {} as Exchange)).toBe(answer);
  });
});
