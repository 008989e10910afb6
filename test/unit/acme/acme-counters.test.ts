import { expect, test } from 'vitest';
import { createAcmeCounters } from '../../../src/acme/acme-counters.ts';
import { collectLogger } from '../../support/collect-logger.ts';

const NOW = Date.UTC(2026, 5, 1);
const CA = 'https://ca.test/dir';

test('orders and requests are counted for each CA', () => {
  const { logger, lines } = collectLogger();
  const counters = createAcmeCounters({ now: () => NOW, logger });
  counters.obtained(CA, 300);
  counters.obtained(CA, 100);
  counters.failed(CA, 'validation');
  counters.failed(CA, 'validation');
  counters.failed(CA, 'transient');
  counters.answered(CA, 200, NOW + 1000);
  counters.answered(CA, 200, NOW + 2000);
  counters.answered(CA, 'timeout', undefined);
  expect(counters.of(CA)).toEqual({
    ordersObtained: 2,
    ordersFailed: { validation: 2, transient: 1 },
    orderMs: { total: 400, longest: 300 },
    requests: { '200': 2, timeout: 1 },
    clockAheadMs: 2000,
  });
  expect(counters.of('https://other.test/dir')).toMatchObject({ ordersObtained: 0, requests: {} });
  expect(lines).toEqual([]);
});

test.for([
  { name: 'five minutes', aheadMs: 300_000, told: 0 },
  { name: 'more, ahead', aheadMs: 300_001, told: 1 },
  { name: 'more, behind', aheadMs: -300_001, told: 1 },
])('a clock that differs by $name is told of $told times', ({ aheadMs, told }) => {
  const { logger, lines } = collectLogger();
  const counters = createAcmeCounters({ now: () => NOW, logger });
  for (let index = 0; index < 3; index += 1) counters.answered(CA, 200, NOW + aheadMs);
  expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(told);
});
