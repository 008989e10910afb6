import { expect, test } from 'vitest';
import { decodeProblem } from '../../../src/acme/acme-error.ts';

const CONTEXT = { status: 400, url: 'https://ca.test/x', retryAt: 5 };

test('a problem document is read whole', () => {
  const problem = decodeProblem(
    {
      type: 'urn:ietf:params:acme:error:rejectedIdentifier',
      detail: 'no',
      subproblems: [
        { type: 'urn:ietf:params:acme:error:caa', detail: 'CAA', identifier: { type: 'dns', value: 'a.test' } },
        { type: 'x', detail: 'y' },
        'nonsense',
        null,
      ],
    },
    CONTEXT,
  );
  expect(problem).toMatchObject({
    name: 'AcmeProblem',
    message: 'rejectedIdentifier: no',
    type: 'rejectedIdentifier',
    detail: 'no',
    status: 400,
    retryAt: 5,
    url: 'https://ca.test/x',
    subproblems: [
      { type: 'caa', detail: 'CAA', identifier: 'a.test' },
      { type: 'x', detail: 'y', identifier: undefined },
    ],
  });
});

test.for([
  { name: 'another type space is kept', value: { type: 'about:blank' }, type: 'about:blank', detail: '' },
  { name: 'a detail that is no text is empty', value: { type: 'x', detail: 7 }, type: 'x', detail: '' },
  { name: 'a list that is none is empty', value: { type: 'x', subproblems: {} }, type: 'x', detail: '' },
  { name: 'a long detail is cut', value: { type: 'x', detail: 'y'.repeat(5000) }, type: 'x', detail: 'y'.repeat(1000) },
])('$name', ({ value, type, detail }) => {
  expect(decodeProblem(value, CONTEXT)).toMatchObject({ type, detail, subproblems: [] });
});

test.for([
  { name: 'undefined', value: undefined },
  { name: 'null', value: null },
  { name: 'a text', value: 'error' },
  { name: 'an object without a type', value: { detail: 'x' } },
  { name: 'a type that is no text', value: { type: 1 } },
])('$name is no problem document', ({ value }) => {
  expect(decodeProblem(value, CONTEXT)).toBeUndefined();
});
