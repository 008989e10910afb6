import { expect, test } from 'vitest';
import { createLifeWarnings } from '../../../src/acme/life-warnings.ts';
import type { HeldCertificate } from '../../../src/acme/plan.ts';
import type { Specs } from '../../../src/acme/specs.ts';
import type { AttemptRecord } from '../../../src/certs/store-records.ts';
import { wantedFor } from '../../support/certificate-bench.ts';
import { collectLogger } from '../../support/collect-logger.ts';

const DAY = 86_400_000;
const BORN = Date.UTC(2026, 0, 1);
const attempt: AttemptRecord = {
  failures: 4,
  validations: 4,
  class: 'validation',
  since: 0,
  lastAt: 0,
  nextAt: 0,
  error: { type: 'dns', detail: 'NXDOMAIN', hint: 'create a record' },
};

/** What is said when clocks are compared on these days of the 90 that the certificate lives. */
function eventsOn(days: readonly number[], facts: { readonly isFailing?: boolean; readonly isMissing?: boolean }) {
  const held: HeldCertificate = { id: 'one', notBefore: BORN, notAfter: BORN + 90 * DAY, issuedAt: BORN };
  const specs = {
    held: () => (facts.isMissing === true ? undefined : held),
    latestAttempt: () => (facts.isFailing === true ? attempt : undefined),
  } as Partial<Specs> as Specs;
  let now = BORN;
  const { logger, lines } = collectLogger();
  const warn = createLifeWarnings({ specs, now: () => now, logger });
  for (const day of days) {
    now = BORN + day * DAY;
    warn([wantedFor('a.test')]);
  }
  return lines.map(({ level, fields }) => `${level} ${String(fields['event'])}`);
}

test.for([
  { name: 'with time left', days: [70, 74], facts: { isFailing: true }, expected: [] },
  { name: 'late, but renewal does not fail', days: [76, 80], facts: {}, expected: [] },
  { name: 'late', days: [76, 77, 88], facts: { isFailing: true }, expected: ['warn cert.expiring'] },
  { name: 'over', days: [90, 91, 95], facts: {}, expected: ['error cert.expired'] },
  {
    name: 'late, then over',
    days: [80, 90, 91],
    facts: { isFailing: true },
    expected: ['warn cert.expiring', 'error cert.expired'],
  },
  { name: 'not there', days: [80, 100], facts: { isFailing: true, isMissing: true }, expected: [] },
])('what is said of a certificate that is $name', ({ days, facts, expected }) => {
  expect(eventsOn(days, facts)).toEqual(expected);
});
