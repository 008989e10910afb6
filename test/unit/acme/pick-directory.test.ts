import { expect, test } from 'vitest';
import { pickDirectory, type DirectoryFacts } from '../../../src/acme/pick-directory.ts';
import type { AttemptRecord, FailureClass } from '../../../src/certs/store-records.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 5, 1);

function failing(
  kind: FailureClass,
  options: { sinceMs?: number; waitMs?: number; type?: string } = {},
): DirectoryFacts {
  const nextAt = NOW + (options.waitMs ?? HOUR);
  const attempt: AttemptRecord = {
    failures: 1,
    validations: 0,
    class: kind,
    since: NOW - (options.sinceMs ?? 0),
    lastAt: NOW,
    nextAt,
    error: { type: options.type ?? '', detail: '', hint: '' },
  };
  return { directory: 'first', attempt, notBefore: nextAt };
}

const first: DirectoryFacts = { directory: 'first', attempt: undefined, notBefore: undefined };
const second: DirectoryFacts = { ...first, directory: 'second' };
const fresh = { notBefore: NOW - DAY, notAfter: NOW + 89 * DAY };
const late = { notBefore: NOW - 80 * DAY, notAfter: NOW + 10 * DAY };

test.for([
  { name: 'the first when nothing failed', facts: [first, second], picked: 'first' },
  { name: 'none without directories', facts: [], picked: undefined },
  { name: 'none while the only one waits', facts: [failing('transient', { sinceMs: DAY })], picked: undefined },
  {
    name: 'the first again when its time has come',
    facts: [failing('transient', { waitMs: 0 }), second],
    picked: 'first',
  },
  {
    name: 'none while the first is down for minutes',
    facts: [failing('transient', { sinceMs: 50 * MINUTE }), second],
    picked: undefined,
  },
  {
    name: 'the second when the first is down for more than an hour',
    facts: [failing('transient', { sinceMs: 61 * MINUTE }), second],
    picked: 'second',
  },
  {
    name: 'the second after a quarter of an hour when time is short',
    facts: [failing('transient', { sinceMs: 16 * MINUTE }), second],
    current: late,
    picked: 'second',
  },
  {
    name: 'none after a quarter of an hour when there is time',
    facts: [failing('transient', { sinceMs: 16 * MINUTE }), second],
    current: fresh,
    picked: undefined,
  },
  {
    name: 'the second when the first refuses the name',
    facts: [failing('config', { type: 'rejectedIdentifier' }), second],
    picked: 'second',
  },
  {
    name: 'the second when what the first delivers cannot be used',
    facts: [failing('config', { type: 'certificate_wrong' }), second],
    picked: 'second',
  },
  {
    name: 'the second when CAA forbids the first',
    facts: [failing('validation', { type: 'caa' }), second],
    picked: 'second',
  },
  {
    name: 'none when the name itself is at fault: it would fail there too',
    facts: [failing('validation', { type: 'dns' }), second],
    picked: undefined,
  },
  {
    name: 'none when the settings are at fault',
    facts: [failing('config', { type: 'malformed' }), second],
    picked: undefined,
  },
  { name: 'none when the store is at fault', facts: [failing('store'), second], picked: undefined },
  {
    name: 'the second when a limit outlasts the patience of a first certificate',
    facts: [failing('rate-limited', { waitMs: 2 * HOUR }), second],
    picked: 'second',
  },
  {
    name: 'none when the limit is short',
    facts: [failing('rate-limited', { waitMs: 30 * MINUTE }), second],
    picked: undefined,
  },
  {
    name: 'none when the limit ends long before expiry',
    facts: [failing('rate-limited', { waitMs: 2 * DAY }), second],
    current: fresh,
    picked: undefined,
  },
  {
    name: 'the second when the limit ends too close to expiry',
    facts: [failing('rate-limited', { waitMs: 2 * DAY }), second],
    current: late,
    picked: 'second',
  },
  {
    name: 'the second when the whole CA is parked for long',
    facts: [{ ...first, notBefore: NOW + DAY }, second],
    picked: 'second',
  },
  {
    name: 'none when both wait',
    facts: [failing('transient', { sinceMs: DAY }), { ...failing('transient'), directory: 'second' }],
    picked: undefined,
  },
])('$name', ({ facts, current, picked }) => {
  expect(pickDirectory(facts, current, NOW)).toBe(picked);
});
