import { expect, test } from 'vitest';
import { describeDockerFault } from '../../../../src/provider/docker/describe-fault.ts';

const fault = (message: string, facts: object = {}) => Object.assign(new Error(message), facts);

test.for([
  {
    name: 'no socket',
    error: fault('connect ENOENT', { code: 'ENOENT' }),
    expected: 'docker.sock:ro, or set --docker',
  },
  { name: 'no permission', error: fault('connect EACCES', { code: 'EACCES' }), expected: 'group_add' },
  { name: 'nobody listens', error: fault('', { code: 'ECONNREFUSED' }), expected: 'start the engine' },
  { name: 'unknown host', error: fault('', { code: 'ENOTFOUND' }), expected: 'does not resolve' },
  {
    name: 'socket filter',
    error: fault('(HTTP code 403)', { statusCode: 403 }),
    expected: 'allow GET on /containers/json',
  },
  { name: 'engine fault', error: fault('(HTTP code 500)', { statusCode: 500 }), expected: 'answered with status 500' },
  { name: 'our own words', error: fault('the event stream ended'), expected: 'the event stream ended' },
  { name: 'an unknown code', error: fault('weird thing ', { code: 'EWEIRD' }), expected: ': weird thing' },
  { name: 'no error at all', error: 'broken', expected: ': broken' },
])('$name', ({ error, expected }) => {
  const text = describeDockerFault('unix:///run/docker.sock', error);
  expect(text).toContain(expected);
  expect(text).toMatch(/^unix:\/\/\/run\/docker\.sock: \S/);
});
