import { expect, test } from 'vitest';
import { AcmeProblem, AcmeTransportError, OrderError } from '../../../src/acme/acme-error.ts';
import { classifyFailure } from '../../../src/acme/failure.ts';

const AT = 1_800_000_000_000;
const URL = 'https://ca.test/x';

function problem(type: string, status: number, detail = 'words', retryAt?: number): AcmeProblem {
  return new AcmeProblem({ type, status, detail, url: URL, retryAt });
}

test.for([
  { name: 'connection inside an authorization', error: problem('connection', 0), class: 'validation' },
  { name: 'dns inside an authorization', error: problem('dns', 0), class: 'validation' },
  { name: 'tls inside an authorization', error: problem('tls', 0), class: 'validation' },
  { name: 'incorrectResponse inside an authorization', error: problem('incorrectResponse', 0), class: 'validation' },
  { name: 'unauthorized inside an authorization', error: problem('unauthorized', 0), class: 'validation' },
  { name: 'unauthorized as an answer: the account', error: problem('unauthorized', 403), class: 'config' },
  { name: 'caa inside an authorization', error: problem('caa', 0), class: 'validation' },
  { name: 'caa at finalize', error: problem('caa', 403), class: 'validation' },
  { name: 'rejectedIdentifier', error: problem('rejectedIdentifier', 400), class: 'config' },
  { name: 'unsupportedIdentifier', error: problem('unsupportedIdentifier', 400), class: 'config' },
  { name: 'malformed', error: problem('malformed', 400), class: 'config' },
  { name: 'invalidProfile', error: problem('invalidProfile', 400), class: 'config' },
  { name: 'badCSR', error: problem('badCSR', 400), class: 'config' },
  { name: 'externalAccountRequired', error: problem('externalAccountRequired', 403), class: 'config' },
  { name: 'userActionRequired', error: problem('userActionRequired', 403), class: 'config' },
  { name: 'a type nobody knows', error: problem('brandNew', 400), class: 'config' },
  { name: 'serverInternal', error: problem('serverInternal', 500), class: 'transient' },
  { name: 'serverInternal inside an authorization', error: problem('serverInternal', 0), class: 'transient' },
  { name: 'a validation type with a server status', error: problem('dns', 503), class: 'transient' },
  { name: 'a page of a load balancer', error: problem('', 503), class: 'transient' },
  { name: 'a page that is not found', error: problem('', 404), class: 'transient' },
  { name: 'badNonce to the end', error: problem('badNonce', 400), class: 'transient' },
  { name: 'orderNotReady', error: problem('orderNotReady', 403), class: 'transient' },
  { name: 'rateLimited', error: problem('rateLimited', 429), class: 'rate-limited' },
  { name: '429 without a type', error: problem('', 429), class: 'rate-limited' },
  {
    name: 'a paused name',
    error: problem('rateLimited', 429, 'visit https://portal.test/sfe/v1/unpause to resume', AT),
    class: 'config',
  },
  { name: 'no connection', error: new AcmeTransportError('unreachable', 'ECONNREFUSED', URL), class: 'transient' },
  { name: 'no trust', error: new AcmeTransportError('untrusted', 'SELF_SIGNED', URL), class: 'transient' },
  { name: 'an unreadable root file', error: new AcmeTransportError('trust_root', 'ENOENT', URL), class: 'transient' },
  { name: 'a slow order', error: new OrderError('order_slow', 'slow'), class: 'transient' },
  { name: 'a wrong certificate', error: new OrderError('certificate_wrong', 'wrong'), class: 'config' },
  { name: 'no challenge', error: new OrderError('challenge_missing', 'none'), class: 'config' },
  { name: 'a store that cannot be written', error: new OrderError('store', 'EROFS'), class: 'store' },
  { name: 'a fault of ours', error: new TypeError('x is undefined'), class: 'transient' },
  { name: 'something thrown', error: 'text', class: 'transient' },
])('$name → $class', ({ error, class: expected }) => {
  const failure = classifyFailure(error);
  expect(failure.class).toBe(expected);
  expect(failure.type).not.toBe('');
  expect(failure.hint).not.toBe('');
});

test.for([
  { name: 'a server error keeps the time', error: problem('serverInternal', 500, '', AT), retryAt: AT },
  { name: 'a limit keeps the time', error: problem('rateLimited', 429, '', AT), retryAt: AT },
  { name: 'a refused name has none', error: problem('dns', 0, '', AT), retryAt: undefined },
  { name: 'a pause has none', error: problem('rateLimited', 429, 'self-service portal', AT), retryAt: undefined },
])('$name', ({ error, retryAt }) => {
  expect(classifyFailure(error).retryAt).toBe(retryAt);
});

test.for([
  { detail: 'too many new orders (300) from this account in the last 3h0m0s', scope: 'ca' },
  { detail: 'too many new registrations (10) from this IP address', scope: 'ca' },
  { detail: 'too many certificates (5) already issued for this exact set of identifiers', scope: 'spec' },
  { detail: 'too many failed authorizations (5) for "a.test"', scope: 'spec' },
  { detail: '', scope: 'spec' },
])('the scope of "$detail" is $scope', ({ detail, scope }) => {
  expect(classifyFailure(problem('rateLimited', 429, detail)).scope).toBe(scope);
});

test('subproblems are part of the words', () => {
  const error = new AcmeProblem({
    type: 'rejectedIdentifier',
    status: 400,
    detail: 'some identifiers are refused',
    url: URL,
    subproblems: [
      { type: 'rejectedIdentifier', detail: 'forbidden', identifier: 'a.test' },
      { type: 'malformed', detail: 'odd', identifier: undefined },
    ],
  });
  expect(classifyFailure(error).detail).toBe('some identifiers are refused (a.test: forbidden; ?: odd)');
});

test('an answer without a type is known by its status', () => {
  expect(classifyFailure(problem('', 502)).type).toBe('http_502');
});
