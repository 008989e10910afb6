import { expect, test } from 'vitest';
import type { Failure } from '../../../src/acme/failure.ts';
import { noteRefused } from '../../../src/acme/refused-members.ts';

const HOUR = 3_600_000;
const NAMES = ['a.test', 'b.test', 'c.test'];

function failure(type: string, names: readonly string[] = []): Failure {
  const kind = type === 'rejectedIdentifier' ? 'config' : type === 'timeout' ? 'transient' : 'validation';
  return { class: kind, type, detail: '', hint: '', retryAt: undefined, scope: 'spec', names };
}

const none = new Set<string>();

test('a name the CA rejects is apart at once', () => {
  const refused = noteRefused({}, NAMES, failure('rejectedIdentifier', ['c.test', 'other.test']), none, 5);
  expect(refused).toEqual({ 'c.test': { since: 5, isApart: true } });
});

test('rejected without a word about which: nothing can be left out', () => {
  expect(noteRefused({}, NAMES, failure('rejectedIdentifier'), none, 5)).toEqual({});
});

test('a name that could not be proved for a day is apart, one that could meanwhile starts over', () => {
  const one = noteRefused({}, NAMES, failure('dns'), new Set(['b.test', 'c.test']), 0);
  expect(one).toEqual({ 'b.test': { since: 0, isApart: false }, 'c.test': { since: 0, isApart: false } });
  const two = noteRefused(one, NAMES, failure('dns'), new Set(['c.test']), 23 * HOUR);
  expect(two).toEqual({ 'c.test': { since: 0, isApart: false } });
  const three = noteRefused(two, NAMES, failure('dns'), new Set(['c.test']), 24 * HOUR);
  expect(three).toEqual({ 'c.test': { since: 0, isApart: true } });
});

test('a name without an address for a day is apart', () => {
  const failed = { ...failure('waiting_dns', ['b.test']), class: 'dns' as const };
  const one = noteRefused({}, NAMES, failed, none, 0);
  expect(noteRefused(one, NAMES, failed, none, 24 * HOUR)).toEqual({ 'b.test': { since: 0, isApart: true } });
});

test.for([
  { name: 'a lost connection', type: 'timeout', names: NAMES },
  { name: 'a certificate of one name', type: 'dns', names: ['a.test'] },
])('$name changes nothing', ({ type, names }) => {
  const before = { 'a.test': { since: 1, isApart: false } };
  expect(noteRefused(before, names, failure(type), new Set(['a.test']), 99 * HOUR)).toBe(before);
});

test('a group of which nothing would be left stays whole', () => {
  const before = Object.fromEntries(NAMES.map((name) => [name, { since: 0, isApart: false }]));
  expect(noteRefused(before, NAMES, failure('dns'), new Set(NAMES), 48 * HOUR)).toEqual(before);
});
