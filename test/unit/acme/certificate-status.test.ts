import { expect, test } from 'vitest';
import { describeStatus, type StatusFacts } from '../../../src/acme/certificate-status.ts';
import type { Certificate } from '../../../src/certs/certificate.ts';
import type { AttemptRecord, FailureClass } from '../../../src/certs/store-records.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 5, 1);

function certificate(leftDays: number, source: Certificate['source'] = 'acme'): Certificate {
  const notAfter = NOW + leftDays * DAY;
  return {
    id: '00000000',
    names: ['a.test'],
    keyPem: '',
    chainPem: '',
    notBefore: notAfter - 90 * DAY,
    notAfter,
    source,
    issuer: source,
  };
}

function attempt(kind: FailureClass): AttemptRecord {
  const error = { type: 'connection', detail: 'refused', hint: 'open port 80' };
  return { failures: 3, validations: 3, class: kind, since: NOW - 10, lastAt: NOW - 5, nextAt: NOW + 60_000, error };
}

const facts: StatusFacts = {
  names: ['a.test'],
  routers: ['web@docker'],
  kind: 'acme',
  certificate: undefined,
  local: certificate(80, 'local'),
  attempt: undefined,
  parkedUntil: undefined,
  isRunning: false,
  note: undefined,
};

test.for([
  { name: 'nothing yet', change: {}, state: 'waiting' },
  { name: 'an attempt in flight', change: { isRunning: true }, state: 'obtaining' },
  { name: 'a failure', change: { attempt: attempt('validation') }, state: 'failed' },
  {
    name: 'a new attempt after a failure',
    change: { attempt: attempt('validation'), isRunning: true },
    state: 'obtaining',
  },
  { name: 'a limit', change: { attempt: attempt('rate-limited') }, state: 'rate-limited' },
  { name: 'no address', change: { attempt: attempt('dns') }, state: 'waiting-dns' },
  { name: 'a limit of the whole CA', change: { parkedUntil: NOW + 1 }, state: 'rate-limited' },
  { name: 'a limit that is over', change: { parkedUntil: NOW - 1 }, state: 'waiting' },
  { name: 'a certificate', change: { certificate: certificate(80) }, state: 'ok' },
  { name: 'a certificate in renewal', change: { certificate: certificate(20), isRunning: true }, state: 'ok' },
  {
    name: 'a renewal that fails with time left',
    change: { certificate: certificate(20), attempt: attempt('transient') },
    state: 'ok',
  },
  {
    name: 'a renewal that fails late',
    change: { certificate: certificate(10), attempt: attempt('transient') },
    state: 'failed',
  },
  { name: 'a late certificate without a failure', change: { certificate: certificate(10) }, state: 'ok' },
  { name: 'an expired certificate', change: { certificate: certificate(-1) }, state: 'expired' },
  {
    name: 'an expired certificate whose renewal fails',
    change: { certificate: certificate(-1), attempt: attempt('validation') },
    state: 'failed',
  },
  { name: 'the local authority', change: { kind: 'internal' }, state: 'internal' },
  { name: 'a wildcard', change: { kind: 'needs-dns' }, state: 'needs-dns' },
  {
    name: 'a wildcard with a certificate from elsewhere',
    change: { kind: 'needs-dns', certificate: certificate(80) },
    state: 'ok',
  },
] as const)('$name → $state', ({ change, state }) => {
  expect(describeStatus({ ...facts, ...change }, NOW).state).toBe(state);
});

test("what serves is the CA's certificate, else the local one", () => {
  expect(describeStatus({ ...facts, certificate: certificate(60) }, NOW)).toMatchObject({
    issuer: 'acme',
    notAfter: NOW + 60 * DAY,
    renewAt: NOW + 30 * DAY,
  });
  expect(describeStatus(facts, NOW)).toMatchObject({ issuer: 'local', notAfter: NOW + 80 * DAY, renewAt: undefined });
  expect(describeStatus({ ...facts, local: undefined }, NOW)).toMatchObject({ issuer: undefined, notAfter: undefined });
});

test.for([
  { name: 'its dates', suggestedAt: undefined, renewAt: NOW + 30 * DAY, renewBy: 'due' },
  { name: 'its CA', suggestedAt: NOW + 9 * DAY, renewAt: NOW + 9 * DAY, renewBy: 'ari' },
  { name: 'its CA, but not too late', suggestedAt: NOW + 59 * DAY, renewAt: NOW + 55.5 * DAY, renewBy: 'ari' },
])('who says when to renew: $name', ({ suggestedAt, renewAt, renewBy }) => {
  const status = describeStatus({ ...facts, certificate: certificate(60), suggestedAt }, NOW);
  expect(status).toMatchObject({ renewAt, renewBy });
});

test('one that no router wants is unused, whatever else there is to say', () => {
  const status = describeStatus({ ...facts, certificate: certificate(5), isUnused: true }, NOW);
  expect(status.state).toBe('unused');
});

test('the last error has its words, its hint and its time', () => {
  expect(describeStatus({ ...facts, attempt: attempt('validation') }, NOW)).toMatchObject({
    failures: 3,
    nextAttempt: NOW + 60_000,
    lastError: { type: 'connection', detail: 'refused', hint: 'open port 80', at: NOW - 5 },
  });
});

test('a note stands in where no CA is asked', () => {
  const note = { type: 'needs_dns', detail: 'wildcard', hint: 'name each host' };
  expect(describeStatus({ ...facts, kind: 'needs-dns', note }, NOW).lastError).toEqual({ ...note, at: undefined });
});

test.for([
  {
    name: 'the later of two waits',
    change: { attempt: attempt('transient'), parkedUntil: NOW + 90_000 },
    at: NOW + 90_000,
  },
  {
    name: 'a wait that is over is none',
    change: { attempt: { ...attempt('transient'), nextAt: NOW - 1 } },
    at: undefined,
  },
  { name: 'no wait', change: {}, at: undefined },
])('next attempt: $name', ({ change, at }) => {
  expect(describeStatus({ ...facts, ...change }, NOW).nextAttempt).toBe(at);
});
