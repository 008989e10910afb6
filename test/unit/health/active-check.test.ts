import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HealthCheckConfig } from '../../../src/config/dynamic.ts';
import { ActiveCheck } from '../../../src/health/active-check.ts';
import { ScriptedChecker } from '../../support/scripted-checker.ts';
import { healthCheck } from '../../support/server-config.ts';

let checker: ScriptedChecker;
let state: string;
let reason: string;
let reports: string[];
let random: number;
let active: ActiveCheck;

/** HAProxy's `inter 5s fall 3 rise 2`, and no jitter unless a test asks for it. */
function make(overrides: Partial<HealthCheckConfig> = {}): ActiveCheck {
  const config = healthCheck({ intervalMs: 5000, unhealthyIntervalMs: 5000, fall: 3, rise: 2, ...overrides });
  active = new ActiveCheck(config, {
    checker,
    now: () => performance.now(),
    random: () => random,
    judge: (next, why) => {
      state = next;
      reason = why;
    },
    report: (isUp, why) => reports.push(`${isUp ? 'up' : 'down'}: ${why}`),
  });
  return active;
}

beforeEach(() => {
  vi.useFakeTimers();
  checker = new ScriptedChecker();
  [state, reason, reports, random] = ['', '', [], 0.5];
});

afterEach(() => {
  active.stop();
  vi.useRealTimers();
});

const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

/** The moments, in milliseconds from now on, of the next checks. */
async function moments(count: number): Promise<readonly number[]> {
  const startedAt = performance.now();
  const seen: number[] = [];
  while (seen.length < count) {
    const before = checker.count;
    await vi.advanceTimersToNextTimerAsync();
    if (checker.count > before) seen.push(performance.now() - startedAt);
  }
  return seen;
}

/** Makes the next checks find these, one after the other: `.` passes, `x` fails. What the state is after each. */
async function run(script: string): Promise<string> {
  let states = '';
  for (const one of script) {
    checker.next = one === '.' ? 'pass' : 'fail';
    const before = checker.count;
    while (checker.count === before) await vi.advanceTimersToNextTimerAsync();
    states += state === 'ready' ? 'R' : state === 'down' ? 'D' : 's';
  }
  return states;
}

describe('until it has passed once', () => {
  test('checks come at 0, 25, 50, 100 … 1000 ms, then each second', async () => {
    checker.next = 'fail';
    make().begin();
    await settle();
    expect([checker.count, state, reason]).toEqual([1, 'starting', 'answered 500']);
    expect(await moments(11)).toEqual([25, 50, 100, 150, 250, 400, 600, 800, 1000, 2000, 3000]);
  });

  test('one pass is enough, whatever `rise` says', async () => {
    checker.next = 'fail';
    make({ rise: 5 }).begin();
    await settle(60);
    checker.next = 'pass';
    await settle(40);
    expect([state, reason]).toEqual(['ready', 'answered 200']);
    expect(reports).toEqual([]);
  });

  test('one that does not pass for ten seconds is reported once, and once more when it is up', async () => {
    checker.next = 'fail';
    make().begin();
    await settle(9000);
    expect(reports).toEqual([]);
    await settle(30_000);
    expect(reports).toEqual(['down: answered 500']);
    expect(state).toBe('starting');
    checker.next = 'pass';
    await settle(1000);
    expect([state, ...reports]).toEqual(['ready', 'down: answered 500', 'up: answered 200']);
  });
});

describe('fall and rise', () => {
  test.for([
    // fall, rise, what checks find after the first pass, the state after each
    [3, 2, 'xxx..', 'RRDDR'],
    [3, 2, 'xx.xx.xxx', 'RRRRRRRRD'],
    [3, 2, 'xxx.x.x..', 'RRDDDDDDR'],
    [3, 2, 'xxxxxx', 'RRDDDD'],
    [1, 1, 'x.x.x.', 'DRDRDR'],
    [2, 1, 'x.xx.xx', 'RRRDRRD'],
    [1, 3, 'x..x...', 'DDDDDDR'],
  ] as const)('fall %i rise %i: %s', async ([fall, rise, script, states]) => {
    make({ fall, rise }).begin();
    await settle();
    expect(await run(script)).toBe(states);
  });

  test('each change is reported once, with its reason', async () => {
    make().begin();
    await settle();
    await run('xx.xxxxx....x');
    expect(reports).toEqual(['down: answered 500', 'up: answered 200']);
  });

  test('the reason counts what may lead to a change', async () => {
    make().begin();
    await settle();
    await run('xx');
    expect(reason).toBe('answered 500 (failure 2 of 3)');
    await run('x');
    expect(reason).toBe('answered 500');
    await run('.');
    expect(reason).toBe('answered 200 (pass 1 of 2)');
  });
});

describe('intervals', () => {
  test('are counted from the beginning of a check', async () => {
    make().begin();
    await settle();
    expect(await moments(3)).toEqual([5000, 10_000, 15_000]);
  });

  test('are those of `unhealthyinterval` while it is down', async () => {
    make({ unhealthyIntervalMs: 1000, fall: 1, rise: 1 }).begin();
    await settle();
    await run('x');
    expect(await moments(2)).toEqual([1000, 2000]);
    await run('.');
    expect(await moments(1)).toEqual([5000]);
  });

  test.for([100, 250, 1000, 5000, 30_000])('of %i ms differ by a tenth at most', async (intervalMs) => {
    make({ intervalMs }).begin();
    await settle();
    const waits: number[] = [];
    for (const draw of [0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.999_999]) {
      random = draw;
      await moments(1);
      random = draw;
      const [wait] = await moments(1);
      waits.push(wait! / intervalMs);
    }
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0.9);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1.1);
    // And they do differ.
    expect(Math.min(...waits)).toBeLessThanOrEqual(0.95);
    expect(Math.max(...waits)).toBeGreaterThanOrEqual(1.05);
  });

  test('a check that takes longer than its interval never overlaps the next', async () => {
    make({ intervalMs: 1000, timeoutMs: 60_000 }).begin();
    await settle();
    checker.next = 'hang';
    await settle(1100);
    expect(checker.count).toBe(2);
    await settle(20_000);
    expect(checker.count).toBe(2);
    checker.answer(true);
    // It is overdue.
    await settle(1);
    expect(checker.count).toBe(3);
  });
});

describe('begin, resume and stop', () => {
  test('to begin anew ends what runs and asks at once over a fresh connection', async () => {
    make().begin();
    await settle();
    checker.next = 'hang';
    await settle(5500);
    expect(checker.count).toBe(2);
    const { closed } = checker;
    checker.next = 'pass';
    active.begin();
    await settle();
    expect([checker.count, checker.closed, state]).toEqual([3, closed + 1, 'ready']);
    expect(await moments(1)).toEqual([5000]);
  });

  test('to resume changes nothing before the check says otherwise', async () => {
    make().resume('down');
    await settle(4000);
    expect([checker.count, state]).toEqual([0, '']);
    expect(await run('..')).toBe('DR');
    expect(reports).toEqual(['up: answered 200']);
    make().resume('ready');
    expect(await run('xx.')).toBe('RRR');
  });

  test('to stop leaves no timer, and what still comes says nothing', async () => {
    make().begin();
    await settle();
    checker.next = 'hang';
    await settle(5500);
    state = 'untouched';
    active.stop();
    await settle();
    expect([state, vi.getTimerCount()]).toEqual(['untouched', 0]);
  });
});
