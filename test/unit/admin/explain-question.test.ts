import { expect, test } from 'vitest';
import { readQuestion } from '../../../src/admin/explain-question.ts';

test.for<{ title: string; question: object; fault: RegExp }>([
  { title: 'a line end in the URL', question: { url: '/x\r\nHost: b.test' }, fault: /^url has/ },
  { title: 'a control character in the URL', question: { url: 'http://a.test/\u0001' }, fault: /^url has/ },
  { title: 'DEL in the URL', question: { url: '/\u007f' }, fault: /^url has/ },
  { title: 'a blank in the URL', question: { url: '/a b' }, fault: /^url has/ },
  { title: 'a line end in a value', question: { url: '/', headers: { a: 'x\r\nY: z' } }, fault: /^headers/ },
  { title: 'a control character in a value', question: { url: '/', headers: { a: 'x\u0001' } }, fault: /^headers/ },
  { title: 'a control character in a name', question: { url: '/', headers: { 'a\u0001': 'x' } }, fault: /^headers/ },
])('$title is refused', ({ question, fault }) => {
  expect(readQuestion(question)).toMatchObject({ fault: expect.stringMatching(fault) });
});

test('letters, and tabs in values, are asked as they are', () => {
  const headers = { 'x-a': 'č\tä' };
  expect(readQuestion({ url: 'http://a.test/č', headers })).toMatchObject({
    target: '/č',
    headers: [
      ['host', 'a.test'],
      ['x-a', 'č\tä'],
    ],
  });
});
