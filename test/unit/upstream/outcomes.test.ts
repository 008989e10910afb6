import { expect, test } from 'vitest';
import { DEFAULT_EJECTION } from '../../../src/config/default-ejection.ts';
import type { EjectionConfig } from '../../../src/config/dynamic.ts';
import { Outcomes } from '../../../src/upstream/outcomes.ts';

const ROW: EjectionConfig = { ...DEFAULT_EJECTION, consecutive: 3, count: 0, percent: 0, windowMs: 1000 };
const SHARE: EjectionConfig = { ...ROW, consecutive: 0, percent: 50 };
const COUNT: EjectionConfig = { ...ROW, consecutive: 0, count: 2 };

/** `f` a failure, `.` an answer, a number: so many milliseconds pass. */
function play(limits: EjectionConfig, course: string): readonly number[] {
  const outcomes = new Outcomes();
  let now = 0;
  const reached: number[] = [];
  const steps = course.match(/f|\.|\d+/g) ?? [];
  for (const [index, step] of steps.entries()) {
    if (step === '.') outcomes.answered();
    else if (step !== 'f') now += Number(step);
    else if (outcomes.failed(limits, now) !== undefined) reached.push(index);
  }
  return reached;
}

test.for<[string, EjectionConfig, string, readonly number[]]>([
  ['three in a row', ROW, 'fff', [2]],
  ['in a row, however far apart', ROW, 'f5000f5000f', [4]],
  ['an answer between', ROW, 'ff.ff', []],
  ['begins anew once reached', ROW, 'ffffff', [2, 5]],
  ['half of few', SHARE, 'f.'.repeat(9), []],
  ['half of twenty', SHARE, `f${'.'.repeat(10)}${'f'.repeat(9)}`, [19]],
  ['less than half', SHARE, `f${'..f'.repeat(30)}`, []],
  ['half, in two windows', SHARE, `${'f.'.repeat(7)}1001${'f.'.repeat(7)}`, []],
  ['two of many', COUNT, 'f....f', [5]],
  ['two, in two windows', COUNT, 'f1001f', []],
])('%s', ([, limits, course, reached]) => {
  expect(play(limits, course)).toEqual(reached);
});

test('says what was counted', () => {
  const outcomes = new Outcomes();
  outcomes.failed(ROW, 0);
  outcomes.failed(ROW, 0);
  expect(outcomes.failed(ROW, 0)).toBe('3 failures in a row');
  outcomes.failed(COUNT, 10);
  expect(outcomes.failed(COUNT, 10)).toBe('2 failures of 2 answers within 1000 ms');
});
