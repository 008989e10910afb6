import { beforeEach, expect, test } from 'vitest';
import type { PasswordVerdict } from '../../../../src/http/password-check.ts';
import { Passwords } from '../../../../src/middleware/passwords/passwords.ts';

let asked: { readonly password: string; readonly answer: (verdict: PasswordVerdict) => void }[];
let isFull: boolean;
let now: number;
let passwords: Passwords;

beforeEach(() => {
  [asked, isFull, now] = [[], false, 1000];
  passwords = new Passwords(
    ({ password }) => {
      if (isFull) return undefined;
      const { promise, resolve } = Promise.withResolvers<PasswordVerdict>();
      asked.push({ password, answer: resolve });
      return promise;
    },
    () => now,
  );
});

async function settle(verdict: PasswordVerdict, ...question: [string, string, string]): Promise<void> {
  const promise = passwords.check(...question);
  asked.at(-1)!.answer(verdict);
  expect(await promise).toBe(verdict);
}

test('a right password is known from then on; another name, hash or password is another question', async () => {
  await settle('right', 'ada', 'hash', 'secret');
  now += 86_400_000;
  expect(passwords.check('ada', 'hash', 'secret')).toBe('right');
  expect(passwords.check('eve', 'hash', 'secret')).toBeInstanceOf(Promise);
  expect(passwords.check('ada', 'new hash', 'secret')).toBeInstanceOf(Promise);
  expect(passwords.check('ada', 'hash', 'Secret')).toBeInstanceOf(Promise);
  // Where one part ends and the next begins counts.
  expect(passwords.check('ada","hash', '', 'secret')).toBeInstanceOf(Promise);
});

test('a wrong one is known for a second', async () => {
  await settle('wrong', 'ada', 'hash', 'guess');
  now += 999;
  expect(passwords.check('ada', 'hash', 'guess')).toBe('wrong');
  now += 2;
  expect(passwords.check('ada', 'hash', 'guess')).toBeInstanceOf(Promise);
});

test('what nobody could judge is asked again', async () => {
  await settle('unavailable', 'ada', 'hash', 'secret');
  expect(passwords.check('ada', 'hash', 'secret')).toBeInstanceOf(Promise);
});

test('the same question at the same time is one', async () => {
  const both = [passwords.check('ada', 'hash', 'secret'), passwords.check('ada', 'hash', 'secret')];
  expect(asked).toHaveLength(1);
  asked[0]!.answer('right');
  expect([await both[0], await both[1]]).toEqual(['right', 'right']);
});

test('nobody is kept when too many wait', () => {
  isFull = true;
  expect(passwords.check('ada', 'hash', 'secret')).toBeUndefined();
  isFull = false;
  expect(passwords.check('ada', 'hash', 'secret')).toBeInstanceOf(Promise);
});

test('the least recently used of too many is forgotten', async () => {
  await settle('right', 'ada', 'hash', 'first');
  await settle('right', 'ada', 'hash', 'second');
  for (let i = 0; i < 998; i++) await settle('right', 'ada', 'hash', String(i));
  expect(passwords.check('ada', 'hash', 'first')).toBe('right');
  await settle('right', 'ada', 'hash', 'one more');
  expect(passwords.check('ada', 'hash', 'first')).toBe('right');
  expect(passwords.check('ada', 'hash', 'second')).toBeInstanceOf(Promise);
});
