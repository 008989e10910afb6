import { describe, expect, test } from 'vitest';
import { AcmeProblem, AcmeTransportError } from '../../../src/acme/acme-error.ts';
import { ariIdOf, heedAnswer, heedFailure, isMoved, readWindow } from '../../../src/acme/renewal-info.ts';
import type { RenewalAdvice, RenewalWindow } from '../../../src/certs/renewal-record.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 5, 1);

/** The sample of RFC 9773 appendix A. */
const SAMPLE = `-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----`;

test('a certificate has the name that the RFC gives its sample', async () => {
  expect(await ariIdOf(SAMPLE)).toBe('aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE');
});

const at = (time: number): string => new Date(time).toISOString();
const answer = (start: number, end: number): object => ({ suggestedWindow: { start: at(start), end: at(end) } });

test.for([
  { name: 'text', data: 'later' },
  { name: 'nothing', data: undefined },
  { name: 'no window', data: {} },
  { name: 'a window without end', data: { suggestedWindow: { start: at(NOW) } } },
  { name: 'times that are none', data: { suggestedWindow: { start: 'a', end: 'b' } } },
  { name: 'numbers', data: { suggestedWindow: { start: 1, end: 2 } } },
  { name: 'an end before the start', data: answer(NOW, NOW - 1) },
  { name: 'an empty window', data: answer(NOW, NOW) },
])('$name is no window', ({ data }) => {
  expect(readWindow(data)).toBeUndefined();
});

const advice: RenewalAdvice = {
  certificateId: 'one',
  ariId: 'a.b',
  window: undefined,
  askAt: NOW,
  isReplaced: false,
};
const context = { now: NOW, random: 0.25 };

describe('an answer', () => {
  test('gives a moment in its window, which stays while the window does', () => {
    const data = { ...answer(NOW + DAY, NOW + 5 * DAY), explanationURL: 'https://ca.test/why' };
    const first = heedAnswer(advice, { data, retryAt: NOW + HOUR }, context);
    expect(first.window).toEqual({
      start: NOW + DAY,
      end: NOW + 5 * DAY,
      selected: NOW + 2 * DAY,
      explanationUrl: 'https://ca.test/why',
    });
    const again = heedAnswer(first, { data, retryAt: NOW + HOUR }, { ...context, random: 0.75 });
    expect(again.window).toEqual(first.window);
    const other = { data: answer(NOW + DAY, NOW + 3 * DAY), retryAt: undefined };
    expect(heedAnswer(again, other, { ...context, random: 0.5 }).window?.selected).toBe(NOW + 2 * DAY);
  });

  test('draws within the window, whatever the chance', () => {
    for (const random of [0, 0.5, 0.999_999_9]) {
      const { window } = heedAnswer(advice, { data: answer(NOW, NOW + DAY), retryAt: undefined }, { now: NOW, random });
      expect(window!.selected).toBeGreaterThanOrEqual(NOW);
      expect(window!.selected).toBeLessThanOrEqual(NOW + DAY);
    }
  });

  test.for([
    { name: 'when it says', retryAt: NOW + 3 * HOUR, wait: 3 * HOUR },
    { name: 'a minute later at the earliest', retryAt: NOW + 1000, wait: MINUTE },
    { name: 'a minute later, if it names the past', retryAt: NOW - HOUR, wait: MINUTE },
    { name: 'a day later at the latest', retryAt: NOW + 9 * DAY, wait: DAY },
    { name: 'six hours later, if it says nothing', retryAt: undefined, wait: 6 * HOUR },
  ])('the CA is asked again $name', ({ retryAt, wait }) => {
    const data = answer(NOW + DAY, NOW + 2 * DAY);
    expect(heedAnswer(advice, { data, retryAt }, context).askAt - NOW).toBe(wait);
  });

  test('without a window changes nothing', () => {
    const known = heedAnswer(advice, { data: answer(NOW + DAY, NOW + 2 * DAY), retryAt: undefined }, context);
    const heeded = heedAnswer(known, { data: { suggestedWindow: {} }, retryAt: NOW + MINUTE }, context);
    expect(heeded).toEqual({ ...known, askAt: NOW + 6 * HOUR });
  });
});

const lost = new AcmeTransportError('timeout', 'no answer', '');
const problem = (status: number, retryAt?: number): AcmeProblem =>
  new AcmeProblem({ type: '', status, detail: '', url: '', retryAt });

test.for([
  { name: 'a lost answer', cause: lost, tries: 1, wait: MINUTE },
  { name: 'a second one', cause: lost, tries: 2, wait: 5 * MINUTE },
  { name: 'a third one', cause: lost, tries: 3, wait: 6 * HOUR },
  { name: 'a page of a load balancer', cause: problem(503), tries: 1, wait: MINUTE },
  { name: 'one that names a time', cause: problem(503, NOW + HOUR), tries: 1, wait: HOUR },
  { name: 'one that names a month', cause: problem(503, NOW + 30 * DAY), tries: 1, wait: DAY },
  { name: 'a certificate that is not found', cause: problem(404), tries: 1, wait: 6 * HOUR },
  { name: 'an answer that is no JSON', cause: new AcmeTransportError('garbage', '', ''), tries: 1, wait: 6 * HOUR },
])('after $name the CA is asked again in its time', ({ cause, tries, wait }) => {
  expect(heedFailure(advice, cause, tries, NOW)).toEqual({ ...advice, askAt: NOW + wait });
});

const window = (start: number, end: number): RenewalWindow => ({
  start,
  end,
  selected: start,
  explanationUrl: undefined,
});

test.for([
  { name: 'the first', before: undefined, after: window(NOW - DAY, NOW), moved: false },
  { name: 'the same', before: window(NOW, NOW + DAY), after: window(NOW, NOW + DAY), moved: false },
  {
    name: 'one a little later',
    before: window(NOW + DAY, NOW + 2 * DAY),
    after: window(NOW + DAY + HOUR, NOW + 2 * DAY + HOUR),
    moved: false,
  },
  {
    name: 'one a week earlier',
    before: window(NOW + 9 * DAY, NOW + 10 * DAY),
    after: window(NOW + 2 * DAY, NOW + 3 * DAY),
    moved: true,
  },
  {
    name: 'one a week later',
    before: window(NOW + 2 * DAY, NOW + 3 * DAY),
    after: window(NOW + 9 * DAY, NOW + 10 * DAY),
    moved: true,
  },
  {
    name: 'one that is over',
    before: window(NOW + HOUR, NOW + DAY),
    after: window(NOW - 2 * HOUR, NOW - HOUR),
    moved: true,
  },
])('a window that is $name is told of: $moved', ({ before, after, moved }) => {
  expect(isMoved(before, after, NOW)).toBe(moved);
});
