import { expect, test } from 'vitest';
import { BalanceLab } from '../../support/balance-lab.ts';

test('of two, always the one with fewer in flight', () => {
  const lab = new BalanceLab({ strategy: 'p2c' }, [1, 1]);
  for (let n = 0; n < 100; n++) {
    lab.lease();
    const [a, b] = lab.upstreams.map(({ inFlight }) => inFlight);
    expect(Math.abs(a! - b!)).toBeLessThanOrEqual(1);
  }
});

test('the busiest of three is never taken', () => {
  const lab = new BalanceLab({ strategy: 'p2c' }, [1, 1, 1]);
  lab.upstreams[1]!.countLease(1);
  const counts = lab.serve(300);
  expect(counts[1]).toBe(0);
  expect(Math.min(counts[0]!, counts[2]!)).toBeGreaterThan(100);
});

test('what is held at once is in proportion to the weights', () => {
  const lab = new BalanceLab({ strategy: 'p2c' }, [6, 3, 1]);
  for (let n = 0; n < 1000; n++) lab.lease();
  const [a, b, c] = lab.upstreams.map(({ inFlight }) => inFlight);
  expect(Math.abs(a! - 600)).toBeLessThan(30);
  expect(Math.abs(b! - 300)).toBeLessThan(30);
  expect(Math.abs(c! - 100)).toBeLessThan(30);
});

test('loads of many servers stay close together', () => {
  const lab = new BalanceLab(
    { strategy: 'p2c' },
    Array.from({ length: 50 }, () => 1),
  );
  for (let n = 0; n < 5000; n++) lab.lease();
  const loads = lab.upstreams.map(({ inFlight }) => inFlight);
  // By lot alone the difference would be above 40.
  expect(Math.max(...loads) - Math.min(...loads)).toBeLessThan(12);
});
