import { expect, test } from 'vitest';
import { CHUNKED, LENGTH, NO_BODY } from '../../../src/http/message.ts';
import { type FailedAttempt, retryVerdict } from '../../../src/http/retry.ts';

const base: FailedAttempt = {
  reason: 'upstream_reset',
  method: 'GET',
  body: NO_BODY,
  nothingSent: false,
  wasReused: false,
  hasResponded: false,
  attempts: 1,
  sends: 1,
};

test.for<[string, Partial<FailedAttempt>, string]>([
  ['connect failed, GET', { nothingSent: true }, 'another'],
  ['connect failed, POST with body', { nothingSent: true, method: 'POST', body: LENGTH }, 'another'],
  ['reused died, GET', { wasReused: true }, 'fresh'],
  ['reused refused it, POST with body', { nothingSent: true, wasReused: true, method: 'POST', body: LENGTH }, 'fresh'],
  ['reused refused it too often', { nothingSent: true, wasReused: true, attempts: 4 }, 'never'],
  ['reused, no answer in time', { wasReused: true, reason: 'response_timeout' }, 'never'],
  ['reused, its host is gone, GET', { wasReused: true, reason: 'upstream_unreachable' }, 'fresh'],
  ['no connection in time', { nothingSent: true, reason: 'connect_timeout' }, 'another'],
  ['reused died, PUT without body', { wasReused: true, method: 'PUT' }, 'fresh'],
  ['reused died, PUT with body', { wasReused: true, method: 'PUT', body: CHUNKED }, 'never'],
  ['reused died, POST without body', { wasReused: true, method: 'POST' }, 'never'],
  ['reused died, unknown method', { wasReused: true, method: 'FROB' }, 'never'],
  ['reused died after a response byte', { wasReused: true, hasResponded: true }, 'never'],
  ['fresh died, GET', {}, 'another'],
  ['fresh died, GET with body', { body: LENGTH }, 'never'],
  ['fresh died, POST', { method: 'POST' }, 'never'],
  ['fresh died for the second time', { sends: 2, attempts: 2 }, 'never'],
  ['reused died for the second time', { wasReused: true, sends: 2, attempts: 2 }, 'never'],
  ['fresh, an answer that is none', { reason: 'upstream_invalid' }, 'never'],
  ['fresh, no answer in time', { reason: 'response_timeout' }, 'never'],
  ['connect failed, response seen', { nothingSent: true, hasResponded: true }, 'never'],
  ['too many attempts', { nothingSent: true, attempts: 4 }, 'never'],
])('%s: %s', ([, attempt, verdict]) => {
  expect(retryVerdict({ ...base, ...attempt })).toBe(verdict);
});
