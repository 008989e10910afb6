import { expect, test } from 'vitest';
import { emergencyTime, planRenewals, renewalTime, type HeldCertificate } from '../../../src/acme/plan.ts';
import type { WantedCertificate } from '../../../src/routing/snapshot.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BORN = Date.UTC(2026, 0, 1);
const TICK = 30_000;
/** The first 32 bits of the id are the share of the spread. */
const NO_SPREAD = '00000000';
const FULL_SPREAD = 'ffffffff';

function held(lifeMs: number, id = NO_SPREAD): HeldCertificate {
  return { id, notBefore: BORN, notAfter: BORN + lifeMs, issuedAt: BORN };
}

const wanted = (name: string): WantedCertificate => ({ names: [name], issuer: 'acme', routers: [] });

test.for([
  { name: '90 days: with 30 left', life: 90 * DAY, left: 30 * DAY },
  { name: '64 days: with 21.3 left', life: 64 * DAY, left: (64 * DAY) / 3 },
  { name: '45 days: with 15 left', life: 45 * DAY, left: 15 * DAY },
  { name: '10 days: with a third left', life: 10 * DAY, left: (10 * DAY) / 3 },
  { name: 'under 10 days: with half left', life: 10 * DAY - 1000, left: 5 * DAY - 500 },
  { name: '160 hours: with 80 left', life: 160 * HOUR, left: 80 * HOUR },
  { name: 'a minute: with half left', life: 60_000, left: 30_000 },
])('$name', ({ life, left }) => {
  expect(renewalTime(held(life))).toBe(Math.round(BORN + life - left));
});

test('the spread is up to a twentieth of the life earlier, and the same each time', () => {
  const early = renewalTime(held(100 * DAY, FULL_SPREAD));
  const late = renewalTime(held(100 * DAY, NO_SPREAD));
  expect((late - early) / DAY).toBeCloseTo(5, 5);
  expect(renewalTime(held(100 * DAY, '80000000'))).toBe(late - 2.5 * DAY);
  expect(renewalTime(held(100 * DAY, FULL_SPREAD))).toBe(early);
});

test.for([
  { name: '90 days: the last 4.5', life: 90 * DAY, left: 4.5 * DAY },
  { name: '160 hours: the last 8', life: 160 * HOUR, left: 8 * HOUR },
  { name: 'an hour: the last five ticks of it beat a twentieth', life: 48 * 60_000, left: 150_000 },
  { name: 'a minute: no more than a quarter', life: 60_000, left: 15_000 },
])('emergency: $name', ({ life, left }) => {
  expect(emergencyTime(held(life), TICK)).toBe(BORN + life - left);
});

test('an emergency never comes before the renewal is due', () => {
  for (const life of [8000, 60_000, HOUR, DAY, 7 * DAY, 45 * DAY, 365 * DAY]) {
    for (const id of [NO_SPREAD, FULL_SPREAD]) {
      expect(emergencyTime(held(life), TICK)).toBeGreaterThan(renewalTime(held(life, id)));
    }
  }
});

test('a plan goes by urgency, then by time', () => {
  const certificates = new Map<string, HeldCertificate>([
    ['fresh.test', held(400 * DAY)],
    ['due.test', held(100 * DAY)],
    ['due-before.test', held(100 * DAY, FULL_SPREAD)],
    ['nearly.test', held(91 * DAY)],
    ['expired.test', held(80 * DAY)],
  ]);
  const names = ['fresh.test', 'due.test', 'missing.test', 'due-before.test', 'nearly.test', 'expired.test'];
  const plan = planRenewals((entry) => certificates.get(entry.names[0]!), names.map(wanted), {
    now: BORN + 90 * DAY,
    tickMs: TICK,
  });
  expect(plan.map((entry) => `${entry.wanted.names[0]} ${entry.reason}`)).toEqual([
    'expired.test expired',
    'nearly.test emergency',
    'missing.test missing',
    'due-before.test due',
    'due.test due',
    'fresh.test due',
  ]);
  expect(plan.at(-1)!.dueAt).toBeGreaterThan(BORN + 90 * DAY);
});

test('a certificate that was just issued rests, however old it looks', () => {
  const now = BORN + 85 * DAY;
  const certificate = { ...held(90 * DAY), issuedAt: now };
  const [planned] = planRenewals(() => certificate, [wanted('a.test')], { now, tickMs: TICK });
  expect(planned!.dueAt - now).toBe(2 * DAY);
});

test('a short-lived certificate rests a quarter of its life', () => {
  const [planned] = planRenewals(() => held(60_000), [wanted('a.test')], { now: BORN + 50_000, tickMs: TICK });
  expect(planned!.dueAt).toBe(BORN + 30_000);
});

test('one that was issued under a clock far ahead does not rest past its end', () => {
  const certificate = { ...held(90 * DAY), issuedAt: BORN + 89 * DAY };
  const [planned] = planRenewals(() => certificate, [wanted('a.test')], { now: BORN + 61 * DAY, tickMs: TICK });
  expect(planned!.dueAt).toBe(BORN + 60 * DAY);
});

test.for([
  { name: 'earlier than its dates', suggestedAt: BORN + 20 * DAY, due: BORN + 20 * DAY },
  { name: 'later than its dates', suggestedAt: BORN + 70 * DAY, due: BORN + 70 * DAY },
  { name: 'later than is safe', suggestedAt: BORN + 89 * DAY, due: BORN + 85.5 * DAY },
  { name: 'at once, just after it was issued', suggestedAt: BORN - DAY, due: BORN + 6 * HOUR },
])('a CA may want a certificate renewed $name', ({ suggestedAt, due }) => {
  const certificate = { ...held(90 * DAY), suggestedAt };
  const [planned] = planRenewals(() => certificate, [wanted('a.test')], { now: BORN + DAY, tickMs: TICK });
  expect(planned).toMatchObject({ reason: 'ari', dueAt: due });
});

test('what its CA suggests makes an expired certificate no less urgent', () => {
  const certificate = { ...held(90 * DAY), suggestedAt: BORN + 200 * DAY };
  const reasons = [86, 91].map((days) => {
    const options = { now: BORN + days * DAY, tickMs: TICK };
    return planRenewals(() => certificate, [wanted('a.test')], options)[0]!.reason;
  });
  expect(reasons).toEqual(['emergency', 'expired']);
});

test('nothing wanted, nothing planned', () => {
  expect(planRenewals(() => undefined, [], { now: BORN, tickMs: TICK })).toEqual([]);
});
