import { expect, test } from 'vitest';
import { type Timed, TimerWheel } from '../../../src/lib/timer-wheel.ts';

function entry(onTimeout: () => void): Timed {
  return { deadline: 0, placedAt: 0, timerPrev: undefined, timerNext: undefined, onTimeout };
}

function ticks(wheel: TimerWheel, count: number): void {
  for (let i = 0; i < count; i++) wheel.tick();
}

/** Ticks until it fires, or undefined within `limit`. */
function ticksUntilFired(wheel: TimerWheel, arm: (timed: Timed) => void, limit = 5000): number | undefined {
  let fired = false;
  const timed = entry(() => {
    fired = true;
  });
  arm(timed);
  for (let i = 1; i <= limit; i++) {
    wheel.tick();
    if (fired) return i;
  }
  return undefined;
}

test.for([
  { ms: 1, expected: 2 },
  { ms: 1000, expected: 2 },
  { ms: 10_000, expected: 11 },
  { ms: 75_000, expected: 76 },
  { ms: 3_600_000, expected: 3601 },
])('$ms ms fire in tick $expected: late by at most one tick, never early', ({ ms, expected }) => {
  const wheel = new TimerWheel();
  expect(ticksUntilFired(wheel, (timed) => wheel.arm(timed, ms))).toBe(expected);
});

test('arming again moves the deadline, later and earlier', () => {
  const wheel = new TimerWheel();
  const later = ticksUntilFired(wheel, (timed) => {
    wheel.arm(timed, 5000);
    wheel.arm(timed, 20_000);
  });
  const earlier = ticksUntilFired(wheel, (timed) => {
    wheel.arm(timed, 20_000);
    wheel.arm(timed, 5000);
  });
  expect([later, earlier]).toEqual([21, 6]);
});

test('a disarmed entry never fires and can be armed again', () => {
  const wheel = new TimerWheel();
  const never = ticksUntilFired(wheel, (timed) => {
    wheel.arm(timed, 2000);
    wheel.disarm(timed);
  });
  const again = ticksUntilFired(wheel, (timed) => {
    wheel.arm(timed, 2000);
    wheel.disarm(timed);
    wheel.arm(timed, 3000);
  });
  expect([never, again]).toEqual([undefined, 4]);
});

test('a callback may disarm a neighbour that is due in the same tick', () => {
  const wheel = new TimerWheel();
  const fired: string[] = [];
  const second = entry(() => fired.push('second'));
  const first = entry(() => {
    fired.push('first');
    wheel.disarm(second);
  });
  const third = entry(() => fired.push('third'));
  for (const timed of [first, second, third]) wheel.arm(timed, 1000);
  ticks(wheel, 5);
  expect(fired).toEqual(['first', 'third']);
});

test('a callback may arm itself again', () => {
  const wheel = new TimerWheel();
  let count = 0;
  const timed = entry(() => {
    count += 1;
    wheel.arm(timed, 1000);
  });
  wheel.arm(timed, 1000);
  ticks(wheel, 20);
  expect(count).toBe(10);
});

test('firing disarms', () => {
  const wheel = new TimerWheel();
  let count = 0;
  const timed = entry(() => {
    count += 1;
  });
  wheel.arm(timed, 1000);
  ticks(wheel, 400);
  expect(count).toBe(1);
  expect(timed.deadline).toBe(0);
});
